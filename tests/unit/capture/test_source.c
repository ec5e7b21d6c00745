/* SPDX-License-Identifier: BSD-2-Clause */
/* capture/source: filtered, cut, counted, and no more than asked for. */
#include "capture/source.h"
#include "unit.h"

static uint8_t frame[2048];

static struct capture_source *source_of(const struct capture_source_conf *conf)
{
	struct capture_source *source;

	ck_assert_int_eq(capture_source_new(conf, &source), 0);
	return source;
}

static void took(struct capture_source *source, uint32_t len, uint32_t caplen)
{
	const struct capture_record *record = capture_ring_peek(source->ring);

	ck_assert_ptr_nonnull(record);
	ck_assert_uint_eq(record->time_ns, 5);
	ck_assert_uint_eq(record->len, len);
	ck_assert_uint_eq(record->caplen, caplen);
	capture_ring_drop(source->ring);
}

START_TEST(frames_are_cut_to_the_snaplen)
{
	struct capture_source *source = source_of(&(struct capture_source_conf){
		.snaplen = 100, .count = UINT64_MAX, .ring_size = 4096});

	capture_source_offer(source, 5, frame, 99);
	capture_source_offer(source, 5, frame, 100);
	capture_source_offer(source, 5, frame, 101);
	took(source, 99, 99);
	took(source, 100, 100);
	took(source, 101, 100);
	ck_assert_ptr_null(capture_ring_peek(source->ring));
	capture_source_free(source);
}
END_TEST

START_TEST(the_filter_sees_all_of_a_frame_and_is_counted)
{
	struct capture_filter *filter;
	struct capture_source *source;
	struct error err;

	ck_assert_int_eq(capture_filter_new("greater 100 and ether[99] = 7", &filter, &err), 0);
	source = source_of(&(struct capture_source_conf){
		.filter = filter, .snaplen = 20, .count = UINT64_MAX, .ring_size = 4096});
	frame[99] = 7;
	capture_source_offer(source, 5, frame, 99);
	capture_source_offer(source, 5, frame, 100);
	frame[99] = 8;
	capture_source_offer(source, 5, frame, 100);
	frame[99] = 0;
	took(source, 100, 20);
	ck_assert_ptr_null(capture_ring_peek(source->ring));
	ck_assert_uint_eq(counter_read(&source->filtered), 2);
	ck_assert_uint_eq(counter_read(&source->dropped), 0);
	capture_source_free(source);
	capture_filter_free(filter);
}
END_TEST

START_TEST(a_full_ring_is_counted)
{
	struct capture_source *source = source_of(&(struct capture_source_conf){
		.snaplen = 4096, .count = UINT64_MAX, .ring_size = 4096});

	for (unsigned i = 0; i < 10; i++)
		capture_source_offer(source, 5, frame, 1008);
	ck_assert_uint_eq(counter_read(&source->dropped), 6);
	for (unsigned i = 0; i < 4; i++)
		took(source, 1008, 1008);
	capture_source_offer(source, 5, frame, 1008);
	took(source, 1008, 1008);
	ck_assert_uint_eq(counter_read(&source->dropped), 6);
	capture_source_free(source);
}
END_TEST

/* What was dropped does not count as taken; what comes after the last one is not counted at all. */
START_TEST(it_takes_as_many_as_were_asked_for)
{
	struct capture_source *source = source_of(
		&(struct capture_source_conf){.snaplen = 4096, .count = 5, .ring_size = 4096});

	for (unsigned i = 0; i < 7; i++)
		capture_source_offer(source, 5, frame, 1008);
	ck_assert_uint_eq(counter_read(&source->dropped), 3);
	took(source, 1008, 1008);
	for (unsigned i = 0; i < 7; i++)
		capture_source_offer(source, 5, frame, 1008);
	ck_assert_uint_eq(counter_read(&source->dropped), 3);
	for (unsigned i = 0; i < 4; i++)
		took(source, 1008, 1008);
	ck_assert_ptr_null(capture_ring_peek(source->ring));
	capture_source_free(source);
}
END_TEST

UNIT_SUITE("capture/source", frames_are_cut_to_the_snaplen,
	the_filter_sees_all_of_a_frame_and_is_counted, a_full_ring_is_counted,
	it_takes_as_many_as_were_asked_for)
