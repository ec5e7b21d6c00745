/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket's file, and how many clients it takes. What single clients can do is in
 * test_connection.c. */
#include "api/api.h"
#include "house.h"
#include "unit.h"

#include <sys/resource.h>

#define CALL(id) "{\"jsonrpc\":\"2.0\",\"method\":\"traffic.resume\",\"id\":" #id "}\n"
#define OK(id)   "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":" #id "}"

static void check_alive(struct house *house)
{
	int fd = house_connect(house);

	house_send_text(house, fd, CALL(1));
	ck_assert_str_eq(house_receive(house, fd), OK(1));
	close(fd);
	house_pump(house);
}

START_TEST(file_is_for_owner_and_group)
{
	struct house *house = house_prepare(0);
	const mode_t before = umask(0);
	struct error err;
	struct stat file;

	ck_assert_int_eq(house_start(house, &err), 0);
	ck_assert_int_eq(umask(before), 0); /* left as it was */
	ck_assert_int_eq(stat(house->daemon.socket, &file), 0);
	ck_assert_uint_eq(file.st_mode, S_IFSOCK | 0660);
	check_alive(house);
	house_free(house); /* fails when the file is left */
}
END_TEST

START_TEST(stale_socket_is_replaced)
{
	struct house *house = house_prepare(0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = house_socket();
	struct error err;

	strcpy(address.sun_path, house->daemon.socket);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	close(fd); /* as kill -9 does */
	ck_assert_msg(house_start(house, &err) == 0, "%s", err.message);
	check_alive(house);
	house_free(house);
}
END_TEST

START_TEST(living_socket_is_refused)
{
	struct house *house = house_new(0);
	struct api *second = NULL;
	struct error err;

	ck_assert_int_eq(
		api_new(house->base, &house->engine, &house->daemon, &second, &err), -EADDRINUSE);
	ck_assert_int_eq(err.reason, ERROR_EXISTS);
	ck_assert_ptr_nonnull(strstr(err.message, house->daemon.socket));
	ck_assert_ptr_null(second);
	house_pump(house);
	check_alive(house);
	house_free(house);
}
END_TEST

START_TEST(full_queue_is_a_sign_of_life)
{
	struct house *house = house_prepare(0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = house_socket(), first = house_socket(), second = house_socket();
	struct error err;

	strcpy(address.sun_path, house->daemon.socket);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(connect(first, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_lt(connect(second, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(house_start(house, &err), -EADDRINUSE);
	close(first);
	close(second);
	close(fd);
	ck_assert_int_eq(unlink(house->daemon.socket), 0);
	house_free(house);
}
END_TEST

START_TEST(other_files_are_left_alone)
{
	struct house *house = house_prepare(0);
	char target[80];
	struct error err;
	int fd = open(house->daemon.socket, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	close(fd);
	ck_assert_int_eq(house_start(house, &err), -EEXIST);
	ck_assert_int_eq(err.reason, ERROR_EXISTS);
	ck_assert_int_eq(unlink(house->daemon.socket), 0);

	/* A link is not followed either. */
	snprintf(target, sizeof(target), "%s/target", house->dir);
	ck_assert_int_eq(symlink(target, house->daemon.socket), 0);
	ck_assert_int_eq(house_start(house, &err), -EEXIST);
	ck_assert_int_eq(unlink(house->daemon.socket), 0);
	house_free(house);
}
END_TEST

START_TEST(bad_paths)
{
	struct house *house = house_prepare(0);
	struct error err;

	snprintf(house->daemon.socket, sizeof(house->daemon.socket), "%s/none/deep/socket",
		house->dir);
	ck_assert_int_eq(house_start(house, &err), -ENOENT);
	ck_assert_str_eq(err.param, "socket");
	ck_assert_uint_gt(strlen(err.hint), 0);
	house->daemon.socket[0] = '\0';
	ck_assert_int_eq(house_start(house, &err), -EINVAL);
	ck_assert_int_eq(err.reason, ERROR_INVALID);
	house_free(house);
}
END_TEST

START_TEST(unknown_group_is_an_error)
{
	struct house *house = house_prepare(0);
	struct error err;

	strcpy(house->daemon.group, "no-such-group-here");
	ck_assert_int_eq(house_start(house, &err), -ENOENT);
	ck_assert_str_eq(err.param, "group");
	ck_assert_str_eq(err.message, "there is no group \"no-such-group-here\"");
	house_free(house); /* no file is left */
}
END_TEST

START_TEST(file_of_another_daemon_is_not_removed)
{
	struct house *house = house_new(0);
	struct error err;
	struct api *first = house->api;

	ck_assert_int_eq(unlink(house->daemon.socket), 0);
	ck_assert_int_eq(house_start(house, &err), 0);
	api_free(first);
	check_alive(house);
	house_free(house);
}
END_TEST

START_TEST(connections_have_a_limit)
{
	struct house *house = house_new(0);
	int fds[WIRE_CONNECTIONS_MAX], extra;

	for (int i = 0; i < WIRE_CONNECTIONS_MAX; i++)
		fds[i] = house_connect(house);
	for (int i = 0; i < 3; i++) {
		extra = house_connect(house);
		ck_assert_str_eq(house_receive(house, extra),
			"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32011,\"message\":"
			"\"all 64 connections of the control socket are taken\",\"data\":{"
			"\"reason\":\"limit\",\"param\":\"\",\"hint\":\"\"}},\"id\":null}");
		ck_assert_ptr_null(house_receive(house, extra));
		close(extra);
	}
	for (int i = 0; i < WIRE_CONNECTIONS_MAX; i++) {
		house_send_text(house, fds[i], CALL(1));
		ck_assert_str_eq(house_receive(house, fds[i]), OK(1));
	}
	close(fds[5]);
	house_pump(house);
	check_alive(house);
	for (int i = 0; i < WIRE_CONNECTIONS_MAX; i++)
		if (i != 5)
			close(fds[i]);
	house_pump(house);
	check_alive(house);
	house_free(house);
}
END_TEST

/* No descriptors left: the daemon waits without using the CPU, and goes on by itself. */
START_TEST(accept_recovers)
{
	struct house *house = house_new(0);
	int fd = house_socket(), next = dup(fd);
	struct rlimit limit, tight;
	clock_t used;

	close(next);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	tight = limit;
	tight.rlim_cur = (rlim_t)next;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
	house_connect_socket(house, fd);
	used = clock();
	house_wait(house, 300 * NS_PER_MS);
	ck_assert_int_lt(clock() - used, CLOCKS_PER_SEC / 10);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	house_send_text(house, fd, CALL(1));
	ck_assert_str_eq(house_receive(house, fd), OK(1));
	close(fd);
	house_free(house);
}
END_TEST

START_TEST(free_ends_everything)
{
	struct house *house = house_new(1);
	int idle = house_connect(house), half = house_connect(house), busy = house_connect(house);

	house->engine.running = true;
	house_send_text(house, half, "{\"jsonrpc\"");
	house_send_text(
		house, busy, "{\"jsonrpc\":\"2.0\",\"method\":\"traffic.stop\",\"id\":1}\n");
	ck_assert_uint_eq(house->engine.waiter_count, 1);
	api_free(house->api);
	house->api = NULL;
	ck_assert_uint_eq(house->engine.waiter_count, 0);
	ck_assert_uint_eq(house->engine.cancels, 1);
	ck_assert_ptr_null(house_receive(house, idle));
	ck_assert_ptr_null(house_receive(house, half));
	ck_assert_ptr_null(house_receive(house, busy));
	close(idle);
	close(half);
	close(busy);
	house_free(house);
}
END_TEST

UNIT_SUITE("api/server", file_is_for_owner_and_group, stale_socket_is_replaced,
	living_socket_is_refused, full_queue_is_a_sign_of_life, other_files_are_left_alone,
	bad_paths, unknown_group_is_an_error, file_of_another_daemon_is_not_removed,
	connections_have_a_limit, accept_recovers, free_ends_everything)
