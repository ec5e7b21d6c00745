/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/guest: a peer's numbers are checked, and a file made shorter kills nobody. */
#include "netdev/virtio/guest.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE  UINT64_C(4096)
#define PHYS  UINT64_C(0x100000)
#define USER  UINT64_C(0x7f0000000000)
#define HUGE_ UINT64_C(0x200000)

static struct guest guest;

static int file(uint64_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void put(int fd, uint64_t offset, const char *text)
{
	ck_assert_int_eq(pwrite(fd, text, strlen(text), (off_t)offset), strlen(text));
}

static int add(uint64_t guest_addr, uint64_t user_addr, uint64_t size, uint64_t offset, int fd)
{
	return guest_add(&guest, guest_addr, user_addr, size, offset, fd);
}

START_TEST(a_region_is_the_file)
{
	int fd = file(4 * PAGE);

	put(fd, PAGE + 100, "here");
	ck_assert_int_eq(add(PHYS, USER, 2 * PAGE, PAGE, fd), 0);
	close(fd);
	ck_assert_mem_eq(guest_at(&guest, PHYS + 100, 4), "here", 4);
	ck_assert_ptr_eq(guest_at(&guest, PHYS + 100, 4), guest_at_user(&guest, USER + 100, 4));
	ck_assert(!guest_broken(&guest));
	guest_clear(&guest);
	ck_assert_uint_eq(guest.count, 0);
	ck_assert_ptr_null(guest_at(&guest, PHYS, 1));
}
END_TEST

START_TEST(offsets_need_no_page_borders)
{
	int fd = file(2 * PAGE);

	put(fd, 1000, "odd");
	ck_assert_int_eq(add(PHYS, USER, 2 * PAGE - 1000, 1000, fd), 0);
	ck_assert_mem_eq(guest_at(&guest, PHYS, 3), "odd", 3);
	guest_clear(&guest);
	close(fd);
}
END_TEST

START_TEST(addresses_end_where_the_region_does)
{
	int fd = file(2 * PAGE);

	ck_assert_int_eq(add(PHYS, USER, PAGE + 8, 0, fd), 0);
	ck_assert_ptr_nonnull(guest_at(&guest, PHYS, PAGE + 8));
	ck_assert_ptr_null(guest_at(&guest, PHYS, PAGE + 9));
	ck_assert_ptr_nonnull(guest_at(&guest, PHYS + PAGE + 7, 1));
	ck_assert_ptr_null(guest_at(&guest, PHYS + PAGE + 7, 2));
	ck_assert_ptr_null(guest_at(&guest, PHYS + PAGE + 8, 0));
	ck_assert_ptr_null(guest_at(&guest, PHYS - 1, 1));
	ck_assert_ptr_null(guest_at(&guest, PHYS + 1, UINT64_MAX));
	ck_assert_ptr_null(guest_at(&guest, UINT64_MAX, 2));
	ck_assert_ptr_nonnull(guest_at_user(&guest, USER, PAGE + 8));
	ck_assert_ptr_null(guest_at_user(&guest, USER, PAGE + 9));
	ck_assert_ptr_null(guest_at_user(&guest, USER - 1, 1));
	ck_assert_ptr_null(guest_at_user(&guest, PHYS, 1));
	guest_clear(&guest);
	close(fd);
}
END_TEST

START_TEST(what_cannot_be_a_region_is_refused)
{
	int fd = file(2 * PAGE), pipes[2], fixed = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(add(PHYS, USER, 0, 0, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS, USER, 2 * PAGE + 1, 0, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS, USER, 1, 2 * PAGE, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS, USER, PAGE, PAGE + 1, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS, USER, PAGE, UINT64_MAX, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS, USER, UINT64_MAX, 2, fd), -EINVAL);
	ck_assert_int_eq(add(UINT64_MAX - PAGE + 1, USER, PAGE, 0, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS, UINT64_MAX - PAGE + 1, PAGE, 0, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS, USER, PAGE, 0, pipes[0]), -EINVAL);
	ck_assert_int_eq(add(PHYS, USER, PAGE, 0, -1), -EBADF);
	ck_assert_int_eq(add(PHYS, USER, 1, 0, fixed), -EACCES); /* not ours to write */
	ck_assert_uint_eq(guest.count, 0);
	ck_assert_int_eq(add(UINT64_MAX - PAGE, USER, PAGE, 0, fd), 0);
	guest_clear(&guest);
	close(fixed);
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
}
END_TEST

START_TEST(regions_do_not_overlap)
{
	int fd = file(4 * PAGE);

	ck_assert_int_eq(add(PHYS, USER, 2 * PAGE, 0, fd), 0);
	ck_assert_int_eq(add(PHYS, USER + 8 * PAGE, PAGE, 0, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS + 2 * PAGE - 1, USER + 8 * PAGE, PAGE, 0, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS - 1, USER + 8 * PAGE, 2, 0, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS - PAGE, USER + 8 * PAGE, 4 * PAGE, 0, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS + 8 * PAGE, USER + PAGE, PAGE, 0, fd), -EINVAL);
	ck_assert_int_eq(add(PHYS + 2 * PAGE, USER + 2 * PAGE, PAGE, 0, fd), 0);
	ck_assert_int_eq(add(PHYS - PAGE, USER - PAGE, PAGE, 0, fd), 0);
	ck_assert_uint_eq(guest.count, 3);
	guest_clear(&guest);
	close(fd);
}
END_TEST

START_TEST(a_region_is_removed_by_all_its_numbers)
{
	int fd = file(4 * PAGE);

	for (uint64_t i = 0; i < 3; i++) {
		put(fd, i * PAGE, (char[]){(char)('a' + i), 0});
		ck_assert_int_eq(add(PHYS + i * PAGE, USER + i * PAGE, PAGE, i * PAGE, fd), 0);
	}
	ck_assert_int_eq(guest_remove(&guest, PHYS + 1, USER, PAGE), -ENOENT);
	ck_assert_int_eq(guest_remove(&guest, PHYS, USER + PAGE, PAGE), -ENOENT);
	ck_assert_int_eq(guest_remove(&guest, PHYS, USER, PAGE - 1), -ENOENT);
	ck_assert_int_eq(guest_remove(&guest, PHYS, USER, PAGE), 0);
	ck_assert_int_eq(guest_remove(&guest, PHYS, USER, PAGE), -ENOENT);
	ck_assert_ptr_null(guest_at(&guest, PHYS, 1));
	ck_assert_mem_eq(guest_at(&guest, PHYS + PAGE, 1), "b", 1);
	ck_assert_mem_eq(guest_at(&guest, PHYS + 2 * PAGE, 1), "c", 1);
	ck_assert_int_eq(add(PHYS, USER, PAGE, 0, fd), 0);
	guest_clear(&guest);
	close(fd);
}
END_TEST

START_TEST(there_is_room_for_so_many)
{
	int fd = file(PAGE);

	for (uint64_t i = 0; i < GUEST_REGIONS_MAX; i++)
		ck_assert_int_eq(add(PHYS + i * PAGE, USER + i * PAGE, PAGE, 0, fd), 0);
	ck_assert_int_eq(add(PHYS - PAGE, USER - PAGE, PAGE, 0, fd), -ENOSPC);
	guest_clear(&guest);
	close(fd);
}
END_TEST

/* Writes behind the new end of a file, from a thread as a worker does. */
static void *touch(void *at)
{
	*(volatile uint8_t *)at = 7;
	return at;
}

START_TEST(a_shortened_file_costs_its_region_only)
{
	static struct guest other;
	int fd = file(4 * PAGE), sound = file(PAGE);
	pthread_t thread;
	uint8_t *at;

	put(fd, 100, "gone");
	put(sound, 100, "stays");
	ck_assert_int_eq(guest_add(&other, PHYS, USER, PAGE, 0, sound), 0);
	ck_assert_int_eq(add(PHYS, USER, 4 * PAGE, 0, fd), 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)PAGE), 0);
	at = guest_at(&guest, PHYS, 4 * PAGE);
	ck_assert_mem_eq(at + 100, "gone", 4);
	ck_assert(!guest_broken(&guest));
	ck_assert_int_eq(pthread_create(&thread, NULL, touch, at + 3 * PAGE), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(guest_broken(&guest));
	ck_assert_uint_eq(at[3 * PAGE], 7);
	ck_assert_mem_eq(at + 100, "\0\0\0\0", 4); /* the whole region is no longer the file */
	ck_assert(!guest_broken(&other));
	ck_assert_mem_eq(guest_at(&other, PHYS + 100, 5), "stays", 5);
	guest_clear(&guest);
	ck_assert(!guest_broken(&guest));
	guest_clear(&other);
	close(fd);
	close(sound);
}
END_TEST

START_TEST(huge_pages_are_mapped_and_replaced_whole)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_HUGETLB | 21U << MAP_HUGE_SHIFT);
	uint8_t *at;

	/* Without a pool of huge pages, every touch is a SIGBUS: that is all the test needs. */
	if (fd < 0 || ftruncate(fd, 2 * HUGE_) != 0)
		return;
	ck_assert_int_eq(add(PHYS, USER, HUGE_ + PAGE, PAGE, fd), 0);
	ck_assert_uint_eq(guest.regions[0].map_size, 2 * HUGE_);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	at = guest_at(&guest, PHYS, HUGE_ + PAGE);
	touch(at + HUGE_);
	ck_assert(guest_broken(&guest));
	ck_assert_uint_eq(at[0], 0);
	ck_assert_uint_eq(at[HUGE_], 7);
	guest_clear(&guest);
	close(fd);
}
END_TEST

static void exit_well(int signo)
{
	_exit(signo == SIGBUS ? 42 : 1);
}

static void exit_well_with_address(int signo, siginfo_t *info, void *context)
{
	(void)context;
	_exit(signo == SIGBUS && info->si_addr ? 43 : 1);
}

/* Waits for a child that meets a SIGBUS which is none of ours, under a handler set before. */
static int fate_of_others(const struct sigaction *before, bool by_kill)
{
	int status, fd = file(PAGE), stranger = file(PAGE);
	pid_t pid = fork();

	if (pid == 0) {
		uint8_t *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, stranger, 0);

		sigaction(SIGBUS, before, NULL);
		if (add(PHYS, USER, PAGE, 0, fd) != 0 || ftruncate(stranger, 0) != 0)
			_exit(2);
		if (by_kill)
			raise(SIGBUS);
		else
			touch(at);
		_exit(3);
	}
	close(fd);
	close(stranger);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(other_faults_go_where_they_went_before)
{
	struct sigaction plain = {.sa_handler = exit_well};
	struct sigaction informed = {
		.sa_sigaction = exit_well_with_address, .sa_flags = SA_SIGINFO};
	struct sigaction none = {.sa_handler = SIG_DFL};
	int status;

	status = fate_of_others(&plain, false);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	status = fate_of_others(&informed, false);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 43);
	status = fate_of_others(&none, false);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	status = fate_of_others(&none, true);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}
END_TEST

UNIT_SUITE("netdev/virtio/guest", a_region_is_the_file, offsets_need_no_page_borders,
	addresses_end_where_the_region_does, what_cannot_be_a_region_is_refused,
	regions_do_not_overlap, a_region_is_removed_by_all_its_numbers, there_is_room_for_so_many,
	a_shortened_file_costs_its_region_only, huge_pages_are_mapped_and_replaced_whole,
	other_faults_go_where_they_went_before)
