/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/vhost_endpoint: two peers that look for each other on a path. */
#include "netdev/virtio/vhost_endpoint.h"
#include "unit.h"
#include "util/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/pktgend-endpoint-XXXXXX";
static struct virtio_options listens = {.server = true}, connects;

/* Each test is a process of its own. */
static void paths_make(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(listens.address, sizeof(listens.address), "%s/s", folder);
	strcpy(connects.address, listens.address);
}

static void paths_remove(void)
{
	unlink(listens.address);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void opened(struct vhost_endpoint *endpoint, const struct virtio_options *options)
{
	struct error err = {0};

	ck_assert_msg(vhost_endpoint_open(endpoint, options, &err) == 0, "%s", err.message);
}

static void refused(const struct virtio_options *options, int rc, const char *message)
{
	struct vhost_endpoint endpoint;
	struct error err = {0};

	ck_assert_int_eq(vhost_endpoint_open(&endpoint, options, &err), rc);
	ck_assert_str_eq(err.param, "location");
	ck_assert_ptr_nonnull(strstr(err.message, message));
	ck_assert_int_eq(endpoint.epoll_fd, -1);
}

/* Whether there is work within ms. */
static bool stirs(struct vhost_endpoint *endpoint, int ms)
{
	struct pollfd fd = {.fd = endpoint->epoll_fd, .events = POLLIN};

	return poll(&fd, 1, ms) == 1;
}

/* Services the endpoint until a peer comes. */
static void meets(struct vhost_endpoint *endpoint)
{
	uint64_t deadline = clock_now_ns() + 5 * NS_PER_S;

	do {
		ck_assert(clock_now_ns() < deadline);
		stirs(endpoint, 100);
	} while (!vhost_endpoint_service(endpoint));
	ck_assert_int_ge(endpoint->connection.fd, 0);
}

static void says(const struct vhost_endpoint *endpoint, const char *format)
{
	char text[160], wanted[160];

	snprintf(wanted, sizeof(wanted), format, endpoint->path);
	vhost_endpoint_reason(endpoint, text, sizeof(text));
	ck_assert_str_eq(text, wanted);
}

/* A socket that is connected to the path, or -errno. */
static int knock(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, listens.address);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -errno;
}

START_TEST(who_comes_first_waits)
{
	struct vhost_endpoint client, server;

	paths_make();
	opened(&client, &connects);
	says(&client, "nobody listens on %s yet");
	for (int i = 0; i < 3; i++) {
		ck_assert(stirs(&client, 1000));
		ck_assert(!vhost_endpoint_service(&client));
		ck_assert(!stirs(&client, 0)); /* not busy */
	}
	opened(&server, &listens);
	says(&server, "waiting for a peer to connect to %s");
	meets(&client);
	meets(&server);
	vhost_endpoint_close(&client);
	vhost_endpoint_close(&server);
	paths_remove();
}
END_TEST

START_TEST(a_peer_that_went_is_looked_for)
{
	struct vhost_endpoint client, server;

	paths_make();
	opened(&server, &listens);
	opened(&client, &connects);
	for (int i = 0; i < 3; i++) {
		meets(&client);
		meets(&server);
		ck_assert(!stirs(&server, 0));
		ck_assert(!stirs(&client, 200)); /* no timer runs while there is a peer */
		vhost_endpoint_disconnect(&client);
		ck_assert(stirs(&server, 1000));
		ck_assert(!vhost_endpoint_service(&server));
		vhost_endpoint_disconnect(&server);
	}
	vhost_endpoint_close(&client);
	vhost_endpoint_close(&server);
	paths_remove();
}
END_TEST

START_TEST(a_second_peer_is_sent_away)
{
	struct vhost_endpoint server;
	int first, second;
	char byte;

	paths_make();
	opened(&server, &listens);
	first = knock();
	meets(&server);
	second = knock();
	ck_assert(stirs(&server, 1000));
	ck_assert(!vhost_endpoint_service(&server));
	ck_assert_int_eq(read(second, &byte, 1), 0);
	ck_assert_int_eq(recv(first, &byte, 1, MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
	close(first);
	close(second);
	vhost_endpoint_close(&server);
	paths_remove();
}
END_TEST

/* No descriptor is to be had, but for those that are; or as many as before. */
static void descriptors(bool scarce)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = scarce ? 3 : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(no_descriptor_for_a_peer_is_no_hurry)
{
	struct vhost_endpoint server;
	int first, second, third;
	char byte;

	paths_make();
	opened(&server, &listens);
	first = knock();
	descriptors(true);
	for (int i = 0; i < 3; i++) {
		ck_assert(stirs(&server, 1000));
		ck_assert(!vhost_endpoint_service(&server));
		says(&server, "cannot let a peer in at %s: Too many open files");
		ck_assert(!stirs(&server, 0)); /* not busy */
	}
	descriptors(false);
	meets(&server);
	second = knock();
	descriptors(true);
	ck_assert(stirs(&server, 1000));
	ck_assert(!vhost_endpoint_service(&server));
	ck_assert(!stirs(&server, 200)); /* the timer is the owner's now */
	descriptors(false);
	vhost_endpoint_disconnect(&server);
	meets(&server); /* the second one: it has waited */
	says(&server, "waiting for a peer to connect to %s");
	third = knock();
	ck_assert(stirs(&server, 1000));
	ck_assert(!vhost_endpoint_service(&server));
	ck_assert_int_eq(read(third, &byte, 1), 0);
	close(first);
	close(second);
	close(third);
	vhost_endpoint_close(&server);
	paths_remove();
}
END_TEST

START_TEST(the_path_is_removed_at_the_end)
{
	struct vhost_endpoint server;
	struct stat status;

	paths_make();
	opened(&server, &listens);
	ck_assert_int_eq(stat(listens.address, &status), 0);
	vhost_endpoint_close(&server);
	ck_assert_int_eq(stat(listens.address, &status), -1);
	ck_assert_int_eq(server.epoll_fd, -1);
	paths_remove();
}
END_TEST

START_TEST(what_another_one_made_is_left_alone)
{
	struct vhost_endpoint server, other;
	struct stat status;

	paths_make();
	opened(&server, &listens);
	ck_assert_int_eq(unlink(listens.address), 0);
	opened(&other, &listens);
	vhost_endpoint_close(&server);
	ck_assert_int_eq(stat(listens.address, &status), 0);
	vhost_endpoint_close(&other);
	paths_remove();
}
END_TEST

START_TEST(a_path_that_was_left_over_is_taken)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct vhost_endpoint server;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	paths_make();
	strcpy(address.sun_path, listens.address);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	close(fd); /* its path stays, as after a kill */
	opened(&server, &listens);
	close(knock());
	meets(&server);
	vhost_endpoint_close(&server);
	paths_remove();
}
END_TEST

START_TEST(a_path_in_use_is_refused)
{
	struct virtio_options nowhere = {.server = true, .address = "/nonexistent/s"};
	struct vhost_endpoint server;
	struct stat status;

	paths_make();
	opened(&server, &listens);
	refused(&listens, -EADDRINUSE, "somebody else listens there");
	ck_assert_int_eq(stat(listens.address, &status), 0);
	vhost_endpoint_close(&server);
	close(open(listens.address, O_CREAT | O_WRONLY, 0600));
	refused(&listens, -ENOTSOCK, "there is something that is no socket");
	ck_assert_int_eq(stat(listens.address, &status), 0);
	refused(&nowhere, -ENOENT, "there is no such folder");
	paths_remove();
}
END_TEST

START_TEST(what_is_no_listener_has_a_reason)
{
	struct vhost_endpoint client;

	paths_make();
	close(open(connects.address, O_CREAT | O_WRONLY, 0600));
	opened(&client, &connects);
	ck_assert(stirs(&client, 1000));
	ck_assert(!vhost_endpoint_service(&client));
	says(&client, "%s is no socket");
	vhost_endpoint_close(&client);
	paths_remove();
}
END_TEST

START_TEST(the_timer_is_the_owners_while_there_is_a_peer)
{
	struct vhost_endpoint client, server;

	paths_make();
	opened(&server, &listens);
	opened(&client, &connects);
	meets(&client);
	ck_assert(!vhost_endpoint_expired(&client));
	vhost_endpoint_timer(&client, NS_PER_S / 100);
	ck_assert(stirs(&client, 1000));
	ck_assert(!vhost_endpoint_service(&client));
	ck_assert(vhost_endpoint_expired(&client));
	ck_assert(!vhost_endpoint_expired(&client));
	vhost_endpoint_timer(&client, NS_PER_S / 100);
	vhost_endpoint_timer(&client, 0);
	ck_assert(!stirs(&client, 50));
	vhost_endpoint_close(&client);
	vhost_endpoint_close(&server);
	paths_remove();
}
END_TEST

START_TEST(an_owners_descriptor_is_watched)
{
	struct vhost_endpoint server;
	int fd = eventfd(0, EFD_CLOEXEC);

	paths_make();
	opened(&server, &listens);
	ck_assert_int_eq(vhost_endpoint_watch(&server, fd), 0);
	ck_assert(!stirs(&server, 0));
	ck_assert_int_eq(eventfd_write(fd, 1), 0);
	ck_assert(stirs(&server, 1000));
	ck_assert(!vhost_endpoint_service(&server));
	close(fd);
	vhost_endpoint_close(&server);
	paths_remove();
}
END_TEST

START_TEST(a_retired_one_is_quiet)
{
	struct vhost_endpoint client, server;

	paths_make();
	opened(&server, &listens);
	opened(&client, &connects);
	meets(&client);
	meets(&server);
	vhost_endpoint_retire(&server);
	vhost_endpoint_retire(&client);
	close(knock());
	ck_assert(!stirs(&server, 0));
	ck_assert(!stirs(&client, 200));
	vhost_endpoint_close(&client);
	vhost_endpoint_close(&server);
	paths_remove();
}
END_TEST

UNIT_SUITE("netdev/virtio/vhost_endpoint", who_comes_first_waits, a_peer_that_went_is_looked_for,
	a_second_peer_is_sent_away, no_descriptor_for_a_peer_is_no_hurry,
	the_path_is_removed_at_the_end, what_another_one_made_is_left_alone,
	a_path_that_was_left_over_is_taken, a_path_in_use_is_refused,
	what_is_no_listener_has_a_reason, the_timer_is_the_owners_while_there_is_a_peer,
	an_owners_descriptor_is_watched, a_retired_one_is_quiet)
