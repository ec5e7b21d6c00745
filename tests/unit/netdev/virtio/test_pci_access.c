/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/pci_access: registers at their bounds, addresses, and where an IOMMU has room. */
#include "netdev/virtio/pci_access.h"
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const uint8_t bytes[8] = {0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe};

static void reads_right(const struct pci_bar *bar)
{
	ck_assert_uint_eq(pci_bar_read(bar, 0, 1), 0x10);
	ck_assert_uint_eq(pci_bar_read(bar, 7, 1), 0xfe);
	ck_assert_uint_eq(pci_bar_read(bar, 6, 2), 0xfedc);
	ck_assert_uint_eq(pci_bar_read(bar, 4, 4), 0xfedcba98);
	/* what is not there */
	ck_assert_uint_eq(pci_bar_read(bar, 8, 1), UINT32_MAX);
	ck_assert_uint_eq(pci_bar_read(bar, 7, 2), UINT32_MAX);
	ck_assert_uint_eq(pci_bar_read(bar, 5, 4), UINT32_MAX);
	ck_assert_uint_eq(pci_bar_read(bar, UINT64_MAX, 4), UINT32_MAX);
}

START_TEST(a_mapped_register_is_accessed_in_bounds)
{
	_Alignas(8) uint8_t memory[16];
	struct pci_bar bar = {.size = 8, .map = memory, .fd = -1};

	memset(memory, 0xaa, sizeof(memory));
	memcpy(memory, bytes, sizeof(bytes));
	reads_right(&bar);
	pci_bar_write(&bar, 7, 2, 0);
	pci_bar_write(&bar, 5, 4, 0);
	pci_bar_write(&bar, 8, 1, 0);
	pci_bar_write(&bar, UINT64_MAX, 1, 0);
	ck_assert_mem_eq(memory, bytes, sizeof(bytes));
	ck_assert_uint_eq(memory[8], 0xaa);
	pci_bar_write(&bar, 0, 1, 0x101);
	pci_bar_write(&bar, 2, 2, 0x10202);
	pci_bar_write(&bar, 4, 4, 0x05040403);
	ck_assert_mem_eq(memory, "\x01\x32\x02\x02\x03\x04\x04\x05\xaa", 9);
}
END_TEST

START_TEST(a_register_behind_a_file_is_accessed_in_bounds)
{
	int fd = memfd_create("bar", MFD_CLOEXEC);
	struct pci_bar bar = {.size = 8, .fd = fd, .offset = 100, .owns_fd = true};
	uint8_t memory[10];

	ck_assert_int_eq(ftruncate(fd, 200), 0);
	ck_assert_int_eq(pwrite(fd, bytes, sizeof(bytes), 100), sizeof(bytes));
	reads_right(&bar);
	pci_bar_write(&bar, 5, 4, 0);
	pci_bar_write(&bar, 6, 2, 0x0102);
	ck_assert_int_eq(pread(fd, memory, sizeof(memory), 99), sizeof(memory));
	ck_assert_mem_eq(memory, "\x00\x10\x32\x54\x76\x98\xba\x02\x01\x00", 10);
	/* a function that was removed */
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_uint_eq(pci_bar_read(&bar, 0, 1), UINT32_MAX);
	pci_bar_unmap(&bar);
	ck_assert_uint_eq(bar.size, 0);
	ck_assert_int_eq(pwrite(fd, bytes, 1, 0), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(memory_has_an_address_per_page)
{
	static uint8_t memory[4096 * 3];
	uint64_t pages[] = {0x700000, 0x300000, 0x500000}, address = 1;
	struct pci_dma dma = {
		.base = memory, .size = sizeof(memory), .page_size = 4096, .pages = pages};

	ck_assert(pci_dma_address(&dma, memory, &address));
	ck_assert_uint_eq(address, 0x700000);
	ck_assert(pci_dma_address(&dma, memory + 4095, &address));
	ck_assert_uint_eq(address, 0x700fff);
	ck_assert(pci_dma_address(&dma, memory + 4096, &address));
	ck_assert_uint_eq(address, 0x300000);
	ck_assert(pci_dma_address(&dma, memory + sizeof(memory) - 1, &address));
	ck_assert_uint_eq(address, 0x500fff);
	ck_assert(!pci_dma_address(&dma, memory + sizeof(memory), &address));
	ck_assert(!pci_dma_address(&dma, &address, &address));
	ck_assert_uint_eq(address, 0x500fff);
	dma.pages = NULL;
	ck_assert(!pci_dma_address(&dma, memory, &address));
}
END_TEST

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static void placed(const struct pci_iova_range *ranges, unsigned count, uint64_t from,
	uint64_t size, uint64_t expected)
{
	uint64_t iova = 0;

	ck_assert_int_eq(pci_iova_place(ranges, count, from, size, 2 * MIB, &iova), 0);
	ck_assert_uint_eq(iova, expected);
}

static void not_placed(
	const struct pci_iova_range *ranges, unsigned count, uint64_t from, uint64_t size)
{
	uint64_t iova = 1;

	ck_assert_int_eq(pci_iova_place(ranges, count, from, size, 2 * MIB, &iova), -ENOSPC);
	ck_assert_uint_eq(iova, 1);
}

/* What QEMU's Intel IOMMU translates: 39 bits, without the place of interrupts. */
START_TEST(memory_is_placed_where_the_iommu_translates)
{
	static const struct pci_iova_range ranges[] = {
		{0, 0xfedfffff}, {0xfef00000, (UINT64_C(1) << 39) - 1}};

	placed(ranges, 2, 4 * GIB, 2 * MIB, 4 * GIB);
	placed(ranges, 2, 4 * GIB + 1, 2 * MIB, 4 * GIB + 2 * MIB);
	placed(ranges, 2, 0xfee00000, 2 * MIB, 0xff000000);
	placed(ranges, 2, 0xfec00000, 2 * MIB, 0xfec00000);
	placed(ranges, 2, 2 * MIB, 4 * GIB, 0xff000000);
	placed(ranges, 2, 508 * GIB, 4 * GIB, 508 * GIB);
	not_placed(ranges, 2, 508 * GIB, 4 * GIB + 2 * MIB);
	not_placed(ranges, 2, 512 * GIB, 2 * MIB);
	not_placed(ranges, 0, 0, 2 * MIB);
}
END_TEST

START_TEST(the_lowest_place_is_taken_and_nothing_wraps)
{
	static const struct pci_iova_range ranges[] = {
		{8 * GIB, UINT64_MAX}, {5 * GIB + 1, 5 * GIB + 4 * MIB - 2}, {6 * GIB, 7 * GIB}};

	placed(ranges, 3, 4 * GIB, 2 * MIB, 6 * GIB); /* aligned, the second has no room */
	placed(ranges, 3, 4 * GIB, 2 * GIB, 8 * GIB);
	placed(ranges, 3, UINT64_MAX - 2 * MIB + 1, 2 * MIB, UINT64_MAX - 2 * MIB + 1);
	not_placed(ranges, 3, UINT64_MAX - 2 * MIB + 2, 2 * MIB);
	not_placed(ranges, 3, UINT64_MAX - 2 * MIB + 1, 4 * MIB);
}
END_TEST

START_TEST(a_function_that_the_kernel_has_is_not_touched)
{
	struct pci_function function = {.name = "0000:00:08.0",
		.driver = "virtio-pci",
		.ifname = "eth0",
		.group = -1,
		.uio = -1};
	struct pci_access access;
	struct error err = {0};

	ck_assert_int_eq(pci_access_open(&access, &function, &err), -ENODEV);
	ck_assert_str_eq(err.message,
		"0000:00:08.0 is bound to the kernel's driver virtio-pci (interface eth0)");
	ck_assert_ptr_nonnull(strstr(err.hint, "echo 0000:00:08.0 >$D/driver/unbind"));
	function.driver[0] = function.ifname[0] = '\0';
	ck_assert_int_eq(pci_access_open(&access, &function, &err), -ENODEV);
	ck_assert_str_eq(err.message, "no driver is bound to 0000:00:08.0");
	pci_access_close(&access);
}
END_TEST

/* Bound, as far as we were told, but the kernel has no such files. */
START_TEST(files_that_are_not_there_are_named)
{
	struct pci_function function = {
		.name = "fffffffe:ff:1f.7", .driver = "uio_pci_generic", .group = -1, .uio = 99999};
	struct pci_access access;
	struct error err = {0};

	ck_assert_int_eq(pci_access_open(&access, &function, &err), -ENODEV);
	ck_assert_str_eq(err.message,
		"/sys/bus/pci/devices/fffffffe:ff:1f.7/config: No such file or directory");
	pci_access_close(&access);
}
END_TEST

UNIT_SUITE("netdev/virtio/pci_access", a_mapped_register_is_accessed_in_bounds,
	a_register_behind_a_file_is_accessed_in_bounds, memory_has_an_address_per_page,
	memory_is_placed_where_the_iommu_translates, the_lowest_place_is_taken_and_nothing_wraps,
	a_function_that_the_kernel_has_is_not_touched, files_that_are_not_there_are_named)
