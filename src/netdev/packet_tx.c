/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_PACKET transmit: a ring of slots that the kernel empties (TPACKET_V2, packet_mmap in the
 * kernel's documentation), one send() per burst.
 *
 * A frame is copied into its slot, the slot becomes SEND_REQUEST, and send() makes the kernel take
 * all such slots. A slot is AVAILABLE again when the device has freed the frame: that is the
 * completion which is counted, not the call's return value. A frame that the device refuses stays
 * SEND_REQUEST and goes out with a later call, so nothing is lost and nothing is sent twice. A full
 * queue is not the only reason: veth refuses what is too long for its peer, netkit what a BPF
 * program drops, and each later frame waits behind such a one. So where frames may be dropped the
 * refused one is made malformed, and the kernel steps over it (PACKET_LOSS).
 *
 * Measured against sendmmsg() on veth and ifb, the ring is faster for small frames, provided that a
 * virtio-net header with hdr_len = the frame's length (PACKET_VNET_HDR) makes the kernel build a
 * linear buffer. The header also switches the kernel's check of the MTU off: the plan checks
 * lengths instead. The ring is shorter than veth's own queue (256), so that completions pace us and
 * not refusals.
 *
 * ENOBUFS is what both a full queue and a lost carrier look like past the queueing discipline, so
 * after some refusals in a row the interface is asked.
 */
#include "netdev/packet.h"
#include "util/clock.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS           192
#define SLOT_SIZE_MIN   2048u
#define SEND_BUFFER_MIN (4 << 20)

/* Where the kernel looks for the frame in a slot (no PACKET_TX_HAS_OFF), and what comes before it.
 */
#define SLOT_DATA_OFFSET (TPACKET2_HDRLEN - sizeof(struct sockaddr_ll))
#define SLOT_OVERHEAD    (SLOT_DATA_OFFSET + sizeof(struct virtio_net_hdr))

/* Ask for the link's state when this many calls in a row were refused. */
#define REFUSALS_BEFORE_ASKING 16
/* Leave the device alone for so long after a refusal: hammering slows down who empties its queue.
 */
#define REFUSAL_PAUSE_NS 5000

static uint32_t slot_size(uint32_t mtu)
{
	uint32_t size = SLOT_SIZE_MIN;

	while (size < mtu + ETH_HLEN + 4 + SLOT_OVERHEAD)
		size *= 2;
	return size;
}

static int ring_map(struct packet_tx *tx, uint32_t mtu)
{
	uint32_t size = slot_size(mtu), block = size > 4096 ? size : 4096;
	struct tpacket_req request = {
		.tp_block_size = block,
		.tp_frame_size = size,
		.tp_block_nr = SLOTS / (block / size),
		.tp_frame_nr = SLOTS,
	};

	if (setsockopt(tx->fd, SOL_PACKET, PACKET_TX_RING, &request, sizeof(request)) != 0)
		return -errno;
	tx->ring_bytes = (size_t)size * SLOTS;
	tx->ring = mmap(
		NULL, tx->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, tx->fd, 0);
	if (tx->ring == MAP_FAILED) {
		tx->ring = NULL;
		return -errno;
	}
	tx->slot_size = size;
	tx->sent = calloc(SLOTS, sizeof(*tx->sent));
	return tx->sent ? 0 : -ENOMEM;
}

int packet_tx_open(struct packet_dev *packet, struct packet_tx *tx)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = packet->ifindex};
	int one = 1, version = TPACKET_V2, mtu = packet_mtu(packet), size;

	if (mtu < 0)
		return mtu;
	/* No protocol: such a socket receives nothing. */
	tx->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (tx->fd < 0 ||
		setsockopt(tx->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) != 0 ||
		setsockopt(tx->fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) != 0 ||
		setsockopt(tx->fd, SOL_PACKET, PACKET_LOSS, &one, sizeof(one)) != 0 ||
		setsockopt(tx->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0 ||
		bind(tx->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return -errno;
	/* All slots in flight at once must fit; FORCE needs CAP_NET_ADMIN, else the system's limit
	 * holds. */
	size = mtu * SLOTS * 2 > SEND_BUFFER_MIN ? mtu * SLOTS * 2 : SEND_BUFFER_MIN;
	if (setsockopt(tx->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(tx->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return ring_map(tx, (uint32_t)mtu);
}

static struct tpacket2_hdr *slot_at(const struct packet_tx *tx, uint32_t index)
{
	return (struct tpacket2_hdr *)(tx->ring + (size_t)index * tx->slot_size);
}

static uint32_t slot_status(const struct packet_tx *tx, uint32_t index)
{
	return __atomic_load_n(&slot_at(tx, index)->tp_status, __ATOMIC_ACQUIRE);
}

static uint32_t slot_after(uint32_t index)
{
	return index + 1 == SLOTS ? 0 : index + 1;
}

/* Counts the slots that the device is done with, oldest first. */
static void reap(struct netdev_queue *queue, struct packet_tx *tx)
{
	while (tx->in_flight > 0 && slot_status(tx, tx->oldest) == TP_STATUS_AVAILABLE) {
		struct flow_tx_counters *account = tx->sent[tx->oldest].account;
		bool dropped = tx->sent[tx->oldest].dropped;
		uint64_t bytes = 0, frames = 0;

		do {
			bytes += tx->sent[tx->oldest].len;
			frames++;
			tx->in_flight--;
			tx->oldest = slot_after(tx->oldest);
		} while (tx->in_flight > 0 && tx->sent[tx->oldest].account == account &&
			 tx->sent[tx->oldest].dropped == dropped &&
			 slot_status(tx, tx->oldest) == TP_STATUS_AVAILABLE);
		if (dropped)
			counter_add(&queue->counters->drops[DROP_TX_RING_FULL], frames);
		else
			netdev_tx_count(queue, account, frames, bytes);
	}
}

/* The contract's word for why the kernel did not take everything. */
static int fault_of(const struct packet_dev *packet, struct packet_tx *tx, int error)
{
	int flags;

	tx->pause_ns = clock_now_ns() + REFUSAL_PAUSE_NS;
	switch (error) {
	case ENETDOWN:
		tx->link_down = true;
		return ENETDOWN;
	case EAGAIN:
	case EINTR:
	case ENOMEM:
	case ENOBUFS:
		if (tx->refusals % REFUSALS_BEFORE_ASKING != 0)
			return tx->link_down ? ENETDOWN : ENOBUFS;
		flags = packet_flags(packet);
		tx->link_down = flags >= 0 && !(flags & IFF_RUNNING);
		return tx->link_down ? ENETDOWN : ENOBUFS;
	case ENXIO:
	case ENODEV:
		return ENODEV;
	default:
		return error;
	}
}

/* Gives up the frame that was refused, the first that the kernel has not taken. Its slot, or SLOTS
 * when it may not be dropped. */
static uint32_t drop_refused(struct packet_tx *tx)
{
	uint32_t index = tx->oldest, left = tx->in_flight;

	while (left > 0 &&
		(tx->sent[index].dropped || slot_status(tx, index) != TP_STATUS_SEND_REQUEST)) {
		index = slot_after(index);
		left--;
	}
	if (left == 0 || !tx->sent[index].may_drop)
		return SLOTS;
	tx->sent[index].dropped = true;
	slot_at(tx, index)->tp_len = 0; /* shorter than its virtio-net header */
	return index;
}

/*
 * Makes the kernel take what is requested; when it took less than that, refusals is not 0. Two
 * frames dropped one after the other are a sign of a full queue, which gets its pause.
 */
static void kick(struct netdev_queue *queue, struct packet_tx *tx)
{
	uint32_t before, dropped = SLOTS;

	if (tx->refusals > 0 && clock_now_ns() < tx->pause_ns) {
		queue->fault = tx->link_down ? ENETDOWN : ENOBUFS;
		return;
	}
	while (send(tx->fd, NULL, 0, MSG_DONTWAIT) < 0) {
		int error = errno;

		tx->refusals++;
		queue->fault = fault_of((struct packet_dev *)queue->dev, tx, error);
		if (error != ENOBUFS || queue->fault != ENOBUFS)
			return;
		before = dropped;
		dropped = drop_refused(tx);
		if (dropped == SLOTS || (before != SLOTS && dropped == slot_after(before)))
			return;
	}
	tx->refusals = 0;
	tx->link_down = false;
}

static void slot_fill(struct packet_tx *tx, uint32_t index, const struct pktbuf *buf, bool may_drop)
{
	struct tpacket2_hdr *slot = slot_at(tx, index);
	uint8_t *data = (uint8_t *)slot + SLOT_DATA_OFFSET;
	struct virtio_net_hdr header = {.hdr_len = (uint16_t)buf->len};

	memcpy(data, &header, sizeof(header));
	memcpy(data + sizeof(header), buf->data, buf->len);
	slot->tp_len = (uint32_t)sizeof(header) + buf->len;
	tx->sent[index] = (struct packet_sent){
		.account = buf->account, .len = buf->len, .may_drop = may_drop};
	__atomic_store_n(&slot->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
}

unsigned packet_tx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n)
{
	struct packet_tx *tx = &((struct packet_queue *)queue)->tx;
	unsigned accepted = 0;
	int fault = ENOBUFS;

	if (tx->in_flight + n > SLOTS)
		reap(queue, tx);
	for (; accepted < n && tx->in_flight < SLOTS; accepted++) {
		if (bufs[accepted]->len > tx->slot_size - SLOT_OVERHEAD) {
			fault = EMSGSIZE; /* the MTU has become smaller since the plan was made */
			break;
		}
		slot_fill(tx, tx->next, bufs[accepted], queue->drop_refused);
		pktbuf_free(bufs[accepted]);
		tx->next = slot_after(tx->next);
		tx->in_flight++;
	}
	if (accepted < n)
		queue->fault = fault;
	if (accepted > 0 || tx->refusals > 0)
		kick(queue, tx);
	reap(queue, tx);
	return accepted;
}

unsigned packet_tx_reap(struct netdev_queue *queue)
{
	struct packet_tx *tx = &((struct packet_queue *)queue)->tx;

	reap(queue, tx);
	if (tx->in_flight > 0 && tx->refusals > 0)
		kick(queue, tx);
	reap(queue, tx);
	return tx->in_flight;
}

/* What the device has not completed by now it never will for us. */
static void give_up(struct netdev_queue *queue, struct packet_tx *tx)
{
	reap(queue, tx);
	counter_add(&queue->counters->drops[DROP_TX_UNFINISHED], tx->in_flight);
	tx->in_flight = 0;
}

void packet_tx_close(struct netdev_queue *queue, struct packet_tx *tx)
{
	if (tx->ring) {
		give_up(queue, tx);
		munmap(tx->ring, tx->ring_bytes);
	}
	if (tx->fd >= 0)
		close(tx->fd);
	free(tx->sent);
	tx->fd = -1;
}
