/* SPDX-License-Identifier: BSD-2-Clause */
/* What both drivers for user space have in common. Control thread; pci_bar_write() any. */
#include "netdev/virtio/pci_access.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The function is not ours to use: who has it, and how that would change. */
static int not_bound(const struct pci_function *function, struct error *err)
{
	const char *driver = pci_function_best_driver(function);
	char commands[sizeof(err->hint)];

	if (function->driver[0])
		error_set(err, ENODEV, ERROR_DEVICE, "location",
			"%s is bound to the kernel's driver %s%s%s%s", function->name,
			function->driver, function->ifname[0] ? " (interface " : "",
			function->ifname, function->ifname[0] ? ")" : "");
	else
		error_set(err, ENODEV, ERROR_DEVICE, "location", "no driver is bound to %s",
			function->name);
	pci_function_bind_text(PCI_SYSFS, function, driver, commands, sizeof(commands));
	error_hint(err, "as root: %s", commands);
	return -ENODEV;
}

int pci_access_open(
	struct pci_access *access, const struct pci_function *function, struct error *err)
{
	static const struct pci_access_ops *const all[] = {&pci_vfio_ops, &pci_uio_ops};

	*access = (struct pci_access){.function = *function,
		.config_fd = -1,
		.device_fd = -1,
		.container_fd = -1,
		.group_fd = -1,
		.request_fd = -1};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(function->driver, all[i]->driver) != 0)
			continue;
		access->ops = all[i];
		return access->ops->open(access, err);
	}
	return not_bound(function, err);
}

void pci_access_close(struct pci_access *access)
{
	if (access->device_fd >= 0)
		access->ops->close(access);
}

/* ---- configuration space ---- */

int pci_config_read(struct pci_access *access, unsigned offset, void *bytes, size_t len)
{
	ssize_t n = pread(access->config_fd, bytes, len, (off_t)(access->config_offset + offset));

	if (n == (ssize_t)len)
		return 0;
	return n < 0 ? -errno : -EIO;
}

int pci_config_command(struct pci_access *access, bool bus_master)
{
	uint16_t command;
	int rc = pci_config_read(access, PCI_COMMAND, &command, sizeof(command));

	if (rc)
		return rc;
	command |= PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE;
	command &= (uint16_t)~PCI_COMMAND_MASTER;
	if (bus_master)
		command |= PCI_COMMAND_MASTER;
	if (pwrite(access->config_fd, &command, sizeof(command),
		    (off_t)(access->config_offset + PCI_COMMAND)) == sizeof(command))
		return 0;
	return errno ? -errno : -EIO;
}

/* ---- base address registers ---- */

uint32_t pci_bar_read(const struct pci_bar *bar, uint64_t offset, unsigned width)
{
	uint32_t value = 0;

	if (offset > bar->size || width > bar->size - offset)
		return UINT32_MAX;
	if (!bar->map)
		return pread(bar->fd, &value, width, (off_t)(bar->offset + offset)) ==
				       (ssize_t)width
			       ? value
			       : UINT32_MAX;
	switch (width) {
	case 1:
		return bar->map[offset];
	case 2:
		return *(volatile uint16_t *)(bar->map + offset);
	default:
		return *(volatile uint32_t *)(bar->map + offset);
	}
}

void pci_bar_write(const struct pci_bar *bar, uint64_t offset, unsigned width, uint32_t value)
{
	if (offset > bar->size || width > bar->size - offset)
		return;
	if (!bar->map) {
		/* A function that is gone takes no writes; that it is gone, reads tell. */
		ssize_t n = pwrite(bar->fd, &value, width, (off_t)(bar->offset + offset));

		(void)n;
		return;
	}
	switch (width) {
	case 1:
		bar->map[offset] = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)(bar->map + offset) = (uint16_t)value;
		break;
	default:
		*(volatile uint32_t *)(bar->map + offset) = value;
	}
}

void pci_bar_unmap(struct pci_bar *bar)
{
	if (bar->map)
		munmap((void *)(uintptr_t)bar->map, bar->size);
	if (bar->owns_fd)
		close(bar->fd);
	*bar = (struct pci_bar){.fd = -1};
}

/* ---- memory ---- */

bool pci_dma_address(const struct pci_dma *dma, const void *va, uint64_t *address)
{
	size_t offset = (size_t)((uintptr_t)va - (uintptr_t)dma->base);

	if (!dma->pages || offset >= dma->size)
		return false;
	*address = dma->pages[offset / dma->page_size] + offset % dma->page_size;
	return true;
}

void pci_dma_free(struct pci_dma *dma)
{
	free(dma->pages);
	*dma = (struct pci_dma){0};
}
