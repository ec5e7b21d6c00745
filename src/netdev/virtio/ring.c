/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How large a ring's areas are and how they lie in memory, and when a packed ring's other party
 * wants to be notified. Pure functions, any thread.
 */
#include "netdev/virtio/ring.h"

#include "netdev/virtio/ring_private.h"

static size_t align_up(size_t bytes, size_t align)
{
	return (bytes + align - 1) & ~(align - 1);
}

size_t ring_desc_bytes(const struct ring_shape *shape)
{
	return shape->size * sizeof(struct vring_desc); /* both formats: 16 */
}

/* With the event index behind the ring, whether it was negotiated or not. §2.7, §2.7.2 */
size_t ring_driver_bytes(const struct ring_shape *shape)
{
	if (shape->packed)
		return sizeof(struct vring_packed_event);
	return sizeof(struct vring_avail) + (shape->size + 1) * sizeof(uint16_t);
}

size_t ring_device_bytes(const struct ring_shape *shape)
{
	if (shape->packed)
		return sizeof(struct vring_packed_event);
	return sizeof(struct vring_used) + shape->size * sizeof(struct vring_used_elem) +
	       sizeof(uint16_t);
}

/*
 * Legacy devices want the available ring right behind the descriptors, the used ring at the next
 * multiple of align (§2.7.2). A packed ring's event structures have two writers and get a line
 * each.
 */
static size_t driver_offset(const struct ring_shape *shape, size_t align)
{
	return shape->packed ? align_up(ring_desc_bytes(shape), align) : ring_desc_bytes(shape);
}

static size_t device_offset(const struct ring_shape *shape, size_t align)
{
	return align_up(driver_offset(shape, align) + ring_driver_bytes(shape), align);
}

size_t ring_bytes(const struct ring_shape *shape, size_t align)
{
	return align_up(device_offset(shape, align) + ring_device_bytes(shape), align);
}

void ring_layout(
	const struct ring_shape *shape, size_t align, void *memory, struct ring_areas *areas)
{
	uint8_t *base = memory;

	areas->desc = base;
	areas->driver = base + driver_offset(shape, align);
	areas->device = base + device_offset(shape, align);
}

bool ring_packed_wants(const struct ring_shape *shape, const struct vring_packed_event *event,
	uint16_t next, uint16_t old)
{
	struct ring_packed_event_word {
		uint32_t value;
	} __attribute__((may_alias));
	/* One load: the two halves belong together. */
	uint32_t word = ring_load32(&((const struct ring_packed_event_word *)event)->value);
	uint16_t off_wrap = (uint16_t)word, flags = word >> 16, place;
	uint16_t around = (uint16_t)(2 * shape->size - 1);

	if (flags != VRING_PACKED_EVENT_DESC || !shape->event_idx)
		return flags != VRING_PACKED_EVENT_DISABLE;
	place = (off_wrap & 0x7fff) | (off_wrap & 0x8000 ? 0 : shape->size);
	return ((uint16_t)(next - place - 1) & around) < (uint16_t)(next - old);
}
