/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One handler of SIGBUS for the whole process. It knows every mapping by a static table of atomics,
 * which is all that it reads: entries are written by the control thread, and an entry does not
 * change while a worker uses its mapping.
 */
#include "netdev/sigbus.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#define MAPPINGS_MAX 1024 /* of all ports together */

struct mapping {
	atomic_uintptr_t base; /* 0: free; written last, cleared first */
	atomic_size_t size;
	_Atomic(atomic_bool *) broken;
};

static struct mapping mappings[MAPPINGS_MAX];
static struct sigaction former; /* what SIGBUS did before; set once */

/* Puts zeroed memory in place of the mapping that holds address. Async-signal-safe. */
static bool mapping_replace(uintptr_t address)
{
	for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
		struct mapping *mapping = &mappings[i];
		uintptr_t base = atomic_load_explicit(&mapping->base, memory_order_acquire);
		size_t size = atomic_load_explicit(&mapping->size, memory_order_acquire);
		atomic_bool *broken = atomic_load_explicit(&mapping->broken, memory_order_acquire);

		if (base == 0 || address - base >= size || atomic_load(&mapping->base) != base)
			continue;
		if (broken)
			atomic_store_explicit(broken, true, memory_order_relaxed);
		/* The pages are private and made when touched: the peer sees nothing of them. */
		return mmap((void *)base, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
			       0) != MAP_FAILED;
	}
	return false;
}

static void handle_sigbus(int signo, siginfo_t *info, void *context)
{
	int saved = errno;

	/* si_code above 0: the kernel says so, and si_addr is where */
	if (info->si_code > 0 && mapping_replace((uintptr_t)info->si_addr)) {
		errno = saved;
		return;
	}
	errno = saved;
	if (former.sa_flags & SA_SIGINFO) {
		former.sa_sigaction(signo, info, context);
	} else if (former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN) {
		former.sa_handler(signo);
	} else {
		/* The default, which ends the process: the signal comes again at once. */
		signal(SIGBUS, SIG_DFL);
		if (info->si_code <= 0)
			raise(SIGBUS);
	}
}

static int handler_install(void)
{
	static bool installed;
	struct sigaction action = {
		.sa_sigaction = handle_sigbus, .sa_flags = SA_SIGINFO | SA_RESTART};

	if (installed)
		return 0;
	sigemptyset(&action.sa_mask);
	/* Read first: a handler that is called at once must find it. */
	if (sigaction(SIGBUS, NULL, &former) != 0 || sigaction(SIGBUS, &action, NULL) != 0)
		return -errno;
	installed = true;
	return 0;
}

static struct mapping *mapping_find(uintptr_t base)
{
	for (unsigned i = 0; i < MAPPINGS_MAX; i++)
		if (atomic_load_explicit(&mappings[i].base, memory_order_relaxed) == base)
			return &mappings[i];
	return NULL;
}

int sigbus_guard(void *base, size_t size, atomic_bool *broken)
{
	struct mapping *mapping = mapping_find(0);
	int rc;

	if (!mapping)
		return -ENOSPC;
	rc = handler_install();
	if (rc != 0)
		return rc;
	atomic_store(&mapping->size, size);
	atomic_store(&mapping->broken, broken);
	atomic_store(&mapping->base, (uintptr_t)base);
	return 0;
}

void sigbus_forget(void *base)
{
	struct mapping *mapping = mapping_find((uintptr_t)base);

	if (mapping)
		atomic_store(&mapping->base, 0);
}
