/* SPDX-License-Identifier: BSD-2-Clause */
/* capture/writer: the thread between rings and a file. */
#include "capture/writer.h"
#include "scratch.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#define LEN 60 /* 76 bytes in a pcap file */

static struct capture_source *sources[2];
static struct capture_writer *writer;
static int notify_fd;
static uint8_t frame[2048];

static void begin(const char *name, uint64_t count)
{
	const struct capture_facts facts = {.interface = "eth1", .description = ""};
	const struct capture_source_conf source = {
		.snaplen = 2048, .count = UINT64_MAX, .ring_size = 1 << 16};
	struct capture_writer_conf conf = {.sources = sources, .source_count = 2, .count = count};
	struct error err;

	notify_fd = eventfd(0, EFD_NONBLOCK);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(capture_source_new(&source, &sources[i]), 0);
	ck_assert_int_eq(capture_file_open(scratch_path(name), &facts, &conf.file, &err), 0);
	conf.notify_fd = notify_fd;
	ck_assert_int_eq(capture_writer_new(&conf, &writer), 0);
}

/* Waits until it has something to say and is so far. */
static void wait_for(bool (*so_far)(const struct capture_writer *))
{
	struct pollfd fd = {.fd = notify_fd, .events = POLLIN};
	uint64_t count;

	while (!so_far(writer)) {
		ck_assert_int_eq(poll(&fd, 1, 10000), 1);
		ck_assert_int_eq(read(notify_fd, &count, sizeof(count)), sizeof(count));
	}
}

static struct capture_writer_result end(uint64_t lost_by_device)
{
	struct capture_writer_result result;

	capture_writer_finish(writer, lost_by_device);
	wait_for(capture_writer_is_closed);
	capture_writer_result(writer, &result);
	ck_assert(capture_writer_free(writer));
	for (unsigned i = 0; i < 2; i++)
		capture_source_free(sources[i]);
	close(notify_fd);
	return result;
}

static void offer(unsigned source, uint64_t time_ns, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		capture_source_offer(sources[source], time_ns + 2 * i, frame, LEN);
}

START_TEST(what_was_offered_before_the_end_is_written)
{
	for (unsigned n = 0; n < 300; n = 3 * n + 1) {
		struct capture_writer_result result;
		uint32_t length;

		begin("a.pcap", UINT64_MAX);
		offer(0, 0, n);
		result = end(0);
		ck_assert_uint_eq(result.frames, n);
		ck_assert_uint_eq(result.size, 24 + 76 * n);
		ck_assert_uint_eq(result.lost, 0);
		ck_assert_int_eq(result.fault, 0);
		ck_assert_uint_eq(scratch_pcap_frames("a.pcap", &length, 1), n);
		scratch_remove("a.pcap");
	}
}
END_TEST

/* A frame comes to disk without an end: whoever follows the file sees it. */
START_TEST(the_file_grows_while_frames_come)
{
	struct capture_writer_result result;

	begin("a.pcap", UINT64_MAX);
	offer(0, 0, 5);
	do {
		poll(NULL, 0, 1);
		capture_writer_result(writer, &result);
	} while (result.frames < 5);
	ck_assert(!capture_writer_is_over(writer));
	end(0);
	scratch_remove("a.pcap");
}
END_TEST

START_TEST(frames_of_two_queues_are_in_the_order_of_time)
{
	const uint8_t *bytes;
	uint32_t words[4];
	size_t size;

	begin("a.pcap", UINT64_MAX);
	offer(1, 1, 50); /* odd times */
	offer(0, 100, 1);
	ck_assert_uint_eq(end(0).frames, 51);
	bytes = scratch_read("a.pcap", &size);
	ck_assert_uint_eq(size, 24 + 51 * 76);
	memcpy(words, bytes + 24, sizeof(words));
	ck_assert_uint_eq(words[1], 1);
	scratch_remove("a.pcap");
}
END_TEST

START_TEST(a_count_is_exact_and_told)
{
	struct capture_writer_result result;
	uint32_t length;

	begin("a.pcap", 100);
	offer(0, 0, 99);
	offer(1, 1, 99);
	wait_for(capture_writer_is_over);
	capture_writer_result(writer, &result);
	ck_assert_uint_eq(result.frames, 100);
	ck_assert(!capture_writer_is_closed(writer));
	offer(0, 0, 10);
	result = end(0);
	ck_assert_uint_eq(result.frames, 100);
	ck_assert_uint_eq(result.lost, 0);
	ck_assert_uint_eq(scratch_pcap_frames("a.pcap", &length, 1), 100);
	scratch_remove("a.pcap");
}
END_TEST

/* Not even SIGXFSZ, which kills, is felt: the thread has it blocked. */
START_TEST(a_full_disk_ends_it_and_what_is_lost_is_counted)
{
	struct capture_writer_result result;
	uint32_t length;

	begin("a.pcap", UINT64_MAX);
	scratch_limit(24 + 76 * 10 + 5);
	offer(0, 0, 15);
	while (!capture_writer_is_over(writer))
		poll(NULL, 0, 1);
	scratch_limit(RLIM_INFINITY);
	offer(1, 0, 7);
	result = end(0);
	ck_assert_int_eq(result.fault, EFBIG);
	ck_assert_uint_eq(result.frames, 10);
	ck_assert_uint_eq(result.lost, 12);
	ck_assert_uint_eq(scratch_pcap_frames("a.pcap", &length, 1), 10);
	scratch_remove("a.pcap");
}
END_TEST

/* The block at the end: type 5, 12 bytes of body, options 2, 3 (12 bytes each), 4, 5, 6, 8. */
START_TEST(the_end_has_the_sums)
{
	static const uint64_t expected[] = {40 + 3 + 7, 3 + 7, 40 + 3, 40};
	const uint8_t *bytes;
	uint64_t value;
	size_t size;

	begin("a.pcapng", UINT64_MAX);
	offer(0, 0, 40);
	counter_add(&sources[0]->dropped, 2);
	counter_add(&sources[1]->dropped, 1);
	ck_assert_uint_eq(end(7).frames, 40);
	bytes = scratch_read("a.pcapng", &size);
	bytes += size - 100;
	for (unsigned i = 0; i < 4; i++) {
		memcpy(&value, bytes + 20 + 24 + 12 * i + 4, sizeof(value));
		ck_assert_uint_eq(value, expected[i]);
	}
	scratch_remove("a.pcapng");
}
END_TEST

UNIT_SUITE("capture/writer", what_was_offered_before_the_end_is_written,
	the_file_grows_while_frames_come, frames_of_two_queues_are_in_the_order_of_time,
	a_count_is_exact_and_told, a_full_disk_ends_it_and_what_is_lost_is_counted,
	the_end_has_the_sums)
