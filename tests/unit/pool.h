/* SPDX-License-Identifier: BSD-2-Clause */
/* A memory pool with a mapping of its own, for tests. */
#ifndef UNIT_POOL_H
#define UNIT_POOL_H

#include "dataplane/mempool.h"
#include "netdev/memory.h"

struct unit_pool {
	struct mempool pool;
	struct memory memory;
};

/* As mempool_init(). */
static inline int unit_pool_init(struct unit_pool *unit, uint32_t objects, uint32_t object_size,
	uint32_t align, uint32_t headroom)
{
	const struct mempool_shape shape = {objects, object_size, align, headroom};
	int rc = memory_map(mempool_memory_size(&shape), &unit->memory);

	if (rc)
		return rc;
	rc = mempool_init(&unit->pool, &shape, unit->memory.base);
	if (rc)
		memory_unmap(&unit->memory);
	return rc;
}

static inline void unit_pool_fini(struct unit_pool *unit)
{
	mempool_fini(&unit->pool);
	memory_unmap(&unit->memory);
}

#endif
