/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan/plan: settings and the facts of a device become prepared frames, gaps and counts; whatever
 * cannot be sent is refused with the setting to blame.
 */
#include "config/wire.h"
#include "packet/signature.h"
#include "plan/plan.h"
#include "unit.h"
#include "util/clock.h"

#include <errno.h>
#include <string.h>

static const struct plan_port port = {
	.name = "p0",
	.mac = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55},
	.frame_max = 1514,
	.buffer_room = 1900,
	.buffers = 128,
	.speed_mbps = 1000,
	.queues = 1,
	.rate_limit.unit = RATE_MAX,
};

static struct config_flow flow_of(const char *name)
{
	struct config_flow flow;

	config_flow_init(&flow);
	strcpy(flow.name, name);
	return flow;
}

static void set(struct config_flow *flow, const char *key, const char *value)
{
	struct error err;

	ck_assert_msg(config_flow_set(flow, key, value, &err) == 0, "%s", err.message);
}

static struct plan *plan_of(
	const struct plan_port *facts, const struct plan_request *requests, unsigned n)
{
	struct plan *plan = NULL;
	struct error err = {0};

	ck_assert_msg(plan_new(facts, requests, n, &plan, &err) == 0, "%s", err.message);
	ck_assert_uint_eq(plan->flow_count, n);
	return plan;
}

/* Expects a refusal; gives the error back. */
static struct error refused(const struct plan_port *facts, const struct plan_request *requests,
	unsigned n, int rc, enum error_reason reason)
{
	struct plan *untouched = (struct plan *)&port, *plan = untouched;
	struct error err = {0};

	ck_assert_int_eq(plan_new(facts, requests, n, &plan, &err), rc);
	ck_assert_ptr_eq(plan, untouched);
	ck_assert_int_eq(err.reason, reason);
	return err;
}

START_TEST(what_was_asked_is_what_is_planned)
{
	struct config_flow flow = flow_of("f0");
	struct plan_request request = {&flow, 7};
	const struct plan_flow *planned;
	struct plan *plan;

	set(&flow, "size", "128");
	set(&flow, "rate", "1kpps");
	set(&flow, "count", "18446744073709551615");
	set(&flow, "burst", "128");
	set(&flow, "build", "zerocopy");
	set(&flow, "on-full", "drop");
	plan = plan_of(&port, &request, 1);
	planned = &plan->flows[0];
	ck_assert_uint_eq(planned->frame->len, 128);
	ck_assert_uint_eq(planned->count, UINT64_MAX);
	ck_assert_uint_eq(planned->duration_ns, UINT64_MAX);
	ck_assert_uint_eq(planned->gap_num, planned->gap_den * NS_PER_MS);
	ck_assert_uint_eq(planned->burst, 128);
	ck_assert_uint_eq(planned->queue, 0);
	ck_assert_int_eq(planned->build, POLICY_BUILD_ZEROCOPY);
	ck_assert_int_eq(planned->alloc, POLICY_ALLOC_POOL);
	ck_assert_int_eq(planned->on_full, POLICY_ON_FULL_DROP);
	plan_free(plan);
}
END_TEST

START_TEST(no_count_and_no_duration_mean_no_end)
{
	struct config_flow flow = flow_of("f0");
	struct plan_request request = {&flow, 1};
	struct plan *plan = plan_of(&port, &request, 1);

	ck_assert_uint_eq(plan->flows[0].count, UINT64_MAX);
	ck_assert_uint_eq(plan->flows[0].duration_ns, UINT64_MAX);
	ck_assert_uint_eq(plan->flows[0].gap_num, 0);
	plan_free(plan);
	plan_free(plan_of(&port, NULL, 0)); /* a port that only receives */
	plan_free(NULL);
}
END_TEST

static void frame_bytes(const struct config_flow *flow, uint16_t number, uint8_t bytes[60])
{
	struct plan_request request = {flow, number};
	struct frame_template *frame;
	struct error err;

	ck_assert_int_eq(plan_frame(&port, &request, &frame, &err), 0);
	ck_assert_uint_eq(frame->len, 60);
	frame_generate(frame, 0, 0, bytes);
	frame_template_free(frame);
}

START_TEST(the_source_is_the_ports_own_unless_given)
{
	struct config_flow flow = flow_of("f0");
	uint8_t bytes[60];

	frame_bytes(&flow, 1, bytes);
	ck_assert_mem_eq(bytes + 6, port.mac, 6);
	set(&flow, "src-mac", "02:aa:bb:cc:dd:ee");
	frame_bytes(&flow, 1, bytes);
	ck_assert_mem_eq(bytes + 6, "\x02\xaa\xbb\xcc\xdd\xee", 6);
	/* also when it is all zeros */
	set(&flow, "src-mac", "00:00:00:00:00:00");
	frame_bytes(&flow, 1, bytes);
	ck_assert_mem_eq(bytes + 6, "\0\0\0\0\0\0", 6);
}
END_TEST

START_TEST(the_signature_has_the_flows_number)
{
	struct config_flow flow = flow_of("f0");
	struct signature signature;
	uint8_t bytes[60];

	frame_bytes(&flow, 0x1234, bytes);
	ck_assert(!signature_read(bytes, sizeof(bytes), &signature));
	set(&flow, "metrics", "yes");
	frame_bytes(&flow, 0x1234, bytes);
	ck_assert(signature_read(bytes, sizeof(bytes), &signature));
	ck_assert_uint_eq(signature.flow, 0x1234);
}
END_TEST

START_TEST(a_frame_may_be_as_long_as_the_device_takes)
{
	struct config_flow flow = flow_of("f0");
	struct plan_request request = {&flow, 1};
	struct error err;

	set(&flow, "size", "1514");
	plan_free(plan_of(&port, &request, 1));
	set(&flow, "size", "1515");
	err = refused(&port, &request, 1, -EINVAL, ERROR_INVALID);
	ck_assert_str_eq(err.param, "size");
	ck_assert_str_eq(
		err.message, "flow f0: a frame of 1515 bytes is longer than port p0 can send");
	ck_assert_str_eq(err.hint, "at most 1514, or raise the interface's MTU");
	/* a tag does not count */
	set(&flow, "vlan", "1");
	set(&flow, "size", "1518");
	plan_free(plan_of(&port, &request, 1));
	set(&flow, "size", "1519");
	err = refused(&port, &request, 1, -EINVAL, ERROR_INVALID);
	ck_assert_str_eq(err.hint, "at most 1518, or raise the interface's MTU");
}
END_TEST

START_TEST(errors_of_the_default_flow_do_not_name_it)
{
	struct config_flow flow = flow_of(CONFIG_DEFAULT_FLOW);
	struct plan_request request = {&flow, 1};
	struct plan_port jumbo = port;
	struct error err;

	set(&flow, "size", "2000");
	err = refused(&port, &request, 1, -EINVAL, ERROR_INVALID);
	ck_assert_str_eq(err.message, "a frame of 2000 bytes is longer than port p0 can send");
	jumbo.frame_max = 9014;
	err = refused(&jumbo, &request, 1, -EINVAL, ERROR_INVALID);
	ck_assert_str_eq(err.message, "a frame of 2000 bytes does not fit into a packet buffer "
				      "(1900 bytes of room)");
	ck_assert_str_eq(err.hint, "raise pool-object-size of port p0");
	set(&flow, "alloc", "heap"); /* the pool does not matter then */
	plan_free(plan_of(&jumbo, &request, 1));
}
END_TEST

START_TEST(an_impossible_frame_is_the_flows_fault)
{
	struct config_flow flow = flow_of("f0");
	struct plan_request request = {&flow, 1};
	struct frame_template *frame;
	struct error err = {0};

	flow.frame.size = 10;
	ck_assert_int_eq(plan_frame(&port, &request, &frame, &err), -EINVAL);
	ck_assert_msg(strncmp(err.message, "flow f0: ", 9) == 0, "%s", err.message);
	refused(&port, &request, 1, -EINVAL, ERROR_INVALID);
}
END_TEST

START_TEST(flows_share_their_pool)
{
	struct config_flow first = flow_of("f0"), second = flow_of("f1");
	struct plan_request requests[] = {{&first, 1}, {&second, 2}};
	struct plan_port facts = port;
	struct plan *plan;
	struct error err;

	set(&first, "burst", "16");
	set(&second, "burst", "100");
	plan = plan_of(&facts, requests, 2);
	ck_assert_uint_eq(plan->flows[0].burst, 16);
	ck_assert_uint_eq(plan->flows[1].burst, 64); /* half of 128 */
	plan_free(plan);
	facts.queues = 2; /* one each */
	plan = plan_of(&facts, requests, 2);
	ck_assert_uint_eq(plan->flows[1].burst, 100);
	plan_free(plan);
	facts.queues = 1;
	facts.buffers = 1;
	err = refused(&facts, requests, 2, -EINVAL, ERROR_INVALID);
	ck_assert_str_eq(err.message, "2 flows of a queue of port p0 share a pool of 1 buffers");
}
END_TEST

START_TEST(flows_that_use_the_heap_need_nothing_of_the_pool)
{
	struct config_flow first = flow_of("f0"), second = flow_of("f1");
	struct plan_request requests[] = {{&first, 1}, {&second, 2}};

	set(&first, "burst", "128");
	set(&second, "burst", "128");
	set(&second, "alloc", "heap");
	plan_free(plan_of(&port, requests, 2));
}
END_TEST

START_TEST(a_device_that_reads_in_place_cannot_read_the_heap)
{
	struct config_flow good = flow_of("f0"), bad = flow_of("f1");
	struct plan_request requests[] = {{&good, 1}, {&bad, 2}};
	struct plan_port facts = port;
	struct error err;

	facts.in_place = true;
	plan_free(plan_of(&facts, requests, 2));
	set(&bad, "alloc", "heap");
	err = refused(&facts, requests, 2, -EINVAL, ERROR_INVALID);
	ck_assert_str_eq(err.param, "alloc");
	ck_assert_str_eq(err.message,
		"flow f1: the device of port p0 reads frames where they lie, and cannot read the "
		"heap");
	ck_assert_str_eq(err.hint, "alloc = pool");
	facts.in_place = false;
	plan_free(plan_of(&facts, requests, 2));
}
END_TEST

START_TEST(flows_go_round_the_queues)
{
	struct config_flow flows[5];
	struct plan_request requests[5];
	struct plan_port facts = port;
	struct plan *plan;

	facts.queues = 2;
	for (uint16_t i = 0; i < 5; i++) {
		flows[i] = flow_of("f");
		flows[i].burst = 1;
		requests[i] = (struct plan_request){&flows[i], i + 1};
	}
	plan = plan_of(&facts, requests, 5);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_uint_eq(plan->flows[i].queue, i % 2);
	plan_free(plan);
}
END_TEST

START_TEST(a_paced_duration_is_a_count)
{
	struct config_flow flow = flow_of("f0");
	struct plan_request request = {&flow, 1};
	struct plan *plan;

	set(&flow, "rate", "3pps");
	set(&flow, "duration", "10s");
	plan = plan_of(&port, &request, 1);
	ck_assert_uint_eq(plan->flows[0].count, 30);
	ck_assert_uint_eq(plan->flows[0].duration_ns, 10 * NS_PER_S);
	plan_free(plan);
	set(&flow, "count", "29"); /* whichever ends first */
	plan = plan_of(&port, &request, 1);
	ck_assert_uint_eq(plan->flows[0].count, 29);
	plan_free(plan);
	set(&flow, "rate", "max");
	set(&flow, "count", "5000");
	plan = plan_of(&port, &request, 1);
	ck_assert_uint_eq(plan->flows[0].count, 5000);
	plan_free(plan);
}
END_TEST

START_TEST(the_ports_ceiling_counts_before_the_duration)
{
	struct config_flow flow = flow_of("f0");
	struct plan_request request = {&flow, 1};
	struct plan_port facts = port;
	struct plan *plan;

	set(&flow, "rate", "1Mpps");
	set(&flow, "duration", "10s");
	facts.rate_limit = (struct rate){RATE_PPS, 100000}; /* 100 pps */
	plan = plan_of(&facts, &request, 1);
	ck_assert_uint_eq(plan->flows[0].gap_num, plan->flows[0].gap_den * 10 * NS_PER_MS);
	ck_assert_uint_eq(plan->flows[0].count, 1000);
	plan_free(plan);
}
END_TEST

START_TEST(percentages_need_the_line_rate)
{
	struct config_flow flow = flow_of("f0");
	struct plan_request request = {&flow, 1};
	struct plan_port facts = port;
	struct error err;

	facts.speed_mbps = 0;
	set(&flow, "rate", "50%");
	err = refused(&facts, &request, 1, -EINVAL, ERROR_INVALID);
	ck_assert_str_eq(err.param, "rate");
	ck_assert_str_eq(err.message, "flow f0: a percentage needs the line rate, and port p0 does "
				      "not tell its own");
	ck_assert_str_eq(err.hint, "give the rate in pps or bits");
	set(&flow, "rate", "max");
	facts.rate_limit = (struct rate){RATE_PERCENT, 50000};
	err = refused(&facts, &request, 1, -EINVAL, ERROR_INVALID);
	ck_assert_str_eq(err.param, "rate-limit");
}
END_TEST

START_TEST(there_is_a_most_of_flows)
{
	struct config_flow flow = flow_of("f0");
	struct plan_request requests[WIRE_FLOWS_MAX + 1];
	struct plan_port facts = port;
	struct error err;

	flow.burst = 1;
	facts.buffers = WIRE_FLOWS_MAX;
	facts.rate_limit = (struct rate){RATE_PPS, 1000};
	for (uint16_t i = 0; i <= WIRE_FLOWS_MAX; i++)
		requests[i] = (struct plan_request){&flow, i};
	plan_free(plan_of(&facts, requests, WIRE_FLOWS_MAX));
	err = refused(&facts, requests, WIRE_FLOWS_MAX + 1, -E2BIG, ERROR_LIMIT);
	ck_assert_str_eq(err.message, "more than 256 flows");
}
END_TEST

START_TEST(one_bad_flow_spoils_the_plan)
{
	struct config_flow good = flow_of("good"), bad = flow_of("bad");
	struct plan_request requests[] = {{&good, 1}, {&good, 2}, {&bad, 3}};
	struct plan_port facts = port;
	struct error err;

	facts.buffers = 1024;
	set(&bad, "size", "9000");
	set(&bad, "alloc", "heap");
	err = refused(&facts, requests, 3, -EINVAL, ERROR_INVALID);
	ck_assert_msg(strncmp(err.message, "flow bad: ", 10) == 0, "%s", err.message);
}
END_TEST

UNIT_SUITE("plan/plan", what_was_asked_is_what_is_planned, no_count_and_no_duration_mean_no_end,
	the_source_is_the_ports_own_unless_given, the_signature_has_the_flows_number,
	a_frame_may_be_as_long_as_the_device_takes, errors_of_the_default_flow_do_not_name_it,
	an_impossible_frame_is_the_flows_fault, flows_share_their_pool,
	flows_that_use_the_heap_need_nothing_of_the_pool,
	a_device_that_reads_in_place_cannot_read_the_heap, flows_go_round_the_queues,
	a_paced_duration_is_a_count, the_ports_ceiling_counts_before_the_duration,
	percentages_need_the_line_rate, there_is_a_most_of_flows, one_bad_flow_spoils_the_plan)
