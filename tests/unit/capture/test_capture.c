/* SPDX-License-Identifier: BSD-2-Clause */
/* capture/capture: all parts together. */
#include "capture/capture.h"
#include "scratch.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

static uint8_t frame[2048];
static struct capture *capture;
static struct error err;

static struct capture_conf conf_of(const char *name)
{
	return (struct capture_conf){.path = scratch_path(name),
		.queues = 2,
		.facts = {.interface = "eth1", .description = "port p0 at packet:eth1"},
		.notify_fd = eventfd(0, EFD_NONBLOCK)};
}

static struct capture_result end(const struct capture_conf *conf)
{
	struct capture_result result;

	capture_finish(capture, 0);
	while (!capture_is_closed(capture))
		poll(NULL, 0, 1);
	capture_result(capture, &result);
	ck_assert(capture_free(capture));
	close(conf->notify_fd);
	return result;
}

START_TEST(from_both_queues_into_one_file)
{
	struct capture_conf conf = conf_of("a.pcap");
	struct capture_result result;
	uint32_t lengths[3];

	conf.snaplen = 40;
	conf.filter = "greater 61";
	ck_assert_int_eq(capture_open(&conf, &capture, &err), 0);
	capture_source_offer(capture_source(capture, 0), 1, frame, 60);
	capture_source_offer(capture_source(capture, 0), 2, frame, 61);
	capture_source_offer(capture_source(capture, 1), 3, frame, 62);
	capture_source_offer(capture_source(capture, 1), 4, frame, 60);
	result = end(&conf);
	ck_assert_uint_eq(result.frames, 2);
	ck_assert_uint_eq(result.filtered, 2);
	ck_assert_uint_eq(result.dropped, 0);
	ck_assert_uint_eq(result.size, 24 + 2 * (16 + 40));
	ck_assert_int_eq(result.fault, 0);
	ck_assert_uint_eq(scratch_pcap_frames("a.pcap", lengths, 3), 2);
	ck_assert_uint_eq(lengths[0] + lengths[1], 61 + 62);
	scratch_remove("a.pcap");
}
END_TEST

START_TEST(it_is_over_when_it_has_its_count)
{
	struct capture_conf conf = conf_of("a.pcap");

	conf.count = 3;
	conf.filter = "";
	ck_assert_int_eq(capture_open(&conf, &capture, &err), 0);
	for (unsigned i = 0; i < 5; i++)
		capture_source_offer(capture_source(capture, 0), i, frame, 60);
	while (!capture_is_over(capture))
		poll(NULL, 0, 1);
	ck_assert_uint_eq(end(&conf).frames, 3);
	scratch_remove("a.pcap");
}
END_TEST

static void refused(const struct capture_conf *conf, int rc, const char *param, const char *message)
{
	ck_assert_int_eq(capture_open(conf, &capture, &err), rc);
	ck_assert_str_eq(err.param, param);
	ck_assert_str_eq(err.message, message);
	close(conf->notify_fd);
}

START_TEST(wrong_wishes_touch_no_file)
{
	static char path[CAPTURE_PATH_SIZE + 1];
	struct capture_conf conf = conf_of("a.pcap");

	conf.snaplen = 262145;
	refused(&conf, -ERANGE, "snaplen",
		"262145 is not between 0 and 262144; 0 keeps all of a frame");
	conf = conf_of("a.pcap");
	conf.filter = "nonsense and";
	refused(&conf, -EINVAL, "filter",
		"\"nonsense and\": can't parse filter expression: syntax error");
	ck_assert_int_ne(access(scratch_path("a.pcap"), F_OK), 0);
	conf = conf_of("a.pcap");
	memset(path, 'x', CAPTURE_PATH_SIZE);
	conf.path = path;
	refused(&conf, -ENAMETOOLONG, "write", "the path has 1024 bytes, at most 1023 can be");
	ck_assert_int_eq(rmdir(scratch_folder), 0);
}
END_TEST

UNIT_SUITE("capture/capture", from_both_queues_into_one_file, it_is_over_when_it_has_its_count,
	wrong_wishes_touch_no_file)
