/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/capture: beginning, ending and everything that can happen to a port in between. */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/pktgend-unit-XXXXXX";
static int begun, ended;

/* p0 sends to p1 through the test's device. */
static void two_ports(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	begun = ended = 0;
	fixture_new(2);
	take_over("p0");
	take_over("p1");
	atomic_store(&told.deliver, true);
}

static const char *path(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s/%s", folder, name);
	return text;
}

static void clean_up(const char *file)
{
	fixture_free();
	ck_assert_int_eq(unlink(path(file)), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

static int capture_count(const char *port, const char *file, uint64_t count)
{
	const struct engine_capture wanted = {.port = port, .file = path(file), .count = count};

	return engine_capture_start(engine, &wanted, count_call, &begun, &err);
}

static void capture(const char *port, const char *file)
{
	int before = begun;

	ck_assert_msg(capture_count(port, file, 0) == 0, "%s", err.message);
	LOOP_UNTIL(begun == before + 1);
}

static struct engine_capture_info capture_of(const char *port)
{
	struct engine_port_info info;

	ck_assert_int_eq(engine_port_describe(engine, port, &info, &err), 0);
	return info.capture;
}

static void end_and_wait(const char *port)
{
	int before = ended;

	ck_assert_msg(engine_capture_stop(engine, port, count_call, &ended, &err) == 0, "%s",
		err.message);
	LOOP_UNTIL(ended == before + 1);
}

static void ended_because(const char *port, uint64_t frames, const char *reason)
{
	struct engine_capture_info info = capture_of(port);

	ck_assert_int_eq(info.state, ENGINE_CAPTURE_ENDED);
	ck_assert_str_eq(info.reason, reason);
	ck_assert_uint_eq(info.frames, frames);
	ck_assert_uint_eq(info.dropped + info.filtered, 0);
}

/* p0 sends so many frames, and has stopped. */
static void send_count(const char *options)
{
	started("p0", POLICY_MODE_TX, options);
	LOOP_UNTIL(state_of("p0") == PORT_CONFIGURED);
}

START_TEST(an_idle_port_receives_for_its_capture_and_no_longer)
{
	struct stat size;

	two_ports();
	capture("p1", "a.pcap");
	ck_assert_int_eq(state_of("p1"), PORT_RUNNING);
	send_count("{\"count\": \"1000\"}");
	end_and_wait("p1");
	ck_assert_int_eq(state_of("p1"), PORT_CONFIGURED);
	ended_because("p1", 1000, "stopped");
	ck_assert_int_eq(stat(path("a.pcap"), &size), 0);
	ck_assert_int_eq(size.st_size, 24 + 1000 * 76);
	ck_assert_uint_eq(stats_of("p1").capture_frames, 1000);
	clean_up("a.pcap");
}
END_TEST

START_TEST(a_receiving_port_goes_on_after_its_capture)
{
	two_ports();
	started("p1", POLICY_MODE_RX, NULL);
	send_count("{\"count\": \"100\"}");
	for (unsigned i = 0; i < 3; i++) { /* what is on its way may come before or after */
		LOOP_UNTIL(stats_of("p1").frames_rx == 100 + 200 * i);
		capture("p1", "a.pcap");
		send_count("{\"count\": \"200\"}");
		LOOP_UNTIL(stats_of("p1").frames_rx == 300 + 200 * i);
		end_and_wait("p1");
		ended_because("p1", 200, "stopped");
		ck_assert_int_eq(state_of("p1"), PORT_RUNNING);
	}
	send_count("{\"count\": \"100\"}");
	stop_and_wait("p1");
	ck_assert_uint_eq(stats_of("p1").frames_rx, 800);
	ended_because("p1", 200, "stopped");
	clean_up("a.pcap");
}
END_TEST

START_TEST(the_stop_of_the_port_ends_it_with_a_complete_file)
{
	struct stat size;

	two_ports();
	capture("p1", "a.pcap");
	send_count("{\"count\": \"5000\"}");
	stop_and_wait("p1");
	ended_because("p1", 5000, "the port was stopped");
	ck_assert_int_eq(stat(path("a.pcap"), &size), 0);
	ck_assert_int_eq(size.st_size, 24 + 5000 * 76);
	clean_up("a.pcap");
}
END_TEST

START_TEST(its_count_ends_it_and_what_ran_for_it)
{
	two_ports();
	ck_assert_int_eq(capture_count("p1", "a.pcap", 77), 0);
	ck_assert_int_eq(engine_capture_wait(engine, "p1", count_call, &ended, &err), 0);
	started("p0", POLICY_MODE_TX, NULL);
	LOOP_UNTIL(ended == 1);
	ended_because("p1", 77, "all frames are captured");
	ck_assert_int_eq(state_of("p1"), PORT_CONFIGURED);
	ck_assert_int_eq(engine_capture_stop(engine, "p1", count_call, &ended, &err), -ESRCH);
	ck_assert_int_eq(err.reason, ERROR_NOT_RUNNING);
	ck_assert_ptr_nonnull(strstr(
		err.message, "port p1 is not captured any more: all frames are captured; 77 "));
	clean_up("a.pcap");
}
END_TEST

START_TEST(its_count_leaves_a_run_of_others_alone)
{
	two_ports();
	started("p1", POLICY_MODE_RX, NULL);
	ck_assert_int_eq(capture_count("p1", "a.pcap", 77), 0);
	ck_assert_int_eq(engine_capture_wait(engine, "p1", count_call, &ended, &err), 0);
	started("p0", POLICY_MODE_TX, NULL);
	LOOP_UNTIL(ended == 1);
	ended_because("p1", 77, "all frames are captured");
	ck_assert_int_eq(state_of("p1"), PORT_RUNNING);
	clean_up("a.pcap");
}
END_TEST

START_TEST(a_pause_keeps_it)
{
	two_ports();
	capture("p1", "a.pcap");
	send_count("{\"count\": \"100\"}");
	pause_and_wait("p1");
	ck_assert_int_eq(capture_of("p1").state, ENGINE_CAPTURE_RUNNING);
	ck_assert_int_eq(engine_traffic_resume(engine, NULL, 0, &err), 0);
	send_count("{\"count\": \"100\"}");
	end_and_wait("p1");
	ended_because("p1", 200, "stopped");
	clean_up("a.pcap");
}
END_TEST

START_TEST(a_paused_port_is_captured_when_it_goes_on_and_can_be_left)
{
	two_ports();
	started("p1", POLICY_MODE_RX, NULL);
	pause_and_wait("p1");
	capture("p1", "a.pcap");
	end_and_wait("p1");
	ended_because("p1", 0, "stopped");
	ck_assert_int_eq(state_of("p1"), PORT_PAUSED);
	capture("p1", "a.pcap");
	ck_assert_int_eq(engine_traffic_resume(engine, NULL, 0, &err), 0);
	send_count("{\"count\": \"100\"}");
	stop_and_wait("p1");
	ended_because("p1", 100, "the port was stopped");
	clean_up("a.pcap");
}
END_TEST

/* p1's own capture ends while p1 is paused: the kept run ends with it. */
START_TEST(the_end_of_a_paused_run_of_its_own)
{
	two_ports();
	capture("p1", "a.pcap");
	pause_and_wait("p1");
	end_and_wait("p1");
	ended_because("p1", 0, "stopped");
	ck_assert_int_eq(state_of("p1"), PORT_CONFIGURED);
	clean_up("a.pcap");
}
END_TEST

START_TEST(a_lost_device_does_not_end_it)
{
	two_ports();
	capture("p1", "a.pcap");
	send_count("{\"count\": \"100\"}");
	told.link = -ENODEV;
	told.open_rc = -ENODEV;
	port_refresh(port_of("p1"));
	LOOP_UNTIL(state_of("p1") == PORT_DEVICE_LOST && port_rests(port_of("p1")));
	ck_assert_int_eq(capture_of("p1").state, ENGINE_CAPTURE_RUNNING);
	told.link = 1;
	told.open_rc = 0;
	port_refresh(port_of("p1"));
	ck_assert_int_eq(state_of("p1"), PORT_RUNNING);
	send_count("{\"count\": \"100\"}");
	end_and_wait("p1");
	ended_because("p1", 200, "stopped");
	clean_up("a.pcap");
}
END_TEST

static void refused(const char *port, const char *file, int rc, const char *message)
{
	ck_assert_int_eq(capture_count(port, file, 0), rc);
	ck_assert_ptr_nonnull(strstr(err.message, message));
}

START_TEST(what_cannot_be_captured_is_refused)
{
	two_ports();
	refused("p7", "b.pcap", -ENOENT, "no port is called \"p7\"");
	started("p0", POLICY_MODE_TX, "{\"rate\": \"10pps\"}");
	refused("p0", "b.pcap", -EBUSY, "port p0 only sends, and a capture is of what a port ");
	ck_assert_str_eq(err.hint, "pktgenctl stop p0, then pktgenctl start p0 --mode both");
	stop_and_wait("p0");
	capture("p1", "a.pcap");
	refused("p1", "b.pcap", -EBUSY, "port p1 is captured into ");
	ck_assert_str_eq(err.hint, "pktgenctl capture stop p1");
	refused("p0", "a.pcap", -EBUSY, "another capture writes to ");
	ck_assert_int_eq(state_of("p0"), PORT_CONFIGURED);
	ck_assert_int_ne(access(path("b.pcap"), F_OK), 0);
	ck_assert_int_eq(engine_capture_stop(engine, "p0", count_call, &ended, &err), -ESRCH);
	ck_assert_str_eq(err.message, "port p0 is not captured");
	ck_assert_int_eq(engine_port_remove(engine, "p1", &err), -EBUSY);
	clean_up("a.pcap");
}
END_TEST

START_TEST(a_port_that_cannot_start_is_not_captured)
{
	two_ports();
	told.start_rc = -EIO;
	ck_assert_int_ne(capture_count("p1", "a.pcap", 0), 0);
	ck_assert_int_eq(begun, 0);
	LOOP_UNTIL(capture_of("p1").state == ENGINE_CAPTURE_ENDED);
	told.start_rc = 0;
	capture("p1", "a.pcap");
	send_count("{\"count\": \"100\"}");
	end_and_wait("p1");
	ended_because("p1", 100, "stopped");
	clean_up("a.pcap");
}
END_TEST

/* The engine goes while all is at work: the file is complete. */
START_TEST(the_end_of_the_engine_closes_the_file)
{
	struct stat size;

	two_ports();
	capture("p1", "a.pcap");
	send_count("{\"count\": \"3000\"}");
	started("p0", POLICY_MODE_TX, "{\"rate\": \"10pps\"}");
	fixture_free();
	ck_assert_int_eq(stat(path("a.pcap"), &size), 0);
	ck_assert_int_ge(size.st_size, 24 + 3000 * 76);
	ck_assert_int_eq((size.st_size - 24) % 76, 0);
	ck_assert_int_eq(unlink(path("a.pcap")), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

UNIT_SUITE("engine/capture", an_idle_port_receives_for_its_capture_and_no_longer,
	a_receiving_port_goes_on_after_its_capture,
	the_stop_of_the_port_ends_it_with_a_complete_file, its_count_ends_it_and_what_ran_for_it,
	its_count_leaves_a_run_of_others_alone, a_pause_keeps_it,
	a_paused_port_is_captured_when_it_goes_on_and_can_be_left,
	the_end_of_a_paused_run_of_its_own, a_lost_device_does_not_end_it,
	what_cannot_be_captured_is_refused, a_port_that_cannot_start_is_not_captured,
	the_end_of_the_engine_closes_the_file)
