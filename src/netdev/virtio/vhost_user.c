/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The backend "vhost-user": its role says which device a location becomes, and its probe looks at
 * both sides of the path without knocking: peers that take one connection would lose it. Control
 * thread.
 */
#include "netdev/virtio/vhost_user.h"

#include "netdev/backends.h"
#include "util/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HUGE_PAGES_FREE "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"

static int options_read(const char *address, struct virtio_options *options, struct error *err)
{
	return virtio_options_parse(
		address, VIRTIO_TAKES_RINGS | VIRTIO_TAKES_SOCKET, options, err);
}

static int vhost_user_open(const char *address, struct netdev **dev, struct error *err)
{
	struct virtio_options options;
	int rc = options_read(address, &options, err);

	if (rc)
		return rc;
	return options.device ? vhost_device_open(&options, dev, err)
			      : vhost_front_open(&options, dev, err);
}

/* Whether a line of /proc/net/unix, "Num RefCount Protocol Flags Type St Inode Path", is of a
 * stream socket that listens at that file. */
static bool line_listens(const char *line, const struct stat *file)
{
	unsigned flags, type;
	struct stat there;
	char path[109];

	if (sscanf(line, "%*[^:]: %*x %*x %x %x %*x %*u %108s", &flags, &type, path) != 3)
		return false;
	return (flags & 0x10000) && type == 1 /* __SO_ACCEPTCON, SOCK_STREAM */
	       && stat(path, &there) == 0 && there.st_dev == file->st_dev &&
	       there.st_ino == file->st_ino;
}

/* Whether a socket of this network namespace listens there. */
static bool is_listened_at(const struct stat *file)
{
	FILE *sockets = fopen("/proc/net/unix", "re");
	bool found = false;
	char line[256];

	while (sockets && !found && fgets(line, sizeof(line), sockets))
		found = line_listens(line, file);
	if (sockets)
		fclose(sockets);
	return found;
}

/* The folder must let us make the socket there. */
static bool probe_folder(const char *path, struct netdev_probe *probe)
{
	char folder[sizeof(((struct virtio_options *)0)->address)];
	char *slash;

	text_copy(folder, sizeof(folder), path);
	slash = strrchr(folder, '/');
	if (!slash)
		text_copy(folder, sizeof(folder), ".");
	else
		slash[slash == folder] = '\0';
	if (access(folder, W_OK | X_OK) == 0)
		return true;
	netdev_probe_add(probe, "folder", "%s: %s; pktgend cannot make its socket there", folder,
		strerror(errno));
	return false;
}

static bool probe_listen(const struct virtio_options *options, struct netdev_probe *probe)
{
	struct stat file;

	if (stat(options->address, &file) != 0)
		netdev_probe_add(probe, "socket", "%s: pktgend will make it and wait for a peer",
			options->address);
	else if (!S_ISSOCK(file.st_mode)) {
		netdev_probe_add(probe, "socket", "%s is there and no socket; name another path",
			options->address);
		return false;
	} else if (is_listened_at(&file)) {
		netdev_probe_add(probe, "socket",
			"%s: somebody listens there already; leave server=on away to connect",
			options->address);
		return false;
	} else
		netdev_probe_add(probe, "socket",
			"%s is left over from a predecessor; pktgend will replace it",
			options->address);
	return probe_folder(options->address, probe);
}

static bool probe_connect(const struct virtio_options *options, struct netdev_probe *probe)
{
	const char *path = options->address;
	struct stat file;

	if (stat(path, &file) != 0) {
		netdev_probe_add(probe, "socket",
			"%s: %s; pktgend will wait for it: start the peer, or let pktgend listen "
			"with server=on",
			path, strerror(errno));
		return errno == ENOENT;
	}
	if (!S_ISSOCK(file.st_mode)) {
		netdev_probe_add(probe, "socket", "%s is no socket; name the peer's", path);
		return false;
	}
	if (access(path, W_OK) != 0) {
		netdev_probe_add(probe, "permission",
			"%s: %s; connecting needs the right to write to it", path, strerror(errno));
		return false;
	}
	if (is_listened_at(&file))
		netdev_probe_add(probe, "socket", "%s: somebody listens there", path);
	else
		netdev_probe_add(probe, "socket",
			"%s: nobody is seen to listen there from this network namespace; start the "
			"peer if it does not run",
			path);
	return true;
}

/* Only the driver's side brings memory. */
static bool probe_memory(struct netdev_probe *probe)
{
	FILE *file = fopen(HUGE_PAGES_FREE, "re");
	int fd = memfd_create("pktgend", MFD_CLOEXEC);
	unsigned pages = 0;

	if (file) {
		if (fscanf(file, "%u", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	if (fd < 0) {
		netdev_probe_add(probe, "memory", "memfd_create: %s", strerror(errno));
		return false;
	}
	close(fd);
	if (pages)
		netdev_probe_add(
			probe, "memory", "%u huge pages of 2 MiB are free, and used", pages);
	else
		netdev_probe_add(probe, "memory",
			"no huge page is free: works with pages of 4 KiB, which costs some speed; "
			"echo 128 >/proc/sys/vm/nr_hugepages provides some");
	return true;
}

static void vhost_user_probe(const char *address, struct netdev_probe *probe)
{
	struct virtio_options options;
	struct error err = {0};
	bool works;

	if (options_read(address, &options, &err) != 0) {
		netdev_probe_error(probe, "location", &err);
		return;
	}
	netdev_probe_add(probe, "role",
		options.device ? "device: the peer brings memory and rings (QEMU, virtio-user)"
			       : "driver: the peer is a device (a switch, another pktgend)");
	works = options.server ? probe_listen(&options, probe) : probe_connect(&options, probe);
	if (!options.device)
		works = probe_memory(probe) && works;
	probe->usable = works;
}

const struct netdev_ops netdev_vhost_user_ops = {
	.backend = "vhost-user",
	.address = "PATH[,role=device][,server=on]",
	.summary = "virtio rings shared over a socket: user-space switches, QEMU, pktgend",
	.probe = vhost_user_probe,
	.open = vhost_user_open,
};
