/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/flow: flows by name, what is refused, and the frames that they would send. */
#include "fixture.h"
#include "packet/signature.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int append(struct config_flow flow)
{
	memset(&err, 0, sizeof(err));
	return engine_flow_append(engine, &flow, 1, &err);
}

START_TEST(flows_come_and_go)
{
	struct config_flow flows[2];

	fixture_new(1);
	flow_new("f0", "port", "p0", "size", "100", NULL);
	flow_new("f1", NULL); /* of the only port there is */
	ck_assert_uint_eq(engine_flow_count(engine), 2);
	ck_assert_uint_eq(engine_flow(engine, 0)->frame.size, 100);
	ck_assert_int_eq(engine_flow_remove(engine, "f0", &err), 0);
	ck_assert_uint_eq(engine_flow_count(engine), 1);
	ck_assert_str_eq(engine_flow(engine, 0)->name, "f1");
	flows[0] = flow_of("a", NULL);
	flows[1] = flow_of("f1", "size", "70", NULL); /* replaces, so the name is free */
	ck_assert_int_eq(engine_flow_set(engine, flows, 2, &err), 0);
	ck_assert_uint_eq(engine_flow_count(engine), 2);
	ck_assert_str_eq(engine_flow(engine, 0)->name, "a");
	ck_assert_uint_eq(engine_flow(engine, 1)->frame.size, 70);
	ck_assert_int_eq(engine_flow_set(engine, NULL, 0, &err), 0);
	ck_assert_uint_eq(engine_flow_count(engine), 0);
	fixture_free();
}
END_TEST

START_TEST(an_unknown_flow_is_said_to_be_so)
{
	uint8_t *bytes;
	size_t len;

	fixture_new(1);
	ck_assert_int_eq(engine_flow_remove(engine, "voice", &err), -ENOENT);
	ck_assert_int_eq(err.reason, ERROR_NOT_FOUND);
	ck_assert_str_eq(err.hint, "pktgenctl flow list shows the flows");
	flow_new("voice", NULL);
	ck_assert_int_eq(engine_flow_remove(engine, "vioce", &err), -ENOENT);
	ck_assert_str_eq(err.message, "no flow is called \"vioce\"");
	ck_assert_str_eq(err.hint, "did you mean voice");
	ck_assert_int_eq(engine_frame(engine, "vioce", 0, &bytes, &len, &err), -ENOENT);
	ck_assert_str_eq(err.hint, "did you mean voice");
	fixture_free();
}
END_TEST

START_TEST(a_flow_that_cannot_be_is_refused)
{
	fixture_new(2);
	ck_assert_int_eq(append(flow_of("", "port", "p0", NULL)), -EINVAL);
	ck_assert_str_eq(err.param, "name");
	ck_assert_int_eq(append(flow_of("f0", NULL)), -EINVAL);
	ck_assert_str_eq(err.message, "flow f0 names no port, and there are 2");
	ck_assert_int_eq(append(flow_of("f0", "port", "p01", NULL)), -ENOENT);
	ck_assert_str_eq(err.hint, "did you mean p0");
	ck_assert_int_eq(append(flow_of("f0", "port", "p0", "vlan-priority", "1", NULL)), -EINVAL);
	ck_assert_str_eq(err.param, "vlan-priority");
	ck_assert_int_eq(append(flow_of("f0", "port", "p0", NULL)), 0);
	ck_assert_int_eq(append(flow_of("f0", "port", "p1", NULL)), -EEXIST);
	ck_assert_str_eq(err.message, "there is a flow f0 already");
	ck_assert_uint_eq(engine_flow_count(engine), 1);
	fixture_free();
}
END_TEST

START_TEST(one_bad_flow_changes_nothing)
{
	struct config_flow flows[3];

	fixture_new(1);
	flow_new("kept", NULL);
	flows[0] = flow_of("a", NULL);
	flows[1] = flow_of("b", NULL);
	flows[2] = flow_of("c", "port", "p9", NULL);
	ck_assert_int_eq(engine_flow_append(engine, flows, 3, &err), -ENOENT);
	ck_assert_int_eq(engine_flow_set(engine, flows, 3, &err), -ENOENT);
	flows[2] = flow_of("a", NULL);
	ck_assert_int_eq(engine_flow_append(engine, flows, 3, &err), -EEXIST);
	ck_assert_str_eq(err.message, "two flows are called a");
	ck_assert_int_eq(engine_flow_set(engine, flows, 3, &err), -EEXIST);
	ck_assert_uint_eq(engine_flow_count(engine), 1);
	ck_assert_str_eq(engine_flow(engine, 0)->name, "kept");
	fixture_free();
}
END_TEST

START_TEST(there_is_a_most_of_flows)
{
	struct config_flow *flows = calloc(WIRE_FLOWS_MAX + 1, sizeof(*flows));
	char name[16];

	ck_assert_ptr_nonnull(flows);
	fixture_new(1);
	for (int i = 0; i <= WIRE_FLOWS_MAX; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		flows[i] = flow_of(name, NULL);
	}
	ck_assert_int_eq(engine_flow_append(engine, flows, WIRE_FLOWS_MAX + 1, &err), -E2BIG);
	ck_assert_int_eq(err.reason, ERROR_LIMIT);
	ck_assert_uint_eq(engine_flow_count(engine), 0);
	ck_assert_int_eq(engine_flow_set(engine, flows, WIRE_FLOWS_MAX + 1, &err), -E2BIG);
	ck_assert_int_eq(engine_flow_append(engine, flows, WIRE_FLOWS_MAX, &err), 0);
	ck_assert_int_eq(append(flow_of("more", NULL)), -E2BIG);
	ck_assert_uint_eq(engine_flow_count(engine), WIRE_FLOWS_MAX);
	/* numbers are 1 … 256, each once */
	for (int i = 0; i < WIRE_FLOWS_MAX; i++)
		ck_assert_uint_eq(engine->flows[i]->number, i + 1);
	/* a full house can be replaced by another */
	ck_assert_int_eq(engine_flow_set(engine, flows, WIRE_FLOWS_MAX, &err), 0);
	fixture_free();
	free(flows);
}
END_TEST

static void held(const char *name)
{
	struct config_flow flow = flow_of("new", NULL);

	ck_assert_int_eq(engine_flow_remove(engine, name, &err), -EBUSY);
	ck_assert_int_eq(err.reason, ERROR_BUSY);
	ck_assert_str_eq(err.hint, "stop its port first");
	ck_assert_int_eq(engine_flow_set(engine, &flow, 1, &err), -EBUSY);
}

START_TEST(a_flow_in_a_run_stays)
{
	fixture_new(1);
	flow_new("f0", NULL);
	flow_new("idle", NULL);
	{
		const char *port = "p0", *flow = "f0";
		struct engine_start start = {
			.ports = &port, .port_count = 1, .flows = &flow, .flow_count = 1};

		ck_assert_int_eq(engine_traffic_start(engine, &start, &err), 0);
	}
	held("f0");
	ck_assert_str_eq(err.message, "flow f0 is part of a run");
	ck_assert_int_eq(engine_flow_remove(engine, "idle", &err), 0);
	pause_and_wait("p0");
	held("f0"); /* it is to go on */
	stop_and_wait("p0");
	ck_assert_int_eq(engine_flow_remove(engine, "f0", &err), 0);
	fixture_free();
}
END_TEST

START_TEST(a_new_flow_has_not_received_what_an_old_one_did)
{
	struct port *port;

	fixture_new(1);
	flow_new("old", "metrics", "yes", NULL);
	started("p0", POLICY_MODE_RX, NULL);
	stop_and_wait("p0");
	port = port_of("p0"); /* as if it had come in */
	sequence_add(&port->queues[0].sequences[flow_named("old")->number], 0, 60);
	ck_assert_uint_eq(flow_stats_of("old").frames_rx, 1);
	ck_assert_int_eq(engine_flow_remove(engine, "old", &err), 0);
	flow_new("new", "metrics", "yes", NULL);
	ck_assert_uint_eq(flow_stats_of("new").frames_rx, 0);
	ck_assert_uint_eq(flow_stats_of("new").bytes_rx, 0);
	fixture_free();
}
END_TEST

static bool measures(void)
{
	return atomic_load(&engine->measuring);
}

START_TEST(receivers_look_for_signatures_while_some_flow_has_them)
{
	struct config_flow flows[2];

	fixture_new(1);
	ck_assert(!measures());
	flow_new("plain", NULL);
	ck_assert(!measures());
	flow_new("first", "metrics", "yes", NULL);
	ck_assert(measures());
	flow_new("second", "metrics", "yes", NULL);
	flow_new("last", NULL); /* hides none of those before it */
	ck_assert_int_eq(engine_flow_remove(engine, "first", &err), 0);
	ck_assert(measures());
	ck_assert_int_eq(engine_flow_remove(engine, "second", &err), 0);
	ck_assert(!measures());
	/* all replaced at once; one that is refused changes nothing */
	flows[0] = flow_of("a", "metrics", "yes", NULL);
	flows[1] = flow_of("b", "port", "p9", NULL);
	ck_assert_int_eq(engine_flow_set(engine, flows, 2, &err), -ENOENT);
	ck_assert(!measures());
	ck_assert_int_eq(engine_flow_append(engine, flows, 2, &err), -ENOENT);
	ck_assert(!measures());
	ck_assert_int_eq(engine_flow_set(engine, flows, 1, &err), 0);
	ck_assert(measures());
	ck_assert_int_eq(engine_flow_set(engine, NULL, 0, &err), 0);
	ck_assert(!measures());
	fixture_free();
}
END_TEST

START_TEST(a_run_may_override_what_is_measured)
{
	fixture_new(1);
	flow_new("f0", "count", "3", NULL);
	started("p0", POLICY_MODE_TX, "{\"metrics\": \"yes\"}");
	ck_assert(measures());
	LOOP_UNTIL(port_rests(port_of("p0")));
	ck_assert(measures()); /* its last frames may still come in elsewhere */
	started("p0", POLICY_MODE_TX, NULL);
	ck_assert(!measures());
	LOOP_UNTIL(port_rests(port_of("p0")));
	/* and the other way round */
	ck_assert_int_eq(engine_flow_remove(engine, "f0", &err), 0);
	flow_new("f1", "count", "3", "metrics", "yes", NULL);
	started("p0", POLICY_MODE_TX, "{\"metrics\": \"no\"}");
	ck_assert(!measures());
	LOOP_UNTIL(port_rests(port_of("p0")));
	fixture_free();
}
END_TEST

START_TEST(a_frame_is_shown_as_it_would_be_sent)
{
	struct signature signature;
	uint8_t *bytes;
	size_t len;

	fixture_new(1);
	flow_new("f0", "size", "100", "metrics", "yes", "src-port", "1000-1009", NULL);
	ck_assert_int_eq(engine_frame(engine, "f0", 13, &bytes, &len, &err), 0);
	ck_assert_uint_eq(len, 100);
	ck_assert_mem_eq(bytes + 6, "\x02\0\0\0\0\x02", 6); /* the port's own address */
	ck_assert_uint_eq(bytes[34] << 8 | bytes[35], 1003);
	ck_assert(signature_read(bytes, len, &signature));
	ck_assert_uint_eq(signature.flow, 1);
	ck_assert_uint_eq(signature.sequence, 13);
	ck_assert_uint_eq(signature.time_ns, 0);
	free(bytes);
	fixture_free();
}
END_TEST

UNIT_SUITE("engine/flow", flows_come_and_go, an_unknown_flow_is_said_to_be_so,
	a_flow_that_cannot_be_is_refused, one_bad_flow_changes_nothing, there_is_a_most_of_flows,
	a_flow_in_a_run_stays, a_new_flow_has_not_received_what_an_old_one_did,
	receivers_look_for_signatures_while_some_flow_has_them, a_run_may_override_what_is_measured,
	a_frame_is_shown_as_it_would_be_sent)
