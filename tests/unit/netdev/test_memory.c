/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/memory: mappings that a peer may be given. */
#include "netdev/memory.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct memory memory;

START_TEST(sizes_are_rounded_up)
{
	static const struct {
		size_t asked, size;
	} rows[] = {
		{1, MEMORY_PAGE_SIZE},
		{4096, MEMORY_PAGE_SIZE},
		{MEMORY_PAGE_SIZE - 1, MEMORY_PAGE_SIZE},
		{MEMORY_PAGE_SIZE, MEMORY_PAGE_SIZE},
		{MEMORY_PAGE_SIZE + 1, 2 * MEMORY_PAGE_SIZE},
		{5 * MEMORY_PAGE_SIZE, 5 * MEMORY_PAGE_SIZE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stat file;

		ck_assert_int_eq(memory_map(rows[i].asked, &memory), 0);
		ck_assert_uint_eq(memory.size, rows[i].size);
		ck_assert_int_eq(fstat(memory.fd, &file), 0);
		ck_assert_int_eq(file.st_size, (off_t)rows[i].size);
		memory_unmap(&memory);
	}
}
END_TEST

START_TEST(memory_begins_zeroed_and_takes_what_is_written)
{
	bool zero = true;

	/* what was written before does not come back */
	for (unsigned round = 0; round < 2; round++) {
		ck_assert_int_eq(memory_map(2 * MEMORY_PAGE_SIZE, &memory), 0);
		for (size_t i = 0; i < memory.size; i++)
			zero &= memory.base[i] == 0;
		ck_assert(zero);
		memset(memory.base, 0xff, memory.size);
		ck_assert_uint_eq(memory.base[memory.size - 1], 0xff);
		memory_unmap(&memory);
	}
}
END_TEST

START_TEST(pages_are_huge_or_the_systems)
{
	struct stat file;

	ck_assert_int_eq(memory_map(1, &memory), 0);
	ck_assert_int_eq(fstat(memory.fd, &file), 0);
	/* a file on huge pages has blocks of their size */
	if ((size_t)file.st_blksize == MEMORY_PAGE_SIZE)
		ck_assert_uint_eq(memory.page_size, MEMORY_PAGE_SIZE);
	else
		ck_assert_uint_eq(memory.page_size, (size_t)sysconf(_SC_PAGESIZE));
	ck_assert_uint_eq((uintptr_t)memory.base % memory.page_size, 0);
	memory_unmap(&memory);
}
END_TEST

START_TEST(nobody_can_shorten_it)
{
	ck_assert_int_eq(memory_map(2 * MEMORY_PAGE_SIZE, &memory), 0);
	ck_assert_int_eq(ftruncate(memory.fd, MEMORY_PAGE_SIZE), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(memory.fd, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(memory.fd, 3 * MEMORY_PAGE_SIZE), -1);
	ck_assert_int_eq(errno, EPERM);
	/* nor forbid us to write, by a seal of his own */
	ck_assert_int_eq(fcntl(memory.fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
	ck_assert_int_eq(errno, EPERM);
	memory_unmap(&memory);
}
END_TEST

START_TEST(a_peer_sees_the_same_bytes)
{
	uint8_t *peer;

	ck_assert_int_eq(memory_map(1, &memory), 0);
	ck_assert_int_eq(fcntl(memory.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	peer = mmap(NULL, memory.size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd, 0);
	ck_assert_ptr_ne(peer, MAP_FAILED);
	memory.base[5] = 7;
	ck_assert_uint_eq(peer[5], 7);
	peer[memory.size - 1] = 8;
	ck_assert_uint_eq(memory.base[memory.size - 1], 8);
	munmap(peer, memory.size);
	memory_unmap(&memory);
}
END_TEST

START_TEST(unmapping_twice_is_harmless)
{
	struct memory never = {.base = NULL}; /* nor is descriptor 0 its own */
	int fd;

	ck_assert_int_eq(memory_map(1, &memory), 0);
	fd = memory.fd;
	memory_unmap(&memory);
	ck_assert_ptr_null(memory.base);
	ck_assert_uint_eq(memory.size, 0);
	ck_assert_int_eq(memory.fd, -1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	/* the number may be somebody else's by now */
	ck_assert_int_eq(open("/dev/null", O_RDONLY | O_CLOEXEC), fd);
	memory_unmap(&memory);
	ck_assert_int_ne(fcntl(fd, F_GETFD), -1);
	close(fd);
	memory_unmap(&never);
	ck_assert_int_ne(fcntl(0, F_GETFD), -1);
}
END_TEST

START_TEST(what_cannot_be_mapped_leaves_nothing_behind)
{
	struct memory untouched = {.size = 77, .fd = -2}, failed = untouched;
	int next = dup(STDIN_FILENO);

	close(next);
	ck_assert_int_lt(memory_map((size_t)1 << 62, &failed), 0);
	ck_assert_mem_eq(&failed, &untouched, sizeof(failed));
	ck_assert_int_eq(dup(STDIN_FILENO), next); /* no descriptor is left open */
	close(next);
}
END_TEST

START_TEST(pages_that_are_gone_are_replaced)
{
	int fd = memfd_create("test", MFD_CLOEXEC); /* of no pages: each touch is a SIGBUS */

	ck_assert_int_eq(memory_map(1, &memory), 0);
	ck_assert_ptr_eq(mmap(memory.base, memory.size, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_FIXED, fd, 0),
		memory.base);
	*(volatile uint8_t *)(memory.base + 4096) = 7;
	ck_assert_uint_eq(memory.base[4096], 7);
	ck_assert_uint_eq(memory.base[0], 0);
	memory_unmap(&memory);
	close(fd);
}
END_TEST

UNIT_SUITE("netdev/memory", sizes_are_rounded_up, memory_begins_zeroed_and_takes_what_is_written,
	pages_are_huge_or_the_systems, nobody_can_shorten_it, a_peer_sees_the_same_bytes,
	unmapping_twice_is_harmless, what_cannot_be_mapped_leaves_nothing_behind,
	pages_that_are_gone_are_replaced)
