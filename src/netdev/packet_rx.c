/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_PACKET receive: a ring of blocks that the kernel fills with frames (TPACKET_V3, packet_mmap in
 * the kernel's documentation), copied into pool buffers.
 *
 * A block is the kernel's until its status says user, and ours until we write kernel into it:
 * acquire on the way in, release on the way out. The kernel hands a block over when it is full or,
 * when frames are few, after a millisecond. Measured against TPACKET_V2, whose slots are handed
 * over one by one, blocks receive more and lose less; the millisecond delays the count, not the
 * frames.
 *
 * What the kernel had to drop because every block was ours it flags in a later block; the number
 * comes from PACKET_STATISTICS, which counts from the last reading.
 */
#include "netdev/packet.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <unistd.h>

#define RING_BYTES  (UINT32_C(16) << 20) /* some 100 ms of small frames */
#define BLOCK_BYTES (UINT32_C(64) << 10)
#define BLOCK_BYTES_BIG \
	(UINT32_C(256) << 10) /* for frames of which a small block would hold few \
			       */
#define BIG_MTU      9200
#define FRAME_HINT   2048 /* V3 packs frames; the size only has to be plausible */
#define HAND_OVER_MS 1
#define VLAN_TAG_LEN 4u
#define MAC_PAIR_LEN 12u

static int ring_map(struct packet_rx *rx, uint32_t mtu)
{
	uint32_t block = mtu > BIG_MTU ? BLOCK_BYTES_BIG : BLOCK_BYTES;
	struct tpacket_req3 request = {
		.tp_block_size = block,
		.tp_block_nr = RING_BYTES / block,
		.tp_frame_size = FRAME_HINT,
		.tp_frame_nr = RING_BYTES / FRAME_HINT,
		.tp_retire_blk_tov = HAND_OVER_MS,
	};

	if (setsockopt(rx->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) != 0)
		return -errno;
	rx->ring = mmap(
		NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, rx->fd, 0);
	if (rx->ring == MAP_FAILED) {
		rx->ring = NULL;
		return -errno;
	}
	rx->block_bytes = block;
	rx->blocks = request.tp_block_nr;
	return 0;
}

int packet_rx_open(struct packet_dev *packet, struct packet_rx *rx, bool promiscuous)
{
	struct packet_mreq everything = {
		.mr_ifindex = packet->ifindex, .mr_type = PACKET_MR_PROMISC};
	int version = TPACKET_V3, one = 1, mtu = packet_mtu(packet);

	if (mtu < 0)
		return mtu;
	rx->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (rx->fd < 0 ||
		setsockopt(rx->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0 ||
		setsockopt(rx->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) != 0)
		return -errno;
	if (promiscuous && setsockopt(rx->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything,
				   sizeof(everything)) != 0)
		return -errno;
	return ring_map(rx, (uint32_t)mtu);
}

int packet_rx_start(struct packet_dev *packet, struct packet_rx *rx)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = packet->ifindex};
	unsigned fanout = PACKET_FANOUT_HASH << 16;
	socklen_t len = sizeof(fanout);

	if (bind(rx->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return -errno;
	if (packet->queue_count == 1)
		return 0;
	/* Several queues share the interface's frames by flow hash; the kernel names the group, and
	 * 0 is a name like any other: it is the first one after boot. */
	if (packet->fanout_id < 0)
		fanout |= PACKET_FANOUT_FLAG_UNIQUEID << 16;
	else
		fanout |= (unsigned)packet->fanout_id;
	if (setsockopt(rx->fd, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof(fanout)) != 0 ||
		getsockopt(rx->fd, SOL_PACKET, PACKET_FANOUT, &fanout, &len) != 0)
		return -errno;
	packet->fanout_id = (int)(fanout & 0xffff);
	return 0;
}

static void count_kernel_drops(struct packet_rx *rx, struct queue_counters *counters)
{
	struct tpacket_stats_v3 stats;
	socklen_t len = sizeof(stats);

	if (getsockopt(rx->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
		counter_add(&counters->drops[DROP_RX_RING_FULL], stats.tp_drops);
}

void packet_rx_close(struct packet_rx *rx, struct queue_counters *counters)
{
	if (rx->fd < 0)
		return;
	if (rx->ring) {
		count_kernel_drops(rx, counters);
		munmap(rx->ring, RING_BYTES);
	}
	close(rx->fd);
	rx->fd = -1;
}

/* Copies a frame out of its block; a VLAN tag that the kernel took off is put back. 0: too long. */
static uint32_t frame_take(const struct tpacket3_hdr *header, struct pktbuf *buf)
{
	const uint8_t *frame = (const uint8_t *)header + header->tp_mac;
	uint32_t tag = header->tp_status & TP_STATUS_VLAN_VALID ? VLAN_TAG_LEN : 0;
	uint32_t len = header->tp_snaplen;
	uint16_t words[2];

	if (len < header->tp_len || len + tag > buf->room || len < MAC_PAIR_LEN)
		return 0;
	if (!tag) {
		memcpy(buf->data, frame, len);
		return len;
	}
	words[0] = htons(header->tp_status & TP_STATUS_VLAN_TPID_VALID ? header->hv1.tp_vlan_tpid
								       : ETHERTYPE_VLAN);
	words[1] = htons((uint16_t)header->hv1.tp_vlan_tci);
	memcpy(buf->data, frame, MAC_PAIR_LEN);
	memcpy(buf->data + MAC_PAIR_LEN, words, VLAN_TAG_LEN);
	memcpy(buf->data + MAC_PAIR_LEN + VLAN_TAG_LEN, frame + MAC_PAIR_LEN, len - MAC_PAIR_LEN);
	return len + tag;
}

/* The next frame in a buffer, or NULL when it had to be dropped (and was counted). */
static struct pktbuf *receive_one(struct netdev_queue *queue, const struct tpacket3_hdr *header)
{
	struct queue_counters *counters = queue->counters;
	struct pktbuf *buf;

	if (pktbuf_stack_pop(queue->pool, &buf, 1) == 0) {
		counter_add(&counters->pool_exhausted, 1);
		counter_add(&counters->drops[DROP_RX_NO_BUFFER], 1);
		return NULL;
	}
	buf->len = frame_take(header, buf);
	if (buf->len > 0)
		return buf;
	counter_add(&counters->drops[DROP_RX_TOO_LONG], 1);
	pktbuf_free(buf);
	return NULL;
}

static struct tpacket_block_desc *block_current(const struct packet_rx *rx)
{
	return (struct tpacket_block_desc *)(rx->ring + (size_t)rx->block * rx->block_bytes);
}

/* Begins the next block if the kernel has handed it over. */
static bool block_enter(struct netdev_queue *queue, struct packet_rx *rx)
{
	struct tpacket_block_desc *block = block_current(rx);
	uint32_t status = __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE);

	if (!(status & TP_STATUS_USER))
		return false;
	if (status & TP_STATUS_LOSING)
		count_kernel_drops(rx, queue->counters);
	rx->left = block->hdr.bh1.num_pkts;
	rx->frame = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
	return true;
}

static void block_leave(struct packet_rx *rx)
{
	__atomic_store_n(
		&block_current(rx)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	rx->block = rx->block + 1 == rx->blocks ? 0 : rx->block + 1;
	rx->frame = NULL;
}

unsigned packet_rx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n)
{
	struct packet_rx *rx = &((struct packet_queue *)queue)->rx;
	unsigned got = 0;

	if (!rx->frame && !block_enter(queue, rx))
		return 0;
	for (unsigned i = 0; i < n && rx->left > 0; i++, rx->left--) {
		const struct tpacket3_hdr *header = (const struct tpacket3_hdr *)rx->frame;

		bufs[got] = receive_one(queue, header);
		got += bufs[got] != NULL;
		rx->frame += header->tp_next_offset;
	}
	if (rx->left == 0)
		block_leave(rx);
	return got;
}

int packet_rx_fd(struct netdev_queue *queue)
{
	return ((struct packet_queue *)queue)->rx.fd;
}
