/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vhost-net: the kernel's own back end moves frames between our rings and a TAP interface.
 *
 * We are what is plugged into the TAP: what we send the kernel receives on it, and the other way
 * round; so our address is not the interface's. The first TAP descriptor is held from open to close
 * and with it an interface that we made; further queues and the kernel's rings exist from start to
 * stop. Whether the interface is up is the administrator's business, and our link.
 *
 * Control thread, but for notify(). Addresses are our own virtual ones: the kernel's thread works
 * in our address space.
 */
#include "netdev/backends.h"
#include "netdev/virtio/driver.h"
#include "netdev/virtio/vhost_kernel.h"
#include "util/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TUN_PATH  "/dev/net/tun"
#define TAP_FLAGS (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)

/* Bit 27 is another feature here (VHOST_NET_F_VIRTIO_NET_HDR), and we bring no IOMMU. */
#define FEATURES_NOT_HERE (VIRTIO_F_ANY_LAYOUT | VIRTIO_F_ACCESS_PLATFORM)
/* Longer than any TAP's queue: what is read away before a start. */
#define STALE_FRAMES_MAX 10000

/* A queue pair on the kernel's side. */
struct net_pair {
	int tap_fd;     /* of the first pair: from open to close */
	int vhost_fd;   /* from start to stop, as the rest */
	int kick_fd[2]; /* receive, transmit */
};

struct vhost_net {
	struct virtio_driver driver; /* first */
	char ifname[IFNAMSIZ];
	bool multi_queue;
	int ioctl_fd;
	struct net_pair pairs[VIRTIO_QUEUE_PAIRS_MAX];
};

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- the TAP ---- */

/* A descriptor for a queue of the TAP, which is made if there is none. Negative: -errno. */
static int tap_open(const char *ifname, bool multi_queue)
{
	struct ifreq request = {.ifr_flags = TAP_FLAGS};
	int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	if (multi_queue)
		request.ifr_flags |= IFF_MULTI_QUEUE;
	text_copy(request.ifr_name, sizeof(request.ifr_name), ifname);
	if (ioctl(fd, TUNSETIFF, &request) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* A TAP that is there already takes descriptors only of its own kind. */
static int tap_open_first(struct vhost_net *net)
{
	int fd = tap_open(net->ifname, true);

	net->multi_queue = fd >= 0;
	return fd == -EINVAL ? tap_open(net->ifname, false) : fd;
}

/* Frames have the header that was negotiated, and no offloads. */
static int tap_prepare(int fd, int header_len)
{
	char frame[2048];

	if (ioctl(fd, TUNSETVNETHDRSZ, &header_len) != 0 || ioctl(fd, TUNSETOFFLOAD, 0UL) != 0)
		return -errno;
	/* What came while nobody looked is not of this run. */
	for (int i = 0; i < STALE_FRAMES_MAX && read(fd, frame, sizeof(frame)) > 0; i++)
		;
	return 0;
}

static int ask(const struct vhost_net *net, unsigned long request, struct ifreq *answer)
{
	text_copy(answer->ifr_name, sizeof(answer->ifr_name), net->ifname);
	return ioctl(net->ioctl_fd, request, answer) != 0 ? -errno : 0;
}

/* ---- open and close ---- */

static int explain_tap(const char *ifname, int rc, struct error *err)
{
	static const struct {
		int rc;
		enum error_reason reason;
		const char *what, *hint;
	} causes[] = {
		{-ENOENT, ERROR_DEVICE, "there is no " TUN_PATH, "modprobe tun"},
		{-EACCES, ERROR_NOT_PERMITTED, "no permission for " TUN_PATH, ""},
		{-EPERM, ERROR_NOT_PERMITTED, "this user may not use it, or not make it",
			"ip tuntap add %s mode tap user USER vnet_hdr multi_queue"},
		{-EBUSY, ERROR_DEVICE, "another process uses it", ""},
		{-EINVAL, ERROR_UNSUPPORTED, "an interface has that name and is no TAP",
			"packet:%s may do"},
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (causes[i].rc != rc)
			continue;
		error_set(err, -rc, causes[i].reason, "location", "TAP %s: %s", ifname,
			causes[i].what);
		if (causes[i].hint[0])
			error_hint(err, causes[i].hint, ifname);
		return rc == -ENOENT || rc == -EBUSY ? -ENODEV : rc;
	}
	return error_set(err, -rc, ERROR_DEVICE, "location", "TAP %s: %s", ifname, strerror(-rc));
}

static int explain_vhost(int rc, struct error *err)
{
	error_set(err, -rc, rc == -EACCES ? ERROR_NOT_PERMITTED : ERROR_DEVICE, "location",
		"%s: %s", VHOST_KERNEL_PATH, strerror(-rc));
	if (rc == -ENOENT)
		error_hint(err, "modprobe vhost_net");
	else if (rc == -EACCES)
		error_hint(err, "pktgend needs to read and write " VHOST_KERNEL_PATH);
	return rc == -ENOENT ? -ENODEV : rc;
}

static int options_read(const char *address, struct virtio_options *options, struct error *err)
{
	int rc = virtio_options_parse(address, VIRTIO_TAKES_RINGS, options, err);

	if (rc == 0 && strlen(options->address) >= IFNAMSIZ)
		return error_set(err, EINVAL, ERROR_INVALID, "location",
			"\"%.32s\" is too long for an interface name (%d characters)",
			options->address, IFNAMSIZ - 1);
	return rc;
}

/* What the kernel offers. 0 or -errno with *err. */
static int features_negotiate(struct vhost_net *net, struct error *err)
{
	uint64_t offered;
	int rc = vhost_kernel_features(&offered);

	if (rc)
		return explain_vhost(rc, err);
	return virtio_driver_negotiate(&net->driver, offered & ~FEATURES_NOT_HERE, err);
}

static void net_close(struct netdev *dev)
{
	struct vhost_net *net = (struct vhost_net *)dev;

	fd_close(&net->pairs[0].tap_fd);
	fd_close(&net->ioctl_fd);
	free(net);
}

/* The interface as it is now: MTU and link; -ENODEV when it is gone. */
static int interface_look(struct vhost_net *net)
{
	struct virtio_driver *driver = &net->driver;
	struct ifreq flags = {0}, mtu = {0}, attached = {0};

	if (ioctl(net->pairs[0].tap_fd, TUNGETIFF, &attached) != 0 ||
		strcmp(attached.ifr_name, net->ifname) != 0 ||
		ask(net, SIOCGIFFLAGS, &flags) != 0 || ask(net, SIOCGIFMTU, &mtu) != 0)
		return -ENODEV;
	driver->mtu = (uint16_t)mtu.ifr_mtu;
	driver->link_up = flags.ifr_flags & IFF_UP;
	if (driver->link_up)
		driver->dev.reason[0] = '\0';
	else
		snprintf(driver->dev.reason, sizeof(driver->dev.reason),
			"the kernel's side is down: ip link set %s up", net->ifname);
	return 0;
}

static const struct virtio_transport_ops net_transport;

static struct vhost_net *net_new(const struct virtio_options *options)
{
	struct vhost_net *net = calloc(1, sizeof(*net));

	if (!net)
		return NULL;
	virtio_driver_init(&net->driver, &net_transport, options, options->address);
	net->driver.dev.ops = &netdev_vhost_net_ops;
	net->ioctl_fd = -1;
	for (unsigned i = 0; i < VIRTIO_QUEUE_PAIRS_MAX; i++)
		net->pairs[i] = (struct net_pair){-1, -1, {-1, -1}};
	text_copy(net->ifname, sizeof(net->ifname), options->address);
	return net;
}

static int net_open(const char *address, struct netdev **dev, struct error *err)
{
	struct virtio_options options;
	struct vhost_net *net;
	int rc = options_read(address, &options, err);

	if (rc)
		return rc;
	net = net_new(&options);
	if (!net)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	rc = features_negotiate(net, err);
	if (rc)
		goto fail;
	net->pairs[0].tap_fd = tap_open_first(net);
	if (net->pairs[0].tap_fd < 0) {
		rc = explain_tap(net->ifname, net->pairs[0].tap_fd, err);
		goto fail;
	}
	net->driver.queue_pairs_max = net->multi_queue ? VIRTIO_QUEUE_PAIRS_MAX : 1;
	net->ioctl_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rc = interface_look(net);
	if (rc) {
		error_set(err, -rc, ERROR_DEVICE, "location", "TAP %s: it is gone", net->ifname);
		goto fail;
	}
	*dev = &net->driver.dev;
	return 0;
fail:
	net_close(&net->driver.dev);
	return rc;
}

/* ---- the transport ---- */

static uint64_t net_dma(struct virtio_driver *driver, const void *va)
{
	(void)driver;
	return (uintptr_t)va;
}

static void net_notify(struct virtio_driver *driver, unsigned index)
{
	const struct vhost_net *net = (struct vhost_net *)driver;
	uint64_t one = 1;

	/* Fails only when it is full, and then the kernel has yet to hear of the last time. */
	if (write(net->pairs[index / 2].kick_fd[index % 2], &one, sizeof(one)) < 0)
		return;
}

static void net_look(struct virtio_driver *driver)
{
	struct vhost_net *net = (struct vhost_net *)driver;

	if (interface_look(net) != 0)
		virtio_driver_lost(driver, "the interface %s is gone", net->ifname);
}

/* The i-th ring of the driver, which is number 0 or 1 of the kernel's device. */
static int ring_start(struct vhost_net *net, unsigned i)
{
	struct net_pair *pair = &net->pairs[i / 2];
	struct ring_areas areas;
	uint16_t size = virtio_driver_ring(&net->driver, i, 0, &areas);
	int kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	pair->kick_fd[i % 2] = kick_fd;
	if (kick_fd < 0)
		return -errno;
	if (size == 0)
		return -ENOMEM;
	return vhost_kernel_ring(
		pair->vhost_fd, i % 2, size, areas.desc, areas.driver, areas.device, kick_fd);
}

/* Returns -errno, with *what as the step that failed. */
static int pair_start(struct vhost_net *net, unsigned index, const char **what)
{
	const struct memory *parts[] = {net->driver.pools_memory, &net->driver.rings_memory};
	struct net_pair *pair = &net->pairs[index];
	uint64_t features = net->driver.features;
	int rc;

	*what = "another queue of the TAP";
	if (index > 0)
		pair->tap_fd = tap_open(net->ifname, true);
	if (pair->tap_fd < 0)
		return pair->tap_fd;
	*what = "headers of the TAP";
	rc = tap_prepare(pair->tap_fd, features & (VIRTIO_F_VERSION_1 | VIRTIO_NET_F_MRG_RXBUF)
					       ? (int)sizeof(struct virtio_net_header)
					       : VIRTIO_NET_HEADER_SHORT);
	if (rc)
		return rc;
	*what = VHOST_KERNEL_PATH;
	pair->vhost_fd = vhost_kernel_open(features, parts, 2);
	if (pair->vhost_fd < 0)
		return pair->vhost_fd;
	*what = "a ring";
	for (unsigned i = 0; rc == 0 && i < 2; i++)
		rc = ring_start(net, index * 2 + i);
	if (rc)
		return rc;
	*what = "the TAP as the back end";
	return vhost_kernel_attach(pair->vhost_fd, pair->tap_fd);
}

static void net_transport_stop(struct virtio_driver *driver)
{
	struct vhost_net *net = (struct vhost_net *)driver;

	for (unsigned i = 0; i < VIRTIO_QUEUE_PAIRS_MAX; i++) {
		struct net_pair *pair = &net->pairs[i];

		if (pair->vhost_fd >= 0)
			vhost_kernel_attach(pair->vhost_fd, -1);
		fd_close(&pair->vhost_fd);
		fd_close(&pair->kick_fd[0]);
		fd_close(&pair->kick_fd[1]);
		if (i > 0)
			fd_close(&pair->tap_fd);
	}
}

static int net_transport_start(struct virtio_driver *driver, struct error *err)
{
	struct vhost_net *net = (struct vhost_net *)driver;
	const char *what = NULL;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < driver->queue_count; i++)
		rc = pair_start(net, i, &what);
	if (rc)
		error_set(err, -rc, ERROR_DEVICE, NULL, "vhost-net:%s: %s: %s", net->ifname, what,
			strerror(-rc));
	else
		rc = virtio_driver_ready(driver, err);
	if (rc)
		net_transport_stop(driver);
	return rc;
}

static const struct virtio_transport_ops net_transport = {
	.driver = "vhost-net",
	.dma = net_dma,
	.start = net_transport_start,
	.stop = net_transport_stop,
	.notify = net_notify,
	.look = net_look,
};

/* ---- the backend ---- */

static int net_info(struct netdev *dev, struct netdev_info *info)
{
	int rc = virtio_driver_info(dev, info);

	text_copy(info->ifname, sizeof(info->ifname), ((struct vhost_net *)dev)->ifname);
	return rc;
}

/* Whether the file can be had; if not, how. */
static bool probe_file(const char *path, const char *module, struct netdev_probe *probe)
{
	if (access(path, R_OK | W_OK) == 0) {
		netdev_probe_add(probe, path, "there");
		return true;
	}
	if (errno == ENOENT)
		netdev_probe_add(probe, path, "missing: modprobe %s", module);
	else
		netdev_probe_add(
			probe, path, "%s: pktgend needs to read and write it", strerror(errno));
	return false;
}

/* Looks at the interface without attaching to it, which would disturb whoever is. */
static bool probe_interface(const char *ifname, struct netdev_probe *probe)
{
	char path[sizeof(((struct virtio_options *)0)->address) + 32];

	if (if_nametoindex(ifname) == 0) {
		netdev_probe_add(probe, "interface",
			"%s is not there; pktgend makes it for as long as the port exists, if it "
			"has CAP_NET_ADMIN; otherwise: ip tuntap add %s mode tap user USER "
			"vnet_hdr "
			"multi_queue",
			ifname, ifname);
		return true;
	}
	snprintf(path, sizeof(path), "/sys/class/net/%s/tun_flags", ifname);
	if (access(path, F_OK) != 0 && access("/sys/class/net", F_OK) == 0) {
		netdev_probe_add(
			probe, "interface", "%s is no TAP; packet:%s may do", ifname, ifname);
		return false;
	}
	netdev_probe_add(probe, "interface", "%s is there", ifname);
	netdev_probe_add(probe, "link", "frames move while it is up: ip link set %s up", ifname);
	return true;
}

static void net_probe(const char *address, struct netdev_probe *probe)
{
	struct virtio_options options;
	struct error err = {0};
	bool works;

	if (options_read(address, &options, &err) != 0) {
		netdev_probe_error(probe, "location", &err);
		return;
	}
	works = probe_file(VHOST_KERNEL_PATH, "vhost_net", probe);
	works = probe_file(TUN_PATH, "tun", probe) && works;
	works = probe_interface(options.address, probe) && works;
	probe->usable = works;
}

const struct netdev_ops netdev_vhost_net_ops = {
	.backend = "vhost-net",
	.address = "TAPNAME",
	.summary = "virtio rings that the kernel serves, into a TAP interface",
	.probe = net_probe,
	.open = net_open,
	.info = net_info,
	.link = virtio_driver_link,
	.configure = virtio_driver_configure,
	.start = virtio_driver_start,
	.stop = virtio_driver_stop,
	.close = net_close,
	.queue = virtio_driver_queue,
	.tx_burst = virtio_driver_tx_burst,
	.tx_reap = virtio_driver_tx_reap,
	.rx_burst = virtio_driver_rx_burst,
};
