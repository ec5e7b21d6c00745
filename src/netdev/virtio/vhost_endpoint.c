/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two peers that look for each other on a path. One timer serves both times: without a peer it is
 * the next try to connect, with one it is the owner's. Control thread.
 */
#include "netdev/virtio/vhost_endpoint.h"

#include "util/text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#define RETRY_NS UINT64_C(100000000)

static void address_of(const struct vhost_endpoint *endpoint, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	static_assert(sizeof(address->sun_path) == sizeof(endpoint->path), "unix(7)");
	memcpy(address->sun_path, endpoint->path, sizeof(endpoint->path));
}

/* Whether something else than a socket has the path: connect() calls that a refusal, too. */
static bool is_occupied(const struct vhost_endpoint *endpoint)
{
	struct stat status;

	return stat(endpoint->path, &status) == 0 && !S_ISSOCK(status.st_mode);
}

/* A socket connected to the path, or -errno. */
static int try_connect(const struct vhost_endpoint *endpoint)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -errno;
	address_of(endpoint, &address);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	rc = errno == ECONNREFUSED && is_occupied(endpoint) ? -ENOTSOCK : -errno;
	close(fd);
	return rc;
}

/* Makes way for a new listener: removes a socket that nobody listens on any more. */
static int remove_stale(const struct vhost_endpoint *endpoint)
{
	struct stat status;
	int fd;

	if (lstat(endpoint->path, &status) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;
	fd = try_connect(endpoint);
	if (fd >= 0)
		close(fd);
	if (fd != -ECONNREFUSED)
		return fd == -EACCES ? -EACCES : -EADDRINUSE;
	return unlink(endpoint->path) != 0 ? -errno : 0;
}

static int listen_on(struct vhost_endpoint *endpoint)
{
	struct sockaddr_un address;
	struct stat status;
	int rc = remove_stale(endpoint);

	if (rc)
		return rc;
	endpoint->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (endpoint->listen_fd < 0)
		return -errno;
	address_of(endpoint, &address);
	if (bind(endpoint->listen_fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return -errno;
	if (stat(endpoint->path, &status) == 0) {
		endpoint->dev = status.st_dev;
		endpoint->ino = status.st_ino;
	}
	return listen(endpoint->listen_fd, 1) != 0 ? -errno : 0;
}

static const char *explain(int rc)
{
	switch (rc) {
	case -EADDRINUSE:
		return "somebody else listens there";
	case -ENOTSOCK:
		return "there is something that is no socket";
	case -ENOENT:
		return "there is no such folder";
	case -EACCES:
		return "permission denied";
	default:
		return strerror(-rc);
	}
}

int vhost_endpoint_watch(struct vhost_endpoint *endpoint, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(endpoint->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0 ? -errno : 0;
}

void vhost_endpoint_timer(struct vhost_endpoint *endpoint, uint64_t ns)
{
	struct itimerspec when = {.it_value = {.tv_sec = (time_t)(ns / 1000000000),
					  .tv_nsec = (long)(ns % 1000000000)}};

	timerfd_settime(endpoint->timer_fd, 0, &when, NULL);
}

bool vhost_endpoint_expired(struct vhost_endpoint *endpoint)
{
	uint64_t count;

	return read(endpoint->timer_fd, &count, sizeof(count)) == sizeof(count);
}

int vhost_endpoint_open(
	struct vhost_endpoint *endpoint, const struct virtio_options *options, struct error *err)
{
	int rc;

	*endpoint = (struct vhost_endpoint){
		.listen_fd = -1, .timer_fd = -1, .failure = options->server ? 0 : ENOENT};
	vhost_connection_init(&endpoint->connection, -1);
	text_copy(endpoint->path, sizeof(endpoint->path), options->address);
	endpoint->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (endpoint->epoll_fd < 0)
		goto no_resources;
	endpoint->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (endpoint->timer_fd < 0 || vhost_endpoint_watch(endpoint, endpoint->timer_fd) != 0)
		goto no_resources;
	if (options->server) {
		rc = listen_on(endpoint);
		if (rc) {
			error_set(err, -rc, rc == -EACCES ? ERROR_NOT_PERMITTED : ERROR_DEVICE,
				"location", "cannot listen on %s: %s", endpoint->path, explain(rc));
			goto fail;
		}
		if (vhost_endpoint_watch(endpoint, endpoint->listen_fd) != 0)
			goto no_resources;
	} else {
		vhost_endpoint_timer(endpoint, 1);
	}
	return 0;
no_resources:
	rc = error_set(err, errno, ERROR_INTERNAL, NULL, "vhost-user: %s", strerror(errno));
fail:
	vhost_endpoint_close(endpoint);
	return rc;
}

void vhost_endpoint_close(struct vhost_endpoint *endpoint)
{
	struct stat status;

	vhost_connection_close(&endpoint->connection);
	/* A path that another one has taken meanwhile is not ours to remove. */
	if (endpoint->ino && lstat(endpoint->path, &status) == 0 &&
		status.st_dev == endpoint->dev && status.st_ino == endpoint->ino)
		unlink(endpoint->path);
	if (endpoint->listen_fd >= 0)
		close(endpoint->listen_fd);
	if (endpoint->timer_fd >= 0)
		close(endpoint->timer_fd);
	if (endpoint->epoll_fd >= 0)
		close(endpoint->epoll_fd);
	endpoint->listen_fd = endpoint->timer_fd = endpoint->epoll_fd = -1;
	endpoint->ino = 0;
}

/* The listener's next peer, or -errno. One is enough: others are let in and sent away. */
static int accept_one(struct vhost_endpoint *endpoint)
{
	int fd = accept4(endpoint->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (endpoint->connection.fd < 0)
		return fd;
	close(fd);
	return -EBUSY;
}

/* The listener stays readable while there is no descriptor for a peer: looks away for a while, or
 * until the peer that is there has gone, whose owner has the timer. */
static void listener_pause(struct vhost_endpoint *endpoint, int failure)
{
	epoll_ctl(endpoint->epoll_fd, EPOLL_CTL_DEL, endpoint->listen_fd, NULL);
	endpoint->failure = failure;
	if (endpoint->connection.fd < 0)
		vhost_endpoint_timer(endpoint, RETRY_NS);
}

/* Whether the listener is watched, perhaps again. */
static bool listener_resume(struct vhost_endpoint *endpoint)
{
	if (endpoint->failure == 0)
		return true;
	if (endpoint->connection.fd >= 0 || !vhost_endpoint_expired(endpoint))
		return false;
	if (vhost_endpoint_watch(endpoint, endpoint->listen_fd) != 0) {
		vhost_endpoint_timer(endpoint, RETRY_NS);
		return false;
	}
	endpoint->failure = 0;
	return true;
}

bool vhost_endpoint_service(struct vhost_endpoint *endpoint)
{
	bool listens = endpoint->listen_fd >= 0;
	int fd;

	if (listens && !listener_resume(endpoint))
		return false;
	if (listens)
		fd = accept_one(endpoint);
	else if (endpoint->connection.fd < 0 && vhost_endpoint_expired(endpoint))
		fd = try_connect(endpoint);
	else
		return false;
	if (fd >= 0 && vhost_endpoint_watch(endpoint, fd) != 0) {
		close(fd);
		fd = -ENOMEM;
	}
	if (fd >= 0) {
		vhost_connection_init(&endpoint->connection, fd);
		return true;
	}
	if (!listens) {
		endpoint->failure = -fd;
		vhost_endpoint_timer(endpoint, RETRY_NS);
	} else if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM || fd == -ENOBUFS) {
		listener_pause(endpoint, -fd);
	}
	return false;
}

void vhost_endpoint_disconnect(struct vhost_endpoint *endpoint)
{
	bool listens = endpoint->listen_fd >= 0;

	vhost_connection_close(&endpoint->connection);
	if (!listens)
		endpoint->failure = ECONNREFUSED;
	vhost_endpoint_timer(endpoint, endpoint->failure ? RETRY_NS : 0);
}

void vhost_endpoint_retire(struct vhost_endpoint *endpoint)
{
	vhost_connection_close(&endpoint->connection);
	vhost_endpoint_timer(endpoint, 0);
	if (endpoint->listen_fd >= 0)
		epoll_ctl(endpoint->epoll_fd, EPOLL_CTL_DEL, endpoint->listen_fd, NULL);
}

void vhost_endpoint_reason(const struct vhost_endpoint *endpoint, char *text, size_t size)
{
	if (endpoint->listen_fd >= 0 && endpoint->failure)
		snprintf(text, size, "cannot let a peer in at %s: %s", endpoint->path,
			strerror(endpoint->failure));
	else if (endpoint->listen_fd >= 0)
		snprintf(text, size, "waiting for a peer to connect to %s", endpoint->path);
	else if (endpoint->failure == ENOENT || endpoint->failure == ECONNREFUSED)
		snprintf(text, size, "nobody listens on %s yet", endpoint->path);
	else if (endpoint->failure == ENOTSOCK)
		snprintf(text, size, "%s is no socket", endpoint->path);
	else
		snprintf(text, size, "cannot connect to %s: %s", endpoint->path,
			strerror(endpoint->failure));
}
