/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One request at a time: send a line, read lines until the one with its id (JSON-RPC 2.0 §5).
 * Whatever the peer sends is checked; a peer that does not speak the protocol is a failure, not a
 * crash.
 */
#include "ctl/client.h"

#include "config/wire.h"
#include "ctl/document.h"
#include "ctl/interrupt.h"
#include "ctl/memory.h"
#include "json/json.h"
#include "util/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX (16u << 20) /* far above what the daemon says; ends a peer gone mad */
#define READ_BYTES       65536

void client_init(struct client *client, uint64_t timeout_ns)
{
	*client = (struct client){.fd = -1, .interrupt_fd = -1, .timeout_ns = timeout_ns};
}

static int refuse_connect(struct failure *failure, const char *path, int err_no)
{
	if (err_no == EACCES || err_no == EPERM) {
		failure_set(failure, CTL_NOT_PERMITTED, NULL, "%s: %s", path, strerror(err_no));
		failure_hint(failure, "be root or a member of the group that owns the socket");
		return CTL_NOT_PERMITTED;
	}
	failure_set(failure, CTL_UNREACHABLE, NULL, "%s: %s", path,
		err_no == EAGAIN ? "the daemon does not answer" : strerror(err_no));
	failure_hint(failure, "is pktgend running? -s or PKTGEND_SOCKET names another socket");
	return CTL_UNREACHABLE;
}

int client_open(struct client *client, const char *path, struct failure *failure)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval timeout = {(time_t)(client->timeout_ns / NS_PER_S),
		(suseconds_t)(client->timeout_ns % NS_PER_S / NS_PER_US)};
	int fd, err_no;

	if (strlen(path) >= sizeof(address.sun_path))
		return failure_set(failure, CTL_USAGE, "socket",
			"a socket's path has at most %zu bytes, not %zu",
			sizeof(address.sun_path) - 1, strlen(path));
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return failure_set(failure, CTL_FAILED, NULL, "socket: %s", strerror(errno));
	/* On UNIX sockets it bounds connecting as well, when the listener's queue is full. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		err_no = errno;
		close(fd);
		return refuse_connect(failure, path, err_no);
	}
	client->fd = fd;
	return CTL_DONE;
}

static int refuse_gone(struct failure *failure, const char *why)
{
	return failure_set(failure, CTL_UNREACHABLE, NULL, "the daemon went away: %s", why);
}

static int refuse_late(struct failure *failure, const struct client *client)
{
	return failure_set(failure, CTL_UNREACHABLE, NULL, "no answer from the daemon in %.3g s",
		(double)client->timeout_ns / 1e9);
}

static char *request_text(struct client *client, const char *method, cJSON *params)
{
	cJSON *request = cJSON_CreateObject();
	char *text;

	cJSON_AddStringToObject(request, "jsonrpc", "2.0");
	json_add_u64(request, "id", ++client->id);
	cJSON_AddStringToObject(request, "method", method);
	if (params)
		cJSON_AddItemToObject(request, "params", params);
	text = document_text(request, false);
	cJSON_Delete(request);
	return text;
}

static int send_line(struct client *client, char *line, struct failure *failure)
{
	size_t len = strlen(line), sent = 0;
	ssize_t n;

	if (len >= WIRE_FRAME_MAX)
		return failure_set(failure, CTL_REFUSED, NULL,
			"a request of %zu bytes is more than the daemon takes, %d", len,
			WIRE_FRAME_MAX - 1);
	line[len++] = '\n'; /* in the place of the final NUL: len bytes, not a string any more */
	while (sent < len) {
		n = send(client->fd, line + sent, len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return refuse_late(failure, client);
		if (n < 0 && errno == EPIPE) /* it may have said why before it closed: read that */
			return CTL_DONE;
		if (n < 0)
			return refuse_gone(failure, strerror(errno));
		sent += (size_t)n;
	}
	return CTL_DONE;
}

/* Waits for bytes and adds them to the buffer. */
static int receive(struct client *client, uint64_t until_ns, struct failure *failure)
{
	const int fds[] = {client->interrupt_fd, client->fd};
	ssize_t n;

	switch (interrupt_wait(fds, 2, until_ns)) {
	case 0:
		return failure_set(failure, CTL_FAILED, NULL, "interrupted");
	case 1:
		break;
	default:
		/* A signal that nobody waits for ends the waiting, too. */
		return clock_now_ns() < until_ns ? CTL_DONE : refuse_late(failure, client);
	}
	if (client->size - client->len < READ_BYTES) {
		client->size = client->len + 2 * READ_BYTES;
		client->buffer = memory_need(realloc(client->buffer, client->size));
	}
	n = recv(client->fd, client->buffer + client->len, READ_BYTES, 0);
	if (n == 0)
		return refuse_gone(failure, "it closed the connection");
	if (n < 0)
		return errno == EINTR ? CTL_DONE : refuse_gone(failure, strerror(errno));
	client->len += (size_t)n;
	return CTL_DONE;
}

/* Takes a line out of the buffer. CTL_DONE with *line NULL: it is not complete yet. */
static int take_line(struct client *client, cJSON **line, struct failure *failure)
{
	char *end = client->len ? memchr(client->buffer, '\n', client->len) : NULL;
	struct error err = {0};
	size_t used;

	*line = NULL;
	if (!end) {
		if (client->len > ANSWER_BYTES_MAX)
			return failure_set(failure, CTL_FAILED, NULL,
				"the answer is longer than %u bytes", ANSWER_BYTES_MAX);
		return CTL_DONE;
	}
	used = (size_t)(end - client->buffer) + 1;
	*line = json_parse(client->buffer, used - 1, &err);
	if (!*line)
		return failure_set(failure, CTL_FAILED, NULL,
			"what listens on the socket does not speak JSON-RPC: %s", err.message);
	client->len -= used;
	memmove(client->buffer, end + 1, client->len);
	return CTL_DONE;
}

/* Takes *result or the error out of an answer. */
static int open_answer(cJSON *answer, cJSON **result, struct failure *failure)
{
	cJSON *error = cJSON_DetachItemFromObjectCaseSensitive(answer, "error");

	if (cJSON_IsObject(error))
		return failure_from_remote(failure, error);
	cJSON_Delete(error);
	*result = cJSON_DetachItemFromObjectCaseSensitive(answer, "result");
	if (*result)
		return CTL_DONE;
	return failure_set(failure, CTL_FAILED, NULL,
		"what listens on the socket does not speak JSON-RPC: neither result nor error");
}

/* Ours, or an error about a request whose id the daemon could not read (§5: id null). */
static bool is_answer(const cJSON *line, uint64_t id)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, "id");
	uint64_t value;

	if (cJSON_IsNull(item))
		return true;
	return json_get_u64(item, &value) == 0 && value == id;
}

int client_call(struct client *client, const char *method, cJSON *params, cJSON **result,
	struct failure *failure)
{
	uint64_t until_ns = clock_now_ns() + client->timeout_ns;
	char *text = request_text(client, method, params);
	int status = send_line(client, text, failure);
	cJSON *line = NULL;

	free(text);
	while (status == CTL_DONE) {
		status = take_line(client, &line, failure);
		if (line && (!cJSON_IsObject(line) || is_answer(line, client->id)))
			break;
		if (line)
			cJSON_Delete(line);
		else if (status == CTL_DONE)
			status = receive(client, until_ns, failure);
		line = NULL;
	}
	if (status == CTL_DONE)
		status = open_answer(line, result, failure);
	cJSON_Delete(line);
	return status;
}

void client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->buffer);
	client_init(client, client->timeout_ns);
}
