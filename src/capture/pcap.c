/* SPDX-License-Identifier: BSD-2-Clause */
/* pcap: a head, then frames with 16 bytes in front of each. Pure functions. */
#include "capture/format.h"
#include "util/clock.h"

#include <assert.h>
#include <string.h>

#define MAGIC_NS          0xa1b23c4d
#define LINKTYPE_ETHERNET 1

struct file_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2];
	uint32_t snaplen;
	uint32_t linktype;
};
static_assert(sizeof(struct file_head) == 24, "draft-ietf-opsawg-pcap, section 4");

struct frame_head {
	uint32_t seconds, nanoseconds;
	uint32_t caplen, len;
};
static_assert(sizeof(struct frame_head) == 16, "draft-ietf-opsawg-pcap, section 5");

static size_t pcap_head(uint8_t *to, const struct capture_facts *facts)
{
	const struct file_head head = {.magic = MAGIC_NS,
		.major = 2,
		.minor = 4,
		.snaplen = facts->snaplen,
		.linktype = LINKTYPE_ETHERNET};

	memcpy(to, &head, sizeof(head));
	return sizeof(head);
}

static size_t pcap_frame(uint8_t *to, const struct capture_record *record, const uint8_t *frame)
{
	const struct frame_head head = {.seconds = (uint32_t)(record->time_ns / NS_PER_S),
		.nanoseconds = (uint32_t)(record->time_ns % NS_PER_S),
		.caplen = record->caplen,
		.len = record->len};

	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), frame, record->caplen);
	return sizeof(head) + record->caplen;
}

static size_t pcap_tail(uint8_t *to, const struct capture_totals *totals)
{
	(void)to;
	(void)totals;
	return 0; /* the format has no place for them */
}

static size_t pcap_piece_size(const uint8_t *at)
{
	struct frame_head head;

	memcpy(&head, at, sizeof(head));
	return sizeof(head) + head.caplen;
}

const struct capture_format capture_pcap = {
	.head = pcap_head,
	.frame = pcap_frame,
	.tail = pcap_tail,
	.piece_size = pcap_piece_size,
};
