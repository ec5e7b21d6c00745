/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire of virtio: feature bits, rings and the network device's structures, by the sections of
 * OASIS "Virtual I/O Device (VIRTIO) Version 1.2". Little-endian, as the hosts that this runs on.
 */
#ifndef NETDEV_VIRTIO_SPEC_H
#define NETDEV_VIRTIO_SPEC_H

#include <assert.h>
#include <stdint.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rings are used in host byte order");

/* Feature bits. §5.1.3 (network device) */
#define VIRTIO_NET_F_MTU       (UINT64_C(1) << 3)
#define VIRTIO_NET_F_MAC       (UINT64_C(1) << 5)
#define VIRTIO_NET_F_MRG_RXBUF (UINT64_C(1) << 15)
#define VIRTIO_NET_F_STATUS    (UINT64_C(1) << 16)
#define VIRTIO_NET_F_CTRL_VQ   (UINT64_C(1) << 17)
#define VIRTIO_NET_F_CTRL_RX   (UINT64_C(1) << 18)
#define VIRTIO_NET_F_MQ        (UINT64_C(1) << 22)
/* §6 (reserved feature bits); ANY_LAYOUT is of legacy devices, §6.3 */
#define VIRTIO_F_ANY_LAYOUT            (UINT64_C(1) << 27)
#define VIRTIO_F_EVENT_IDX             (UINT64_C(1) << 29)
#define VHOST_USER_F_PROTOCOL_FEATURES (UINT64_C(1) << 30) /* vhost-user.rst */
#define VIRTIO_F_VERSION_1             (UINT64_C(1) << 32)
#define VIRTIO_F_ACCESS_PLATFORM       (UINT64_C(1) << 33)
#define VIRTIO_F_RING_PACKED           (UINT64_C(1) << 34)
#define VIRTIO_F_IN_ORDER              (UINT64_C(1) << 35)
#define VIRTIO_F_ORDER_PLATFORM        (UINT64_C(1) << 36)

/* Device status. §2.1 */
#define VIRTIO_STATUS_ACKNOWLEDGE 1
#define VIRTIO_STATUS_DRIVER      2
#define VIRTIO_STATUS_DRIVER_OK   4
#define VIRTIO_STATUS_FEATURES_OK 8
#define VIRTIO_STATUS_NEEDS_RESET 64
#define VIRTIO_STATUS_FAILED      128

/* Split virtqueues. §2.7.5, §2.7.6, §2.7.8 */
#define VRING_DESC_F_NEXT          1
#define VRING_DESC_F_WRITE         2
#define VRING_DESC_F_INDIRECT      4
#define VRING_AVAIL_F_NO_INTERRUPT 1
#define VRING_USED_F_NO_NOTIFY     1

struct vring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};
static_assert(sizeof(struct vring_desc) == 16, "virtio 1.2 §2.7.5");

struct vring_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[]; /* then used_event */
};

struct vring_used_elem {
	uint32_t id;
	uint32_t len;
};
static_assert(sizeof(struct vring_used_elem) == 8, "virtio 1.2 §2.7.8");

struct vring_used {
	uint16_t flags;
	uint16_t idx;
	struct vring_used_elem ring[]; /* then avail_event */
};

/* Packed virtqueues. §2.8.1, §2.8.10, §2.8.14 */
#define VRING_PACKED_DESC_F_AVAIL  (1 << 7)
#define VRING_PACKED_DESC_F_USED   (1 << 15)
#define VRING_PACKED_EVENT_ENABLE  0
#define VRING_PACKED_EVENT_DISABLE 1
#define VRING_PACKED_EVENT_DESC    2 /* with EVENT_IDX */

struct vring_packed_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t id;
	uint16_t flags;
};
static_assert(sizeof(struct vring_packed_desc) == 16, "virtio 1.2 §2.8.14");

struct vring_packed_event {
	uint16_t off_wrap; /* bit 15: wrap counter */
	uint16_t flags;
};
static_assert(sizeof(struct vring_packed_event) == 4, "virtio 1.2 §2.8.14");

/* In front of every frame. §5.1.6; legacy devices without MRG_RXBUF have no num_buffers. */
struct virtio_net_header {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers;
};
static_assert(sizeof(struct virtio_net_header) == 12, "virtio 1.2 §5.1.6");
#define VIRTIO_NET_HEADER_SHORT 10

/* §5.1.4 */
#define VIRTIO_NET_S_LINK_UP 1
/* §5.1.6.5, §5.1.6.5.5 */
#define VIRTIO_NET_OK                   0
#define VIRTIO_NET_CTRL_RX              0
#define VIRTIO_NET_CTRL_RX_PROMISC      0
#define VIRTIO_NET_CTRL_MQ              4
#define VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET 0

/* Sizes of rings that we make or take: powers of two in both formats. */
#define VRING_SIZE_MIN     8
#define VRING_SIZE_MAX     32768
#define VRING_SIZE_DEFAULT 256

#endif
