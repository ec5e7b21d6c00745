/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients that are slow, long-winded, deaf, broken or dead: each gets its due and hurts nobody
 * else. */
#include "api/connection.h"
#include "config/wire.h"
#include "house.h"
#include "unit.h"

#define CALL_TEXT "{\"jsonrpc\":\"2.0\",\"method\":\"traffic.resume\",\"id\":1}"
#define OK_TEXT   "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":1}"
#define STOP_TEXT "{\"jsonrpc\":\"2.0\",\"method\":\"traffic.stop\",\"id\":1}\n"

static void check_alive(struct house *house)
{
	int fd = house_connect(house);

	house_send_text(house, fd, CALL_TEXT "\n");
	ck_assert_str_eq(house_receive(house, fd), OK_TEXT);
	close(fd);
	house_pump(house);
}

START_TEST(line_may_come_byte_by_byte)
{
	struct house *house = house_new(0);
	int fd = house_connect(house);

	for (int round = 0; round < 2; round++) {
		for (const char *at = CALL_TEXT; *at; at++)
			house_send(house, fd, at, 1);
		ck_assert_uint_eq(house->engine.resumes, (unsigned)round);
		house_send(house, fd, "\n", 1);
		ck_assert_str_eq(house_receive(house, fd), OK_TEXT);
	}
	close(fd);
	house_free(house);
}
END_TEST

START_TEST(many_lines_may_come_at_once)
{
	static char text[1 << 16], expected[128];
	struct house *house = house_new(0);
	int fd = house_connect(house), n = 600;

	for (int i = 0; i < n; i++)
		sprintf(text + strlen(text),
			"{\"jsonrpc\":\"2.0\",\"method\":\"traffic.resume\",\"id\":%d}\n", i);
	house_send_text(house, fd, text);
	for (int i = 0; i < n; i++) {
		sprintf(expected, "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":%d}", i);
		ck_assert_str_eq(house_receive(house, fd), expected);
	}
	close(fd);
	house_free(house);
}
END_TEST

START_TEST(empty_line_is_an_error)
{
	struct house *house = house_new(0);
	int fd = house_connect(house);

	house_send_text(house, fd, "\n" CALL_TEXT "\r\n");
	ck_assert_ptr_nonnull(strstr(house_receive(house, fd), "\"code\":-32700"));
	ck_assert_str_eq(house_receive(house, fd), OK_TEXT);
	close(fd);
	house_free(house);
}
END_TEST

/* A call in a line of len bytes. */
static const char *padded(size_t len)
{
	static char text[WIRE_FRAME_MAX + 16];

	memset(text, ' ', len);
	memcpy(text + len - strlen(CALL_TEXT), CALL_TEXT, strlen(CALL_TEXT));
	strcpy(text + len, "\n");
	return text;
}

START_TEST(longest_line_is_taken)
{
	struct house *house = house_new(0);
	int fd = house_connect(house);

	for (int i = 0; i < 3; i++) {
		house_send_text(house, fd, padded(WIRE_FRAME_MAX));
		ck_assert_str_eq(house_receive(house, fd), OK_TEXT);
	}
	house_send_text(house, fd, CALL_TEXT "\n");
	ck_assert_str_eq(house_receive(house, fd), OK_TEXT);
	close(fd);
	house_free(house);
}
END_TEST

static void check_too_long(struct house *house, int fd)
{
	ck_assert_str_eq(house_receive(house, fd),
		"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32011,"
		"\"message\":\"a line is longer than 65536 bytes\",\"data\":{"
		"\"reason\":\"limit\",\"param\":\"\",\"hint\":\"\"}},\"id\":null}");
	ck_assert_ptr_null(house_receive(house, fd));
	ck_assert_uint_eq(house->engine.resumes, 0);
	close(fd);
}

START_TEST(longer_line_is_refused)
{
	static char endless[4 * WIRE_FRAME_MAX];
	struct house *house = house_new(0);
	int fd = house_connect(house);

	house_send_text(house, fd, padded(WIRE_FRAME_MAX + 1));
	check_too_long(house, fd);

	fd = house_connect(house);
	memset(endless, '[', sizeof(endless));
	house_send(house, fd, endless, WIRE_FRAME_MAX + 1); /* no line feed, and no more to come */
	check_too_long(house, fd);

	fd = house_connect(house);
	house_send(house, fd, endless, sizeof(endless));
	check_too_long(house, fd);
	check_alive(house);
	house_free(house);
}
END_TEST

START_TEST(rubbish_is_answered_with_errors)
{
	struct house *house = house_new(1);
	uint32_t state = 1;

	for (int round = 0; round < 20; round++) {
		int fd = house_connect(house);
		char bytes[4096];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			state = state * 1664525 + 1013904223;
			bytes[i] = (char)(state >> 24);
		}
		house_send(house, fd, bytes, sizeof(bytes));
		house_send_text(house, fd, "\n" CALL_TEXT "\n");
		for (;;) {
			const char *line = house_receive(house, fd);

			ck_assert_ptr_nonnull(line);
			if (strcmp(line, OK_TEXT) == 0)
				break;
			ck_assert_ptr_nonnull(strstr(line, "\"error\":{\"code\":-32"));
		}
		close(fd);
	}
	ck_assert_uint_eq(house->engine.resumes, 20);
	house_free(house);
}
END_TEST

/* Half a request is none, even when what came is JSON: only the line feed makes it one. */
START_TEST(clients_may_die_at_every_byte)
{
	static const char text[] = CALL_TEXT "\n";
	struct house *house = house_new(0);

	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		int fd = house_connect(house);

		house_send(house, fd, text, len);
		close(fd);
		house_pump(house);
		fd = house_connect(house);
		house_send(house, fd, text, len);
		shutdown(fd, SHUT_WR);
		ck_assert_ptr_null(house_receive(house, fd));
		close(fd);
		ck_assert_uint_eq(house->engine.resumes, 0);
	}
	check_alive(house);
	ck_assert_uint_eq(house->engine.resumes, 1);
	house_free(house);
}
END_TEST

/* "printf … | nc -N -U": the client has said all that it will, and wants to hear the answers. */
START_TEST(half_closed_client_gets_all_answers)
{
	struct house *house = house_new(0);
	int fd = house_connect(house);

	house->engine.running = true;
	for (int i = 0; i < 40; i++)
		house_send_text(house, fd, CALL_TEXT "\n");
	house_send_text(house, fd, STOP_TEXT);
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < 40; i++)
		ck_assert_str_eq(house_receive(house, fd), OK_TEXT);
	house_pump(house);
	fake_engine_complete(&house->engine);
	ck_assert_ptr_nonnull(strstr(house_receive(house, fd), "\"time_ns\""));
	ck_assert_ptr_null(house_receive(house, fd));
	close(fd);
	house_free(house);
}
END_TEST

START_TEST(dead_client_cancels_its_calls)
{
	struct house *house = house_new(0);
	int fd = house_connect(house);

	house->engine.running = true;
	house_send_text(house, fd, STOP_TEXT CALL_TEXT "\n");
	ck_assert_uint_eq(house->engine.waiter_count, 1);
	close(fd); /* with an answer that it never read: a reset for the server */
	house_pump(house);
	ck_assert_uint_eq(house->engine.cancels, 1);
	ck_assert_uint_eq(house->engine.waiter_count, 0);
	check_alive(house);
	house_free(house);
}
END_TEST

/* A client whose end is seen only when its answer is written. */
START_TEST(client_may_die_before_its_answer)
{
	struct house *house = house_new(0);
	int fd = house_connect(house);

	house->engine.running = true;
	house_send_text(house, fd, STOP_TEXT);
	close(fd);
	house_pump(house);
	fake_engine_complete(&house->engine);
	house_pump(house);
	check_alive(house);
	house_free(house);
}
END_TEST

START_TEST(deferred_calls_of_a_client_have_a_limit)
{
	static const char silent[] = "{\"jsonrpc\":\"2.0\",\"method\":\"traffic.stop\"}\n";
	const unsigned n = 3 * RPC_PENDING_MAX;
	struct house *house = house_new(0);
	int fd = house_connect(house);

	house->engine.running = true;
	for (int round = 0; round < 2; round++) {
		const char *text = round == 0 ? STOP_TEXT : silent;

		house->engine.ends = 0;
		for (unsigned i = 0; i < n; i++)
			house_send_text(house, fd, text);
		for (unsigned i = 1; i <= 3; i++) {
			house_pump(house);
			ck_assert_uint_eq(house->engine.ends, i * RPC_PENDING_MAX);
			ck_assert_uint_eq(house->engine.waiter_count, RPC_PENDING_MAX);
			fake_engine_complete(&house->engine);
		}
		for (unsigned i = 0; round == 0 && i < n; i++)
			ck_assert_ptr_nonnull(strstr(house_receive(house, fd), "\"time_ns\""));
	}
	house_send_text(house, fd, CALL_TEXT "\n");
	ck_assert_str_eq(house_receive(house, fd), OK_TEXT);
	close(fd);
	house_free(house);
}
END_TEST

#define STATS_TEXT "{\"jsonrpc\":\"2.0\",\"method\":\"stats.get\",\"id\":1}\n"

/* Writes requests until nothing more is taken. Returns how many were taken whole. */
static size_t stuff(struct house *house, int fd)
{
	size_t taken = 0, len = strlen(STATS_TEXT), at = 0;

	for (int refused = 0; refused < 50;) {
		ssize_t n = send(fd, &STATS_TEXT[at], len - at, MSG_NOSIGNAL);

		house_pump(house);
		if (n < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			refused++;
			continue;
		}
		refused = 0;
		at += (size_t)n;
		taken += at == len;
		at %= len;
	}
	return taken;
}

START_TEST(deaf_client_costs_little)
{
	struct house *house = house_new(8);
	int fd = house_connect(house), size, handled;
	socklen_t len = sizeof(size);
	size_t taken, answer;
	clock_t used;

	house_send_text(house, fd, STATS_TEXT);
	answer = strlen(house_receive(house, fd)) + 1;
	house->engine.snapshots = 0;
	taken = stuff(house, fd);
	handled = (int)house->engine.snapshots;
	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len), 0);
	/* What was handled fits the kernel's buffer, the backlog, and one answer more. */
	ck_assert_int_ge(handled, 1);
	ck_assert_uint_le((size_t)handled, ((size_t)size + CONNECTION_BACKLOG_MAX) / answer + 1);
	ck_assert_uint_gt(taken, (size_t)handled);
	used = clock();
	house_wait(house, 300 * NS_PER_MS);
	ck_assert_int_lt(clock() - used, CLOCKS_PER_SEC / 10);
	check_alive(house);

	/* Nothing is lost once it reads again. */
	for (size_t i = 0; i < taken; i++)
		ck_assert_uint_eq(strlen(house_receive(house, fd)) + 1, answer);
	ck_assert_uint_eq(house->engine.snapshots, taken);
	close(fd);
	house_free(house);
}
END_TEST

START_TEST(deaf_client_is_closed_in_the_end)
{
	struct house *house = house_new(WIRE_PORTS_MAX);
	int fd = house_connect(house), patience = 60;

	stuff(house, fd);
	while (patience-- > 0 && (send(fd, "\n", 1, MSG_NOSIGNAL) == 1 || errno == EAGAIN))
		house_wait(house, 200 * NS_PER_MS);
	ck_assert_int_eq(errno, EPIPE);
	close(fd);
	check_alive(house);
	house_free(house);
}
END_TEST

START_TEST(busy_client_leaves_time_to_others)
{
	static char text[1 << 16];
	struct house *house = house_new(0);
	int busy = house_connect(house), other = house_connect(house);
	char byte;

	for (int i = 0; i < 900; i++)
		strcat(text, CALL_TEXT "\n");
	ck_assert_int_eq(send(busy, text, strlen(text), 0), (ssize_t)strlen(text));
	ck_assert_int_eq(send(other, CALL_TEXT "\n", strlen(CALL_TEXT) + 1, 0),
		(ssize_t)strlen(CALL_TEXT) + 1);
	while (recv(other, &byte, 1, MSG_PEEK) != 1)
		event_base_loop(house->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	ck_assert_uint_lt(house->engine.resumes, 100);
	close(busy);
	close(other);
	house_free(house);
}
END_TEST

UNIT_SUITE("api/connection", line_may_come_byte_by_byte, many_lines_may_come_at_once,
	empty_line_is_an_error, longest_line_is_taken, longer_line_is_refused,
	rubbish_is_answered_with_errors, clients_may_die_at_every_byte,
	half_closed_client_gets_all_answers, dead_client_cancels_its_calls,
	client_may_die_before_its_answer, deferred_calls_of_a_client_have_a_limit,
	deaf_client_costs_little, deaf_client_is_closed_in_the_end,
	busy_client_leaves_time_to_others)
