/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real server on 127.0.0.1, in a child process with a libevent loop of its own; the test is the
 * client. The child ends by SIGTERM and must end well, so that leaks and sanitizer reports count.
 */
#include "fake_engine.h"
#include "metrics/metrics.h"
#include "unit.h"
#include "util/clock.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS_MAX 32
#define REPLY_SIZE      (64 * 1024)

struct server {
	pid_t pid;
	struct sockaddr_in address;
};

static void stop_loop(evutil_socket_t fd, short what, void *base)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(base);
}

/* The child: says over ready that it listens, then serves until SIGTERM. */
static _Noreturn void serve(const char *address, int ready)
{
	struct engine engine = {.snapshot = &fake_snapshot, .ready = false, .reason = "missing"};
	struct event_base *base = event_base_new();
	struct event *term = evsignal_new(base, SIGTERM, stop_loop, base);
	struct metrics *metrics;
	struct error err;
	struct rusage usage;

	event_add(term, NULL);
	if (metrics_new(base, &engine, address, &metrics, &err) || write(ready, "", 1) != 1)
		exit(EXIT_FAILURE);
	event_base_dispatch(base);
	metrics_free(metrics);
	event_free(term);
	event_base_free(base);
	getrusage(RUSAGE_SELF, &usage);
	if (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec >= 3) {
		fprintf(stderr, "the server kept a processor busy\n");
		exit(EXIT_FAILURE);
	}
	exit(EXIT_SUCCESS);
}

/* A port that stays ours until the end of the test: bound, but not listening. */
static int reserve_port(struct sockaddr_in *address)
{
	const int on = 1;
	socklen_t len = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)address, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)address, &len), 0);
	return fd;
}

static struct server start(void)
{
	struct server server;
	char address[32], byte;
	int ready[2];

	reserve_port(&server.address);
	snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(server.address.sin_port));
	ck_assert_int_eq(pipe(ready), 0);
	server.pid = fork();
	if (server.pid == 0)
		serve(address, ready[1]);
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return server;
}

static void stop(const struct server *server)
{
	int status;

	ck_assert_int_eq(kill(server->pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(server->pid, &status, 0), server->pid);
	ck_assert_int_eq(status, 0);
}

static int dial(const struct server *server)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(
		connect(fd, (const struct sockaddr *)&server->address, sizeof(server->address)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
}

/* Reads until the server closes or timeout_ms have passed in silence. Returns reply. */
static char *hear(int fd, char reply[REPLY_SIZE], int timeout_ms)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	size_t len = 0;

	while (len < REPLY_SIZE - 1 && poll(&ready, 1, timeout_ms) == 1) {
		ssize_t n = recv(fd, reply + len, REPLY_SIZE - 1 - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	reply[len] = '\0';
	return reply;
}

/* One request on a connection of its own; ends when the server closes. */
static char *ask(const struct server *server, const char *request, char reply[REPLY_SIZE])
{
	int fd = dial(server);

	say(fd, request);
	hear(fd, reply, 5000);
	close(fd);
	return reply;
}

#define CLOSE "Host: x\r\nConnection: close\r\n\r\n"

static void check_starts(const char *reply, const char *start)
{
	ck_assert_msg(strncmp(reply, start, strlen(start)) == 0, "%.200s", reply);
}

static void check_has(const char *reply, const char *part)
{
	ck_assert_msg(strstr(reply, part) != NULL, "no \"%s\" in %.500s", part, reply);
}

static const char *body_of(const char *reply)
{
	const char *end = strstr(reply, "\r\n\r\n");

	ck_assert_ptr_nonnull(end);
	return end + 4;
}

START_TEST(get_answers_each_page)
{
	struct server server = start();
	static char reply[REPLY_SIZE];

	ask(&server, "GET /healthz HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	check_has(reply, "\r\nContent-Type: text/plain; charset=utf-8\r\n");
	ck_assert_str_eq(body_of(reply), "ok\n");
	ask(&server, "GET /readyz HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 503 Service Unavailable\r\n");
	ck_assert_str_eq(body_of(reply), "not ready\nport p1 is unprobed: missing\n");
	ask(&server, "GET / HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	check_has(reply, "\r\nContent-Type: text/html; charset=utf-8\r\n");
	ask(&server, "GET /metrics?name=x HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	check_has(reply, "\npktgend_tx_packets_total{port=\"p0\",backend=\"packet\"} ");
	ask(&server, "GET /nothing HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 404 Not Found\r\n");
	stop(&server);
}
END_TEST

START_TEST(head_answers_without_a_body)
{
	struct server server = start();
	static char reply[REPLY_SIZE];

	ask(&server, "HEAD /healthz HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	check_has(reply, "\r\nContent-Length: 3\r\n");
	ck_assert_str_eq(body_of(reply), "");
	stop(&server);
}
END_TEST

START_TEST(other_methods_are_refused_before_their_body)
{
	static const char *const requests[] = {
		"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
		"9\r\n\r\n",
		"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		"DELETE /metrics HTTP/1.1\r\n" CLOSE,
		"OPTIONS * HTTP/1.1\r\n" CLOSE,
		"get /metrics HTTP/1.1\r\n" CLOSE,
	};
	struct server server = start();
	static char reply[REPLY_SIZE];

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		int fd = dial(&server);

		say(fd, requests[i]);
		hear(fd, reply, 1000);
		check_starts(reply, "HTTP/1.1 405 Method Not Allowed\r\n");
		check_has(reply, "\r\nAllow: GET, HEAD\r\n");
		close(fd);
	}
	ask(&server, "GET /healthz HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	stop(&server);
}
END_TEST

START_TEST(accept_chooses_the_format)
{
	struct server server = start();
	static char reply[REPLY_SIZE];

	ask(&server,
		"GET /metrics HTTP/1.1\r\naccept: application/openmetrics-text;version=1.0.0,"
		"text/plain;q=0.5\r\n" CLOSE,
		reply);
	check_has(reply, "\r\nContent-Type: application/openmetrics-text; version=1.0.0; "
			 "charset=utf-8\r\n");
	ck_assert_str_eq(reply + strlen(reply) - 6, "# EOF\n");
	ask(&server, "GET /metrics HTTP/1.1\r\nAccept: */*\r\n" CLOSE, reply);
	check_has(reply, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
	ck_assert_ptr_null(strstr(reply, "# EOF"));
	stop(&server);
}
END_TEST

/* Two requests in one segment and one in three: what lies in the library's buffers must not wait.
 */
START_TEST(requests_need_not_match_segments)
{
	struct server server = start();
	static char reply[REPLY_SIZE];
	uint64_t start_ns = clock_now_ns();
	int fd = dial(&server);

	say(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: "
		"x\r\n\r\nGE");
	usleep(50000);
	say(fd, "T /nothing HTTP/1.1\r\nHost:");
	usleep(50000);
	say(fd, " x\r\nConnection: close\r\n\r\n");
	hear(fd, reply, 5000);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	check_has(reply, "ok\nHTTP/1.1 503 Service Unavailable\r\n");
	check_has(reply, "missing\nHTTP/1.1 404 Not Found\r\n");
	ck_assert_uint_lt(clock_now_ns() - start_ns, 900 * NS_PER_MS);
	close(fd);
	stop(&server);
}
END_TEST

START_TEST(a_body_of_get_is_thrown_away)
{
	struct server server = start();
	static char reply[REPLY_SIZE];

	ask(&server,
		"GET /healthz HTTP/1.1\r\nContent-Length: 5\r\nHost: x\r\nConnection: close\r\n\r\n"
		"hello",
		reply);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	ck_assert_str_eq(body_of(reply), "ok\n");
	stop(&server);
}
END_TEST

START_TEST(nonsense_and_large_headers_hurt_nobody)
{
	struct server server = start();
	static char reply[REPLY_SIZE], request[40000];
	int fd = dial(&server);

	memset(request, 'a', sizeof(request) - 1);
	memcpy(request, "GET /metrics HTTP/1.1\r\nX: ", 26);
	send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
	hear(fd, reply, 2000);
	ck_assert_msg(!reply[0] || strncmp(reply, "HTTP/1.1 4", 10) == 0, "%.99s", reply);
	close(fd);
	fd = dial(&server);
	say(fd, "\x16\x03\x01 nonsense\r\n\r\n\r\n");
	hear(fd, reply, 2000);
	ck_assert_ptr_null(strstr(reply, " 200 "));
	close(fd);
	ask(&server, "GET /healthz HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	stop(&server);
}
END_TEST

/* Clients that ask and go before the answer: no SIGPIPE, no lost place. */
START_TEST(clients_may_go_early)
{
	struct server server = start();
	const struct linger reset = {.l_onoff = 1};
	static char reply[REPLY_SIZE];

	for (int i = 0; i < 3 * CONNECTIONS_MAX; i++) {
		int fd = dial(&server);

		say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	ask(&server, "GET /healthz HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	stop(&server);
}
END_TEST

START_TEST(places_of_closed_connections_are_free_again)
{
	struct server server = start();
	static char reply[REPLY_SIZE];
	int fds[CONNECTIONS_MAX];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < CONNECTIONS_MAX; i++)
			fds[i] = dial(&server);
		usleep(100000);
		for (int i = 0; i < CONNECTIONS_MAX; i++)
			close(fds[i]);
		ask(&server, "GET /healthz HTTP/1.1\r\n" CLOSE, reply);
		check_starts(reply, "HTTP/1.1 200 OK\r\n");
	}
	stop(&server);
}
END_TEST

/*
 * All places taken by clients that say nothing, or a byte now and then. One more waits in the
 * backlog and is served when their time is up, also when nothing happens on any socket in between.
 */
START_TEST(half_open_clients_lose_their_places)
{
	struct server server = start();
	static char reply[REPLY_SIZE];
	int fds[CONNECTIONS_MAX], waiting;

	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		fds[i] = dial(&server);
		if (i % 2)
			say(fds[i], "GET /metr");
	}
	usleep(200000);
	waiting = dial(&server);
	say(waiting, "GET /healthz HTTP/1.1\r\n" CLOSE);
	for (int second = 0; second < 7; second++) {
		ck_assert_str_eq(hear(waiting, reply, 1000), "");
		send(fds[1], "x", 1, MSG_NOSIGNAL);
	}
	hear(waiting, reply, 8000);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		hear(fds[i], reply, 2000);
		ck_assert_int_le(recv(fds[i], reply, 1, MSG_DONTWAIT), 0);
		ck_assert_msg(
			reply[0] == '\0' || strncmp(reply, "HTTP/1.1 4", 10) == 0, "%.99s", reply);
		close(fds[i]);
	}
	close(waiting);
	ask(&server, "GET /healthz HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	stop(&server);
}
END_TEST

/* Nobody left, then half a minute later somebody new: the loop had no timer in between. */
START_TEST(quiet_after_the_limit_does_not_deafen)
{
	struct server server = start();
	static char reply[REPLY_SIZE];
	int fds[CONNECTIONS_MAX];

	for (int i = 0; i < CONNECTIONS_MAX; i++)
		fds[i] = dial(&server);
	sleep(14); /* their time is up, and the last tick is over */
	ask(&server, "GET /healthz HTTP/1.1\r\n" CLOSE, reply);
	check_starts(reply, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		close(fds[i]);
	stop(&server);
}
END_TEST

static int count_fds(void)
{
	const struct dirent *entry;
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");

	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

START_TEST(free_closes_what_new_opened)
{
	struct engine engine = {.snapshot = &fake_snapshot};
	struct event_base *base = event_base_new();
	struct metrics *metrics;
	struct error err;
	int before = count_fds();

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(metrics_new(base, &engine, "127.0.0.1:0", &metrics, &err), 0);
		ck_assert_int_gt(count_fds(), before);
		metrics_free(metrics);
		ck_assert_int_eq(count_fds(), before);
	}
	metrics_free(NULL);
	event_base_free(base);
}
END_TEST

START_TEST(failure_leaves_nothing)
{
	struct engine engine = {.snapshot = &fake_snapshot};
	struct event_base *base = event_base_new();
	struct metrics *metrics = NULL;
	struct error err = {0};
	int before = count_fds();

	ck_assert_int_eq(metrics_new(base, &engine, "127.0.0.1", &metrics, &err), -EINVAL);
	ck_assert_ptr_null(metrics);
	ck_assert_str_eq(err.param, "metrics");
	ck_assert_int_eq(count_fds(), before);
	event_base_free(base);
}
END_TEST

UNIT_SUITE("metrics/http", get_answers_each_page, head_answers_without_a_body,
	other_methods_are_refused_before_their_body, accept_chooses_the_format,
	requests_need_not_match_segments, a_body_of_get_is_thrown_away,
	nonsense_and_large_headers_hurt_nobody, clients_may_go_early,
	places_of_closed_connections_are_free_again, half_open_clients_lose_their_places,
	quiet_after_the_limit_does_not_deafen, free_closes_what_new_opened, failure_leaves_nothing)
