/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcapng: blocks of {type, size, body, options, size}, everything padded to 4 bytes. Sections are
 * those of draft-ietf-opsawg-pcapng. Pure functions, but for asking what system this is.
 */
#include "capture/format.h"
#include "config.h"
#include "util/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define LINKTYPE_ETHERNET 1
#define TEXT_MAX          255 /* bytes of a name that is cut */

enum block_type {
	SECTION_HEADER = 0x0a0d0d0a, /* 4.1 */
	INTERFACE_DESCRIPTION = 1,   /* 4.2 */
	INTERFACE_STATISTICS = 5,    /* 4.5 */
	ENHANCED_PACKET = 6,         /* 4.3 */
};
#define BYTE_ORDER_MAGIC 0x1a2b3c4d

#define END_OF_OPTIONS 0 /* 3.5: opt_endofopt, with no value */
enum { SHB_HARDWARE = 2, SHB_OS = 3, SHB_USERAPPL = 4 };
enum {
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_MACADDR = 6,
	IF_SPEED = 8,
	IF_TSRESOL = 9,
	IF_FILTER = 11
};
enum { EPB_FLAGS = 2 };
enum {
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
	ISB_FILTERACCEPT = 6,
	ISB_USRDELIV = 8
};

#define FLAGS_INBOUND    1 /* 4.3.1, bits 0-1 */
#define TSRESOL_NS       9 /* 10^-9 s */
#define FILTER_IS_STRING 0 /* the code in front of if_filter: libpcap's language */

static uint8_t *put(uint8_t *to, const void *bytes, size_t n)
{
	memcpy(to, bytes, n);
	return to + n;
}

static uint8_t *put_u16(uint8_t *to, uint16_t value)
{
	return put(to, &value, sizeof(value));
}

static uint8_t *put_u32(uint8_t *to, uint32_t value)
{
	return put(to, &value, sizeof(value));
}

static uint8_t *put_padded(uint8_t *to, const void *bytes, size_t n)
{
	size_t padding = -n & 3;

	to = put(to, bytes, n);
	memset(to, 0, padding);
	return to + padding;
}

/* 3.5: a code, the length without padding, the value. */
static uint8_t *put_option(uint8_t *to, uint16_t code, const void *value, size_t n)
{
	return put_padded(put_u16(put_u16(to, code), (uint16_t)n), value, n);
}

static uint8_t *put_text(uint8_t *to, uint16_t code, const char *text)
{
	size_t len = strlen(text);

	return put_option(to, code, text, len < TEXT_MAX ? len : TEXT_MAX);
}

static uint8_t *put_u64_option(uint8_t *to, uint16_t code, uint64_t value)
{
	return put_option(to, code, &value, sizeof(value));
}

/* Times in blocks are two words, the upper first. */
static uint8_t *put_time(uint8_t *to, uint64_t time_ns)
{
	return put_u32(put_u32(to, (uint32_t)(time_ns >> 32)), (uint32_t)time_ns);
}

static uint8_t *put_time_option(uint8_t *to, uint16_t code, uint64_t time_ns)
{
	uint8_t value[8];

	put_time(value, time_ns);
	return put_option(to, code, value, sizeof(value));
}

static uint8_t *block_begin(uint8_t *to, enum block_type type)
{
	return put_u32(put_u32(to, type), 0);
}

/* Ends the options and the block that began at start, whose size is known now. */
static uint8_t *block_end(uint8_t *start, uint8_t *to)
{
	uint32_t size;

	to = put_u32(to, END_OF_OPTIONS);
	size = (uint32_t)(to - start) + 4;
	put_u32(start + 4, size);
	return put_u32(to, size);
}

static uint8_t *put_section(uint8_t *to)
{
	static const uint64_t size_unknown = UINT64_MAX;
	struct utsname system = {0};
	char os[sizeof(system.sysname) + sizeof(system.release) + 1];
	uint8_t *start = to;

	uname(&system);
	snprintf(os, sizeof(os), "%s %s", system.sysname, system.release);
	to = block_begin(to, SECTION_HEADER);
	to = put_u32(to, BYTE_ORDER_MAGIC);
	to = put_u16(put_u16(to, 1), 0); /* version */
	to = put(to, &size_unknown, sizeof(size_unknown));
	to = put_text(to, SHB_HARDWARE, system.machine);
	to = put_text(to, SHB_OS, os);
	to = put_text(to, SHB_USERAPPL, PACKAGE_NAME " " PACKAGE_VERSION);
	return block_end(start, to);
}

static uint8_t *put_filter(uint8_t *to, const char *filter)
{
	char value[CAPTURE_HEAD_MAX / 2] = {FILTER_IS_STRING};
	size_t len = strnlen(filter, sizeof(value) - 1);

	memcpy(value + 1, filter, len);
	return put_option(to, IF_FILTER, value, 1 + len);
}

static uint8_t *put_interface(uint8_t *to, const struct capture_facts *facts)
{
	static const uint8_t resolution = TSRESOL_NS;
	uint8_t *start = to;

	to = block_begin(to, INTERFACE_DESCRIPTION);
	to = put_u16(put_u16(to, LINKTYPE_ETHERNET), 0);
	to = put_u32(to, facts->snaplen);
	to = put_text(to, IF_NAME, facts->interface);
	to = put_text(to, IF_DESCRIPTION, facts->description);
	to = put_option(to, IF_MACADDR, facts->mac, sizeof(facts->mac));
	if (facts->speed_bps > 0)
		to = put_u64_option(to, IF_SPEED, facts->speed_bps);
	to = put_option(to, IF_TSRESOL, &resolution, sizeof(resolution));
	if (facts->filter)
		to = put_filter(to, facts->filter);
	return block_end(start, to);
}

static size_t pcapng_head(uint8_t *to, const struct capture_facts *facts)
{
	return (size_t)(put_interface(put_section(to), facts) - to);
}

static size_t pcapng_frame(uint8_t *to, const struct capture_record *record, const uint8_t *frame)
{
	static const uint32_t flags = FLAGS_INBOUND;
	uint8_t *start = to;

	to = block_begin(to, ENHANCED_PACKET);
	to = put_u32(to, 0); /* the interface's number */
	to = put_time(to, record->time_ns);
	to = put_u32(put_u32(to, record->caplen), record->len);
	to = put_padded(to, frame, record->caplen);
	to = put_option(to, EPB_FLAGS, &flags, sizeof(flags));
	return (size_t)(block_end(start, to) - start);
}

/*
 * Everything that was lost is in isb_ifdrop, whoever lost it: that is where dumpcap puts it, and
 * what readers show.
 */
static size_t pcapng_tail(uint8_t *to, const struct capture_totals *totals)
{
	uint8_t *start = to;

	to = block_begin(to, INTERFACE_STATISTICS);
	to = put_u32(to, 0); /* the interface's number */
	to = put_time(to, totals->ended_ns);
	to = put_time_option(to, ISB_STARTTIME, totals->started_ns);
	to = put_time_option(to, ISB_ENDTIME, totals->ended_ns);
	to = put_u64_option(to, ISB_IFRECV, totals->received);
	to = put_u64_option(to, ISB_IFDROP, totals->dropped);
	to = put_u64_option(to, ISB_FILTERACCEPT, totals->accepted);
	to = put_u64_option(to, ISB_USRDELIV, totals->delivered);
	return (size_t)(block_end(start, to) - start);
}

static size_t pcapng_piece_size(const uint8_t *at)
{
	uint32_t size;

	memcpy(&size, at + 4, sizeof(size));
	return size;
}

const struct capture_format capture_pcapng = {
	.head = pcapng_head,
	.frame = pcapng_frame,
	.tail = pcapng_tail,
	.piece_size = pcapng_piece_size,
};
