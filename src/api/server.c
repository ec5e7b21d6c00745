/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The listening end of the control socket: who may come in, and how many.
 *
 * The server owns the socket's file and all connections. The file is there from bind() on, so its
 * mode comes from the umask and its group is set before listen(): nobody else can slip in between.
 * A socket of a daemon that died refuses connections, and only then is it replaced; at the end the
 * file is removed only if it is still ours.
 */
#include "api/api.h"
#include "api/connection.h"
#include "config/wire.h"
#include "util/clock.h"
#include "util/log.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_BACKLOG 64

/* How long no client is accepted after accept() failed for want of descriptors or memory. */
#define ACCEPT_PAUSE_S 1

struct api {
	struct event_base *base;
	struct rpc_context context;
	struct sockaddr_un address;
	dev_t file_dev; /* of the socket's file that we made */
	ino_t file_ino;
	struct evconnlistener *listener;
	struct event *accept_again;
	struct connection_list connections;
	size_t connection_count;
};

static int set_address(struct api *api, const char *path, struct error *err)
{
	api->address.sun_family = AF_UNIX;
	if (path[0] && text_copy(api->address.sun_path, sizeof(api->address.sun_path), path))
		return 0;
	return error_set(err, EINVAL, ERROR_INVALID, "socket",
		"the path of the control socket needs 1 to %zu bytes",
		sizeof(api->address.sun_path) - 1);
}

static int fail(const struct api *api, const char *what, struct error *err)
{
	const int err_no = errno;
	const bool denied = err_no == EACCES || err_no == EPERM;

	return error_set(err, err_no, denied ? ERROR_NOT_PERMITTED : ERROR_INTERNAL, "socket",
		"cannot %s the control socket %s: %s", what, api->address.sun_path,
		strerror(err_no));
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Whether somebody accepts at the address: 0 when not, or -errno of having found out. */
static int probe_address(const struct api *api)
{
	int fd = new_socket(), rc = 0;

	if (fd < 0)
		return -errno;
	/* EAGAIN: alive, with a full queue. */
	if (connect(fd, (const struct sockaddr *)&api->address, sizeof(api->address)) == 0 ||
		errno == EAGAIN)
		rc = -EADDRINUSE;
	else if (errno != ECONNREFUSED && errno != ENOENT)
		rc = -errno;
	close(fd);
	return rc;
}

/* Makes room at the address: removes what a dead daemon left, and nothing else. */
static int clear_address(const struct api *api, struct error *err)
{
	const char *path = api->address.sun_path;
	struct stat file;
	int rc;

	if (lstat(path, &file))
		return errno == ENOENT ? 0 : fail(api, "look at", err);
	if (!S_ISSOCK(file.st_mode))
		return error_set(
			err, EEXIST, ERROR_EXISTS, "socket", "%s exists and is no socket", path);
	rc = probe_address(api);
	if (rc == -EADDRINUSE) {
		error_set(err, EADDRINUSE, ERROR_EXISTS, "socket",
			"another daemon serves the control socket %s", path);
		error_hint(err, "stop it, or give this one a socket of its own with -s");
		return rc;
	}
	errno = -rc;
	if (rc)
		return fail(api, "probe", err);
	if (unlink(path) && errno != ENOENT)
		return fail(api, "replace", err);
	log_info("the control socket %s of a daemon that died is replaced", path);
	return 0;
}

/* Makes the socket's own directory (/run/pktgend after a reboot), not those above it. */
static void make_directory(const char *path)
{
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	strcpy(directory, path);
	slash = strrchr(directory, '/');
	if (!slash || slash == directory)
		return;
	*slash = '\0';
	if (mkdir(directory, 0755) == 0)
		log_info("made the directory %s", directory);
}

static int bind_address(struct api *api, int fd, struct error *err)
{
	struct stat file;
	mode_t before;
	int rc, err_no;

	make_directory(api->address.sun_path);
	/* The control thread is the only one that makes files. */
	before = umask(0117);
	rc = bind(fd, (const struct sockaddr *)&api->address, sizeof(api->address));
	err_no = errno;
	umask(before);
	errno = err_no;
	if (rc) {
		rc = fail(api, "bind", err);
		if (rc == -ENOENT)
			error_hint(err, "make its directory, or choose a path with -s");
		return rc;
	}
	if (lstat(api->address.sun_path, &file))
		return fail(api, "look at", err);
	api->file_dev = file.st_dev;
	api->file_ino = file.st_ino;
	return 0;
}

static int set_group(const struct api *api, const char *name, struct error *err)
{
	const struct group *group;

	if (!name[0])
		return 0;
	errno = 0;
	group = getgrnam(name);
	if (!group)
		return error_set(
			err, ENOENT, ERROR_INVALID, "group", "there is no group \"%s\"", name);
	if (lchown(api->address.sun_path, (uid_t)-1, group->gr_gid))
		return fail(api, "give the group to", err);
	return 0;
}

static void remove_file(const struct api *api)
{
	struct stat file;

	if (lstat(api->address.sun_path, &file) == 0 && file.st_dev == api->file_dev &&
		file.st_ino == api->file_ino)
		unlink(api->address.sun_path);
}

/* A bound socket, its file as it should be; not listening yet. */
static int open_socket(
	struct api *api, const struct config_daemon *daemon, int *result, struct error *err)
{
	int fd, rc;

	rc = set_address(api, daemon->socket, err);
	if (!rc)
		rc = clear_address(api, err);
	if (rc)
		return rc;
	fd = new_socket();
	if (fd < 0)
		return fail(api, "make", err);
	rc = bind_address(api, fd, err);
	if (!rc)
		rc = set_group(api, daemon->group, err);
	if (rc) {
		remove_file(api);
		close(fd);
		return rc;
	}
	*result = fd;
	return 0;
}

static void on_closed(void *owner)
{
	struct api *api = owner;

	api->connection_count--;
}

/* One client too many is told so; a new socket has room for a line. */
static void refuse_client(int fd)
{
	struct evbuffer *line = evbuffer_new();
	struct error err;

	if (line) {
		error_set(&err, EMFILE, ERROR_LIMIT, NULL,
			"all %d connections of the control socket are taken", WIRE_CONNECTIONS_MAX);
		rpc_refuse(line, &err);
		evbuffer_write(line, fd);
		evbuffer_free(line);
	}
	close(fd);
}

static void on_accepted(struct evconnlistener *listener, evutil_socket_t fd,
	struct sockaddr *address, int len, void *arg)
{
	struct api *api = arg;

	(void)listener;
	(void)address;
	(void)len;
	if (api->connection_count >= WIRE_CONNECTIONS_MAX) {
		refuse_client(fd);
		return;
	}
	if (connection_new(api->base, fd, &api->context, &api->connections, on_closed, api))
		api->connection_count++;
}

/* The client that cannot be accepted stays in the queue and would wake the loop without end. */
static void on_accept_failed(struct evconnlistener *listener, void *arg)
{
	const struct timeval pause = {ACCEPT_PAUSE_S, 0};
	struct api *api = arg;

	log_warning("cannot accept a client of the control socket: %s", strerror(errno));
	evconnlistener_disable(listener);
	event_add(api->accept_again, &pause);
}

static void on_accept_again(evutil_socket_t fd, short what, void *arg)
{
	struct api *api = arg;

	(void)fd;
	(void)what;
	evconnlistener_enable(api->listener);
}

static int start_listening(struct api *api, int fd, struct error *err)
{
	api->accept_again = evtimer_new(api->base, on_accept_again, api);
	if (!api->accept_again) {
		errno = ENOMEM;
		return fail(api, "serve", err);
	}
	api->listener = evconnlistener_new(api->base, on_accepted, api,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, LISTEN_BACKLOG, fd);
	if (!api->listener)
		return fail(api, "listen on", err);
	evconnlistener_set_error_cb(api->listener, on_accept_failed);
	return 0;
}

int api_new(struct event_base *base, struct engine *engine, const struct config_daemon *daemon,
	struct api **api, struct error *err)
{
	struct api *new = calloc(1, sizeof(*new));
	int fd = -1, rc;

	if (!new)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "no memory for the API");
	new->base = base;
	new->context = (struct rpc_context){.engine = engine, .started_ns = clock_now_ns()};
	/* libevent writes without MSG_NOSIGNAL: a client that goes away must be an error, not the
	 * end. */
	signal(SIGPIPE, SIG_IGN);
	rc = open_socket(new, daemon, &fd, err);
	if (rc)
		goto err_free;
	rc = start_listening(new, fd, err);
	if (rc)
		goto err_socket;
	*api = new;
	return 0;

err_socket:
	if (new->accept_again)
		event_free(new->accept_again);
	remove_file(new);
	close(fd);
err_free:
	free(new);
	return rc;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	while (!LIST_EMPTY(&api->connections))
		connection_free(LIST_FIRST(&api->connections));
	remove_file(api);
	evconnlistener_free(api->listener);
	event_free(api->accept_again);
	free(api);
}
