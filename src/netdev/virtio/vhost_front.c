/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vhost-user, the front end: we are the driver, the peer is the device, and the socket between us
 * carries the conversation that vhost_script.c has.
 *
 * Scripts are carried out from top to bottom; where a step has an answer, the next one waits for
 * it. Nobody else waits: everything here happens in service(), on the control thread; start() and
 * stop() only say what is wanted. A peer that does not answer in time, or answers nonsense, loses
 * its connection. Once it has heard of rings, that means that the device is lost, for the workers
 * may be using them; before, the port goes on waiting for a peer.
 *
 * Only workers kick: the peer has the descriptors too and can make a write to them hang. look()
 * frees them.
 */
#include "netdev/virtio/vhost_front.h"

#include "netdev/virtio/vhost_event.h"
#include "netdev/virtio/vhost_user.h"
#include "util/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ANSWER_NS UINT64_C(1000000000) /* for a peer that is not busy with anything else */

/* ---- the end of a conversation ---- */

/* Says why there is no peer any more, and begins to look for another one. */
static void hang_up(struct vhost_front *front, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void hang_up(struct vhost_front *front, const char *format, ...)
{
	char reason[sizeof(front->driver.dev.reason)];
	bool lost = front->wanted && front->told;
	va_list args;

	va_start(args, format);
	text_format_line(reason, sizeof(reason), format, args);
	va_end(args);
	front->script = NULL;
	front->awaiting = front->told = front->running = front->stop_due = false;
	front->driver.known = front->driver.link_up = false;
	if (lost) {
		vhost_endpoint_retire(&front->endpoint);
		virtio_driver_lost(&front->driver, "%s", reason);
	} else {
		vhost_endpoint_disconnect(&front->endpoint);
		text_copy(front->driver.dev.reason, sizeof(reason), reason);
		front->hung_up = true;
	}
}

/* ---- how scripts are carried out ---- */

static bool applies(const struct vhost_front *front, const struct vhost_step *step)
{
	return (front->offered & step->feature) == step->feature &&
	       (front->protocol & step->protocol) == step->protocol;
}

static void script_begin(struct vhost_front *front, const struct vhost_script *script)
{
	front->script = script;
	front->step = front->ring = 0;
}

/* The next ring of this step, or the next step. */
static void step_on(struct vhost_front *front)
{
	if (vhost_front_step(front)->each_ring && ++front->ring < front->ring_count)
		return;
	front->ring = 0;
	front->step++;
}

/* Sends the current step. 0, or negative after the conversation has ended. */
static int step_send(struct vhost_front *front)
{
	const struct vhost_step *step = vhost_front_step(front);
	struct vhost_outgoing out = {
		.message = {.request = step->request, .flags = VHOST_USER_VERSION}};
	bool ack =
		!step->read && !step->no_ack && (front->protocol & VHOST_USER_PROTOCOL_F_REPLY_ACK);
	const char *refusal = step->write ? step->write(front, &out) : NULL;
	int rc;

	if (refusal) {
		hang_up(front, "%s", refusal);
		return -EPROTO;
	}
	if (ack)
		out.message.flags |= VHOST_USER_NEED_REPLY;
	rc = vhost_message_send(&front->endpoint.connection, &out.message, out.fds, out.fd_count);
	if (rc) {
		hang_up(front, "cannot send %s to the peer: %s", vhost_request_name(step->request),
			strerror(-rc));
		return rc;
	}
	front->awaiting = ack || step->read;
	vhost_endpoint_timer(&front->endpoint, front->awaiting ? ANSWER_NS : 0);
	return 0;
}

/* What is to be said next, when nothing is being said. */
static const struct vhost_script *script_choose(struct vhost_front *front)
{
	struct virtio_driver *driver = &front->driver;

	if (!driver->known)
		return &vhost_script_greeting;
	if (front->stop_due)
		return &vhost_script_stop;
	if (!front->wanted || front->running)
		return NULL;
	if (driver->queue_count > driver->queue_pairs_max) {
		driver->link_up = false;
		snprintf(driver->dev.reason, sizeof(driver->dev.reason),
			"the peer has %u queue pairs, and the port wants %u",
			driver->queue_pairs_max, driver->queue_count);
		return NULL;
	}
	front->ring_count = virtio_driver_ring_count(driver);
	front->told = true;
	return &vhost_script_start;
}

static void script_end(struct vhost_front *front)
{
	const struct vhost_script *script = front->script;
	const char *refusal;

	front->script = NULL;
	refusal = script->end(front);
	if (refusal)
		hang_up(front, "%s", refusal);
}

/* Says all that can be said without an answer. */
static void converse(struct vhost_front *front)
{
	while (front->endpoint.connection.fd >= 0 && !front->awaiting) {
		if (front->script == &vhost_script_start && front->stop_due)
			front->script = NULL; /* not wanted any more */
		if (!front->script) {
			const struct vhost_script *next = script_choose(front);

			if (!next)
				return;
			script_begin(front, next);
		}
		if (front->step == front->script->count) {
			script_end(front);
		} else if (!applies(front, vhost_front_step(front))) {
			front->step++;
		} else {
			if (step_send(front) != 0)
				return;
			if (!front->awaiting)
				step_on(front);
		}
	}
}

/* An answer has come. 0, or negative after the conversation has ended. */
static int hear(struct vhost_front *front, const struct vhost_message *message)
{
	const struct vhost_step *step = front->awaiting ? vhost_front_step(front) : NULL;
	uint64_t value = message->u64;
	const char *refusal;

	if (!step || message->request != step->request || !(message->flags & VHOST_USER_REPLY)) {
		hang_up(front, "the peer broke the protocol: it sent %s unasked",
			vhost_request_name(message->request));
		return -EPROTO;
	}
	if (message->size != sizeof(value)) {
		hang_up(front, "the peer broke the protocol: its answer to %s has %u bytes",
			vhost_request_name(message->request), message->size);
		return -EPROTO;
	}
	if (!step->read && value != 0) {
		hang_up(front, "the peer refused %s", vhost_request_name(message->request));
		return -EPROTO;
	}
	front->awaiting = false;
	vhost_endpoint_timer(&front->endpoint, 0);
	refusal = step->read ? step->read(front, value) : NULL;
	if (refusal) {
		hang_up(front, "%s", refusal);
		return -EPROTO;
	}
	step_on(front);
	return 0;
}

/* Everything that the peer has said. */
static void listen_to_peer(struct vhost_front *front)
{
	struct vhost_connection *connection = &front->endpoint.connection;
	int fds[VHOST_USER_FDS_MAX], rc = 0;
	struct vhost_message message;
	unsigned fd_count;

	while (connection->fd >= 0) {
		rc = vhost_message_receive(connection, &message, fds, &fd_count);
		if (rc <= 0)
			break;
		while (fd_count > 0) /* no answer that we ask for has any */
			close(fds[--fd_count]);
		if (hear(front, &message) != 0)
			return;
		converse(front);
	}
	if (rc == -ECONNRESET)
		hang_up(front, "the peer has closed the connection");
	else if (rc < 0)
		hang_up(front, "the peer broke the protocol: %s", strerror(-rc));
}

static void front_service(struct netdev *dev)
{
	struct vhost_front *front = (struct vhost_front *)dev;
	struct vhost_endpoint *endpoint = &front->endpoint;

	vhost_endpoint_service(endpoint);
	if (endpoint->connection.fd < 0) {
		if (!front->hung_up) /* why the last one was left tells more */
			vhost_endpoint_reason(endpoint, dev->reason, sizeof(dev->reason));
		return;
	}
	listen_to_peer(front);
	if (endpoint->connection.fd >= 0 && vhost_endpoint_expired(endpoint) && front->awaiting)
		hang_up(front, "the peer does not answer %s",
			vhost_request_name(vhost_front_step(front)->request));
	converse(front);
}

static int front_service_fd(struct netdev *dev)
{
	return ((struct vhost_front *)dev)->endpoint.epoll_fd;
}

/* ---- the transport, for the driver ---- */

static void front_notify(struct virtio_driver *driver, unsigned index)
{
	const struct vhost_front *front = (struct vhost_front *)driver;
	uint64_t one = 1;

	/* Fails only when it is full, and then the peer has yet to hear of the last time. */
	if (write(front->kick_fds[index], &one, sizeof(one)) < 0)
		return;
}

/* Frees workers that the peer lets hang in a kick; it may do so again until they see that it is
 * lost. */
static void front_look(struct virtio_driver *driver)
{
	struct vhost_front *front = (struct vhost_front *)driver;

	for (unsigned i = 0; i < VHOST_FRONT_RINGS_MAX; i++) {
		if (!vhost_event_blocks(front->kick_fds[i]))
			continue;
		if (front->endpoint.connection.fd >= 0)
			hang_up(front, "the peer broke the protocol: its kick descriptor blocks");
		vhost_event_drain(front->kick_fds[i]);
	}
}

static uint64_t front_dma(struct virtio_driver *driver, const void *va)
{
	(void)driver;
	return (uintptr_t)va;
}

/* Lets service() see what is wanted now, unless an answer is awaited that will. */
static void wake(struct vhost_front *front)
{
	if (front->endpoint.connection.fd >= 0 && !front->awaiting)
		vhost_endpoint_timer(&front->endpoint, 1);
}

static void kick_fds_close(struct vhost_front *front)
{
	for (unsigned i = 0; i < VHOST_FRONT_RINGS_MAX; i++) {
		if (front->kick_fds[i] >= 0)
			close(front->kick_fds[i]);
		front->kick_fds[i] = -1;
	}
}

static int front_start(struct virtio_driver *driver, struct error *err)
{
	struct vhost_front *front = (struct vhost_front *)driver;

	for (unsigned i = 0; i < 2 * driver->queue_count; i++) {
		front->kick_fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (front->kick_fds[i] < 0) {
			int rc = error_set(
				err, errno, ERROR_INTERNAL, NULL, "eventfd: %s", strerror(errno));

			kick_fds_close(front);
			return rc;
		}
	}
	front->wanted = true;
	wake(front);
	return 0;
}

static void front_stop(struct virtio_driver *driver)
{
	struct vhost_front *front = (struct vhost_front *)driver;

	front->wanted = false;
	front->stop_due = front->told;
	if (driver->known) { /* if the peer had too few queues, nobody wants them now */
		driver->link_up = true;
		driver->dev.reason[0] = '\0';
	}
	kick_fds_close(front);
	wake(front);
}

static void front_close(struct netdev *dev)
{
	struct vhost_front *front = (struct vhost_front *)dev;

	vhost_endpoint_close(&front->endpoint);
	free(front);
}

static const struct virtio_transport_ops front_transport = {
	.driver = "vhost-user",
	.dma = front_dma,
	.start = front_start,
	.stop = front_stop,
	.notify = front_notify,
	.look = front_look,
};

static const struct netdev_ops front_ops = {
	.backend = "vhost-user",
	.info = virtio_driver_info,
	.link = virtio_driver_link,
	.configure = virtio_driver_configure,
	.start = virtio_driver_start,
	.stop = virtio_driver_stop,
	.close = front_close,
	.queue = virtio_driver_queue,
	.tx_burst = virtio_driver_tx_burst,
	.tx_reap = virtio_driver_tx_reap,
	.rx_burst = virtio_driver_rx_burst,
	.service_fd = front_service_fd,
	.service = front_service,
};

int vhost_front_open(const struct virtio_options *options, struct netdev **dev, struct error *err)
{
	struct vhost_front *front = calloc(1, sizeof(*front));
	int rc;

	if (!front)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	memset(front->kick_fds, 0xff, sizeof(front->kick_fds)); /* -1 */
	virtio_driver_init(&front->driver, &front_transport, options, options->address);
	front->driver.dev.ops = &front_ops;
	front->driver.ring_align = CPU_CACHELINE;
	front->driver.queue_pairs_max = VIRTIO_QUEUE_PAIRS_MAX; /* until the peer says */
	rc = vhost_endpoint_open(&front->endpoint, options, err);
	if (rc) {
		free(front);
		return rc;
	}
	vhost_endpoint_reason(
		&front->endpoint, front->driver.dev.reason, sizeof(front->driver.dev.reason));
	*dev = &front->driver.dev;
	return 0;
}
