/* SPDX-License-Identifier: BSD-2-Clause */
/* capture/file: what is refused, and that the file is whole whatever happens. */
#include "capture/file.h"
#include "scratch.h"

#include <errno.h>
#include <signal.h>

static const struct capture_facts facts = {
	.interface = "eth1", .description = "", .snaplen = 262144};
static uint8_t frame[70000];
static struct error err;

static struct capture_file *open_file(const char *name)
{
	struct capture_file *file;

	ck_assert_msg(
		capture_file_open(scratch_path(name), &facts, &file, &err) == 0, "%s", err.message);
	return file;
}

static int add(struct capture_file *file, uint32_t len)
{
	return capture_file_add(
		file, &(struct capture_record){.time_ns = 1, .len = len, .caplen = len}, frame);
}

START_TEST(frames_come_to_disk_when_flushed_and_when_the_buffer_is_full)
{
	struct capture_file *file = open_file("a.pcap");
	uint32_t lengths[1000];

	ck_assert_uint_eq(file->size, 24);
	ck_assert_int_eq(add(file, 60), 0);
	ck_assert_uint_eq(file->frames, 0);
	ck_assert_int_eq(capture_file_flush(file), 0);
	ck_assert_uint_eq(file->frames, 1);
	ck_assert_uint_eq(scratch_pcap_frames("a.pcap", lengths, 1), 1);
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_int_eq(add(file, 1000 + i), 0);
	ck_assert_uint_gt(file->frames, 1);
	ck_assert_int_eq(capture_file_close(file, &(struct capture_totals){0}), 0);
	ck_assert_uint_eq(file->frames, 1001);
	capture_file_free(file);
	ck_assert_uint_eq(scratch_pcap_frames("a.pcap", lengths, 1000), 1001);
	ck_assert_uint_eq(lengths[0], 60);
	for (uint32_t i = 1; i < 1000; i++)
		ck_assert_uint_eq(lengths[i], 999 + i);
	scratch_remove("a.pcap");
}
END_TEST

START_TEST(an_older_file_is_overwritten_and_others_cannot_read_it)
{
	struct capture_file *file;
	struct stat stat_buf;
	FILE *old = fopen(scratch_path("a.pcap"), "w");
	uint32_t length;

	umask(0);
	for (int i = 0; i < 10000; i++)
		fputs("what was there", old);
	fclose(old);
	file = open_file("a.pcap");
	ck_assert_int_eq(capture_file_close(file, &(struct capture_totals){0}), 0);
	capture_file_free(file);
	ck_assert_uint_eq(scratch_pcap_frames("a.pcap", &length, 1), 0);
	scratch_remove("a.pcap");
	file = open_file("b.pcap");
	capture_file_free(file);
	ck_assert_int_eq(stat(scratch_path("b.pcap"), &stat_buf), 0);
	ck_assert_uint_eq(stat_buf.st_mode & 07777, 0640);
	scratch_remove("b.pcap");
}
END_TEST

static void refused(const char *path, int rc, enum error_reason reason, const char *message)
{
	struct capture_file *file;

	ck_assert_int_eq(capture_file_open(path, &facts, &file, &err), rc);
	ck_assert_int_eq(err.reason, reason);
	ck_assert_str_eq(err.param, "write");
	ck_assert_ptr_nonnull(strstr(err.message, message));
}

/* A FIFO would make whoever opens it wait for a reader. */
START_TEST(only_regular_files_are_written_to)
{
	refused("/dev/null", -EINVAL, ERROR_INVALID, "/dev/null is not a regular file");
	refused("/tmp", -EISDIR, ERROR_INVALID, "/tmp: Is a directory");
	refused("/nowhere/at/all", -ENOENT, ERROR_INVALID,
		"/nowhere/at/all: No such file or directory");
	refused("", -ENOENT, ERROR_INVALID, "No such file or directory");
	ck_assert_int_eq(mkfifo(scratch_path("fifo"), 0600), 0);
	refused(scratch_path("fifo"), -EINVAL, ERROR_INVALID, "is not a regular file");
	scratch_remove("fifo");
}
END_TEST

START_TEST(one_capture_at_a_time_writes_to_a_file)
{
	struct capture_file *file = open_file("a.pcap");
	uint32_t length;

	ck_assert_int_eq(add(file, 60), 0);
	ck_assert_int_eq(capture_file_flush(file), 0);
	refused(scratch_path("a.pcap"), -EBUSY, ERROR_BUSY, "another capture writes to ");
	ck_assert_uint_eq(scratch_pcap_frames("a.pcap", &length, 1), 1);
	capture_file_free(file);
	file = open_file("a.pcap");
	capture_file_free(file);
	scratch_remove("a.pcap");
}
END_TEST

/* 24 bytes of head, 76 for each frame: wherever the disk ends, whole frames are left. */
START_TEST(what_does_not_fit_is_cut_off)
{
	struct capture_file *file = open_file("a.pcap");
	int added = 0, flushed, after, closed;
	uint32_t length;

	signal(SIGXFSZ, SIG_IGN);
	scratch_limit(24 + 76 * 3 + (rlim_t)_i);
	for (int i = 0; i < 5; i++)
		added |= add(file, 60);
	flushed = capture_file_flush(file);
	after = add(file, 60);
	closed = capture_file_close(file, &(struct capture_totals){0});
	scratch_limit(RLIM_INFINITY);

	ck_assert_int_eq(added, 0);
	ck_assert_int_eq(flushed, -EFBIG);
	ck_assert_int_eq(after, -EFBIG);
	ck_assert_int_eq(closed, -EFBIG);
	ck_assert_uint_eq(file->frames, 3 + (unsigned)_i / 76);
	ck_assert_uint_eq(file->size, 24 + 76 * file->frames);
	ck_assert_uint_eq(scratch_pcap_frames("a.pcap", &length, 1), file->frames);
	capture_file_free(file);
	scratch_remove("a.pcap");
}
END_TEST

START_TEST(the_tail_is_written_where_there_is_room)
{
	struct capture_file *file = open_file("a.pcapng");
	uint64_t whole;
	int closed;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(add(file, 60), 0);
	ck_assert_int_eq(capture_file_flush(file), 0);
	whole = file->size;
	scratch_limit(whole + 200);
	closed = add(file, 1000) ? 0 : capture_file_close(file, &(struct capture_totals){0});
	scratch_limit(RLIM_INFINITY);

	ck_assert_int_eq(closed, -EFBIG);
	ck_assert_uint_eq(file->frames, 1);
	ck_assert_uint_eq(file->size, whole + 100); /* the statistics */
	capture_file_free(file);
	scratch_remove("a.pcapng");
}
END_TEST

START_TEST(a_disk_that_is_full_at_once_refuses_the_file)
{
	struct capture_file *file;
	int rc;

	signal(SIGXFSZ, SIG_IGN);
	scratch_limit(10);
	rc = capture_file_open(scratch_path("a.pcap"), &facts, &file, &err);
	scratch_limit(RLIM_INFINITY);

	ck_assert_int_eq(rc, -EFBIG);
	ck_assert_int_eq(err.reason, ERROR_INTERNAL);
	ck_assert_ptr_nonnull(strstr(err.message, "a.pcap: File too large"));
	scratch_remove("a.pcap");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("capture/file");
	TCase *tcase = tcase_create("capture/file");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, frames_come_to_disk_when_flushed_and_when_the_buffer_is_full);
	tcase_add_test(tcase, an_older_file_is_overwritten_and_others_cannot_read_it);
	tcase_add_test(tcase, only_regular_files_are_written_to);
	tcase_add_test(tcase, one_capture_at_a_time_writes_to_a_file);
	tcase_add_loop_test(tcase, what_does_not_fit_is_cut_off, 0, 78);
	tcase_add_test(tcase, the_tail_is_written_where_there_is_room);
	tcase_add_test(tcase, a_disk_that_is_full_at_once_refuses_the_file);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
