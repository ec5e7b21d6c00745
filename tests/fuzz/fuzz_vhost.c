/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile vhost-user front end: its messages with descriptors, what it writes into the memory
 * that it shares, that memory cut short, and the rings that come of it driven in between.
 *
 * The input is a sequence of steps, each a byte and what it needs:
 *   REQUEST form size payload…   a message; form: bits 0-3 descriptors, 4-5 of which kind, 6
 * need_reply WRITE file offset16 len8 …   bytes into a file that was shared CUT file it becomes a
 * page long DRIVE                        every ring that is ready moves frames Beyond what the
 * sanitizers see: a violation has a reason, and no descriptor is left behind.
 */
#include "netdev/virtio/vhost_back.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define STEP_WRITE  0xfe
#define STEP_CUT    0xfd
#define STEP_DRIVE  0xfc
#define PAIRS       2
#define FILES       4
#define FILE_BYTES  0x10000
#define ROOM        2048
#define BUFFERS     8
#define FDS_WATCHED 128

struct input {
	const uint8_t *data;
	size_t size;
};

struct peer {
	struct vhost_back back;
	int files[FILES]; /* the last ones that it shared */
	unsigned file_count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t take(struct input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++;
}

static unsigned fds_open(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < FDS_WATCHED; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int file_new(struct peer *peer)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	int *kept = &peer->files[peer->file_count++ % FILES];

	if (fd < 0 || ftruncate(fd, FILE_BYTES) != 0)
		abort();
	if (*kept >= 0)
		close(*kept);
	*kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return fd;
}

static int descriptor_new(struct peer *peer, unsigned kind)
{
	switch (kind) {
	case 0:
		return file_new(peer);
	case 1:
		return eventfd(0, EFD_CLOEXEC);
	case 2:
		return open("/dev/zero", O_RDWR | O_CLOEXEC);
	default:
		return open("/", O_RDONLY | O_CLOEXEC);
	}
}

/* A message; whether the connection outlives it. */
static bool step_message(struct peer *peer, struct input *input, uint8_t request)
{
	struct vhost_message message = {.request = request, .flags = VHOST_USER_VERSION}, reply;
	int fds[VHOST_USER_FDS_MAX], rc;
	uint8_t form = take(input);
	unsigned fd_count = form & 15;

	message.size = take(input);
	for (uint32_t i = 0; i < message.size && i < sizeof(message.bytes); i++)
		message.bytes[i] = take(input);
	/* what is longer never gets through vhost_message_receive() */
	if (message.size > sizeof(message.bytes))
		message.size = sizeof(message.bytes);
	if (form & 64)
		message.flags |= VHOST_USER_NEED_REPLY;
	for (unsigned i = 0; i < fd_count; i++)
		fds[i] = descriptor_new(peer, form >> 4 & 3);
	rc = vhost_back_handle(&peer->back, &message, fds, fd_count, &reply);
	if (rc == -EPROTO && peer->back.reason[0] == '\0')
		abort();
	if (rc == 1 && (!(reply.flags & VHOST_USER_REPLY) || reply.size != 8))
		abort();
	if (rc != 0 && rc != 1 && rc != -EPROTO)
		abort();
	return rc >= 0;
}

static void step_write(struct peer *peer, struct input *input)
{
	int fd = peer->files[take(input) % FILES];
	unsigned offset = take(input), len;

	offset |= (unsigned)take(input) << 8;
	len = take(input);
	if (len > input->size)
		len = (unsigned)input->size;
	if (fd >= 0 && pwrite(fd, input->data, len, (off_t)offset) < 0)
		abort();
	input->data += len;
	input->size -= len;
}

static void step_cut(struct peer *peer, struct input *input)
{
	int fd = peer->files[take(input) % FILES];

	if (fd >= 0 && ftruncate(fd, 4096) != 0)
		abort();
}

static void receive(struct ring_device *ring, struct pktbuf_stack *pool)
{
	struct ring_device_drops drops = {0};
	struct pktbuf *bufs[BUFFERS];
	unsigned n = ring_device_receive(ring, pool, bufs, BUFFERS, &drops);

	for (unsigned i = 0; i < n; i++) {
		if (bufs[i]->len > bufs[i]->room)
			abort();
		pktbuf_free(bufs[i]);
	}
	if (pool->count != pool->capacity)
		abort();
}

static void send(struct ring_device *ring, struct pktbuf_stack *pool)
{
	struct pktbuf *bufs[BUFFERS];
	unsigned n = pktbuf_stack_pop(pool, bufs, BUFFERS);

	for (unsigned i = 0; i < n; i++)
		bufs[i]->len = i % 2 ? 60 : ring->shape.mergeable ? ROOM : 1514;
	if (ring_device_send(ring, bufs, n) > n)
		abort();
	for (unsigned i = 0; i < n; i++)
		pktbuf_free(bufs[i]);
}

static void step_drive(struct vhost_back *back)
{
	static uint8_t memory[BUFFERS][ROOM];
	static struct pktbuf bufs[BUFFERS];
	static struct pktbuf *slots[BUFFERS];
	struct pktbuf_stack pool = {slots, 0, BUFFERS};

	for (unsigned i = 0; i < BUFFERS; i++) {
		bufs[i] = (struct pktbuf){.data = memory[i], .room = ROOM, .home = &pool};
		pktbuf_free(&bufs[i]);
	}
	for (unsigned i = 0; i < 2 * PAIRS; i++) {
		struct ring_device ring;
		struct ring_shape shape;
		struct ring_areas areas;

		if (!vhost_back_ring(back, i, &shape, &areas))
			continue;
		ring_device_init(&ring, &shape, &areas, &back->guest, back->rings[i].base);
		for (unsigned round = 0; round < 2; round++) {
			if (i % 2)
				receive(&ring, &pool);
			else
				send(&ring, &pool);
			(void)ring_device_must_call(&ring);
		}
		back->rings[i].base = ring_device_base(&ring);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	static struct peer peer;
	unsigned before = fds_open();
	bool lives = true;

	peer.file_count = 0;
	for (unsigned i = 0; i < FILES; i++)
		peer.files[i] = -1;
	vhost_back_init(&peer.back, PAIRS);
	while (lives && input.size > 0) {
		uint8_t step = take(&input);

		if (step == STEP_WRITE)
			step_write(&peer, &input);
		else if (step == STEP_CUT)
			step_cut(&peer, &input);
		else if (step == STEP_DRIVE)
			step_drive(&peer.back);
		else
			lives = step_message(&peer, &input, step);
	}
	vhost_back_fini(&peer.back);
	for (unsigned i = 0; i < FILES; i++)
		if (peer.files[i] >= 0)
			close(peer.files[i]);
	if (fds_open() != before)
		abort();
	return 0;
}
