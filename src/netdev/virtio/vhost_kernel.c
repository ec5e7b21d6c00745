/* SPDX-License-Identifier: BSD-2-Clause */
/* The ioctls of /dev/vhost-net, in the order that the kernel wants. Control thread. */
#include "netdev/virtio/vhost_kernel.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <sys/ioctl.h>
#include <unistd.h>

static_assert(VHOST_FILE_UNBIND == -1, "as vhost_kernel_attach() promises");

int vhost_kernel_features(uint64_t *offered)
{
	int fd = open(VHOST_KERNEL_PATH, O_RDWR | O_CLOEXEC), rc;
	__u64 features;

	if (fd < 0)
		return -errno;
	rc = ioctl(fd, VHOST_GET_FEATURES, &features) != 0 ? -errno : 0;
	close(fd);
	if (rc == 0)
		*offered = features;
	return rc;
}

static int memory_set(int fd, const struct memory *const *parts, unsigned count)
{
	union {
		struct vhost_memory table;
		char bytes[sizeof(struct vhost_memory) +
			   VHOST_KERNEL_PARTS_MAX * sizeof(struct vhost_memory_region)];
	} memory = {.table = {.nregions = count}};

	assert(count <= VHOST_KERNEL_PARTS_MAX);
	for (unsigned i = 0; i < count; i++)
		memory.table.regions[i] = (struct vhost_memory_region){
			.guest_phys_addr = (uintptr_t)parts[i]->base,
			.userspace_addr = (uintptr_t)parts[i]->base,
			.memory_size = parts[i]->size,
		};
	return ioctl(fd, VHOST_SET_MEM_TABLE, &memory) != 0 ? -errno : 0;
}

int vhost_kernel_open(uint64_t features, const struct memory *const *parts, unsigned count)
{
	int fd = open(VHOST_KERNEL_PATH, O_RDWR | O_CLOEXEC), rc;
	__u64 chosen = features;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, VHOST_SET_OWNER) != 0 || ioctl(fd, VHOST_SET_FEATURES, &chosen) != 0)
		rc = -errno;
	else
		rc = memory_set(fd, parts, count);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

int vhost_kernel_ring(int fd, unsigned index, uint16_t size, const void *desc, const void *avail,
	const void *used, int kick_fd)
{
	struct vhost_vring_state num = {.index = index, .num = size}, base = {.index = index};
	struct vhost_vring_addr addr = {
		.index = index,
		.desc_user_addr = (uintptr_t)desc,
		.avail_user_addr = (uintptr_t)avail,
		.used_user_addr = (uintptr_t)used,
	};
	struct vhost_vring_file kick = {.index = index, .fd = kick_fd};
	struct vhost_vring_file call = {.index = index, .fd = VHOST_FILE_UNBIND};

	if (ioctl(fd, VHOST_SET_VRING_NUM, &num) != 0 ||
		ioctl(fd, VHOST_SET_VRING_BASE, &base) != 0 ||
		ioctl(fd, VHOST_SET_VRING_ADDR, &addr) != 0 ||
		ioctl(fd, VHOST_SET_VRING_KICK, &kick) != 0 ||
		ioctl(fd, VHOST_SET_VRING_CALL, &call) != 0)
		return -errno;
	return 0;
}

int vhost_kernel_attach(int fd, int tap_fd)
{
	for (unsigned i = 0; i < 2; i++) {
		struct vhost_vring_file backend = {.index = i, .fd = tap_fd};

		if (ioctl(fd, VHOST_NET_SET_BACKEND, &backend) != 0)
			return -errno;
	}
	return 0;
}
