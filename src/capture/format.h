/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two formats of capture files, as functions that write one piece of a file into memory.
 *
 * pcapng (draft-ietf-opsawg-pcapng) has everything: the interface, the filter, drop counts. pcap
 * (draft-ietf-opsawg-pcap), with nanoseconds, has the frames. All in this machine's byte order,
 * which both formats let a file say. Pure functions.
 */
#ifndef CAPTURE_FORMAT_H
#define CAPTURE_FORMAT_H

#include "capture/ring.h"

/* Room that a head or a tail needs at most; and a frame, beside its bytes. */
#define CAPTURE_HEAD_MAX  8192
#define CAPTURE_FRAME_MAX 64

/* What is known at the beginning. Strings may be long: they are cut. */
struct capture_facts {
	const char *interface;   /* "eth1", or whatever names the attachment */
	const char *description; /* "port p0 at packet:eth1" */
	const char *filter;      /* NULL: none */
	uint32_t snaplen;
	uint64_t speed_bps; /* 0: unknown */
	uint8_t mac[6];
};

/* What is known at the end. */
struct capture_totals {
	uint64_t started_ns, ended_ns; /* CLOCK_REALTIME */
	uint64_t received;             /* frames that arrived, the dropped ones included */
	uint64_t accepted;             /* of these, what the filter wanted, as far as it saw them */
	uint64_t delivered;            /* of these, what is in the file */
	uint64_t dropped;              /* wherever that was: by the device, or here */
};

struct capture_format {
	/* Each returns how many bytes it wrote. */
	size_t (*head)(uint8_t *to, const struct capture_facts *facts);
	size_t (*frame)(uint8_t *to, const struct capture_record *record, const uint8_t *frame);
	size_t (*tail)(uint8_t *to, const struct capture_totals *totals);
	/* The size of the piece that frame() or tail() wrote there. */
	size_t (*piece_size)(const uint8_t *at);
};

extern const struct capture_format capture_pcapng, capture_pcap;

/* The format of a file by its name: pcap for ".pcap", else pcapng. */
const struct capture_format *capture_format_of(const char *path);

#endif
