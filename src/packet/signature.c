/* SPDX-License-Identifier: BSD-2-Clause */
/* The 16 bytes of the measurement signature. Pure functions; called by workers for each frame. */
#include "packet/signature.h"

#include <endian.h>
#include <string.h>

struct wire_signature {
	uint16_t magic;
	uint16_t flow;
	uint32_t sequence;
	uint64_t time_ns;
};
_Static_assert(sizeof(struct wire_signature) == SIGNATURE_LEN, "no padding");

void signature_write(const struct signature *signature, uint8_t *to)
{
	const struct wire_signature wire = {
		.magic = htobe16(SIGNATURE_MAGIC),
		.flow = htobe16(signature->flow),
		.sequence = htobe32(signature->sequence),
		.time_ns = htobe64(signature->time_ns),
	};

	memcpy(to, &wire, sizeof(wire));
}

bool signature_read(const uint8_t *frame, size_t len, struct signature *signature)
{
	struct wire_signature wire;

	if (len < SIGNATURE_LEN)
		return false;
	memcpy(&wire, frame + len - SIGNATURE_LEN, sizeof(wire));
	if (wire.magic != htobe16(SIGNATURE_MAGIC))
		return false;
	*signature = (struct signature){
		.flow = be16toh(wire.flow),
		.sequence = be32toh(wire.sequence),
		.time_ns = be64toh(wire.time_ns),
	};
	return true;
}
