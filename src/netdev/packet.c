/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The AF_PACKET device: what the interface says of itself, and the life of its queues.
 *
 * Control thread, but for the burst functions, which live in packet_tx.c and packet_rx.c.
 */
#include "netdev/packet.h"

#include "netdev/backends.h"
#include "util/text.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* One SIOCGIF… or SIOCETHTOOL question about the interface. */
static int ask(const struct packet_dev *packet, unsigned long request, struct ifreq *answer)
{
	text_copy(answer->ifr_name, sizeof(answer->ifr_name), packet->ifname);
	return ioctl(packet->ioctl_fd, request, answer) != 0 ? -errno : 0;
}

int packet_flags(const struct packet_dev *packet)
{
	struct ifreq answer = {0};
	int rc = ask(packet, SIOCGIFFLAGS, &answer);

	return rc ? rc : (uint16_t)answer.ifr_flags;
}

int packet_mtu(const struct packet_dev *packet)
{
	struct ifreq answer = {0};
	int rc = ask(packet, SIOCGIFMTU, &answer);

	return rc ? rc : answer.ifr_mtu;
}

static int not_there(const char *ifname, struct error *err)
{
	error_set(
		err, ENODEV, ERROR_DEVICE, "location", "there is no network interface %s", ifname);
	error_hint(err, "ip link shows the interfaces of this network namespace");
	return -ENODEV;
}

/* May this process use AF_PACKET at all? */
static int socket_check(struct error *err)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	error_set(err, errno, ERROR_NOT_PERMITTED, "location", "no packet socket: %s",
		strerror(errno));
	error_hint(err, "pktgend needs CAP_NET_RAW (and CAP_NET_ADMIN to receive everything)");
	return -errno;
}

static int interface_check(const struct packet_dev *packet, struct error *err)
{
	struct ifreq answer = {0};

	if (packet->ifindex == 0)
		return not_there(packet->ifname, err);
	if (ask(packet, SIOCGIFHWADDR, &answer) != 0)
		return not_there(packet->ifname, err);
	if (answer.ifr_hwaddr.sa_family == ARPHRD_ETHER)
		return 0;
	error_set(err, EINVAL, ERROR_UNSUPPORTED, "location",
		"%s does not carry Ethernet frames (link type %u)", packet->ifname,
		answer.ifr_hwaddr.sa_family);
	error_hint(err, "packet: works on Ethernet, veth, tap, bridge, macvlan and the like");
	return -EINVAL;
}

static void packet_close(struct netdev *dev)
{
	struct packet_dev *packet = (struct packet_dev *)dev;

	close(packet->ioctl_fd);
	free(packet);
}

static int packet_open(const char *address, struct netdev **dev, struct error *err)
{
	struct packet_dev *packet;
	int rc;

	if (strlen(address) >= IFNAMSIZ)
		return error_set(err, EINVAL, ERROR_INVALID, "location",
			"\"%.32s\" is too long for an interface name (%d characters)", address,
			IFNAMSIZ - 1);
	rc = socket_check(err);
	if (rc)
		return rc;
	packet = calloc(1, sizeof(*packet));
	if (!packet)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	packet->dev.ops = &netdev_packet_ops;
	packet->fanout_id = -1;
	text_copy(packet->ifname, sizeof(packet->ifname), address);
	packet->ifindex = (int)if_nametoindex(address);
	packet->ioctl_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rc = packet->ioctl_fd < 0
		     ? error_set(err, errno, ERROR_INTERNAL, NULL, "no socket: %s", strerror(errno))
		     : interface_check(packet, err);
	if (rc) {
		packet_close(&packet->dev);
		return rc;
	}
	*dev = &packet->dev;
	return 0;
}

static void ask_driver(const struct packet_dev *packet, struct netdev_info *info)
{
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
	struct ethtool_cmd settings = {.cmd = ETHTOOL_GSET};
	struct ifreq answer = {0};
	uint32_t speed;

	answer.ifr_data = (char *)&driver;
	text_copy(info->driver, sizeof(info->driver),
		ask(packet, SIOCETHTOOL, &answer) == 0 ? driver.driver : "unknown");
	answer.ifr_data = (char *)&settings;
	if (ask(packet, SIOCETHTOOL, &answer) != 0)
		return;
	speed = ethtool_cmd_speed(&settings);
	info->speed_mbps = speed == (uint32_t)SPEED_UNKNOWN ? 0 : speed;
}

static int packet_info(struct netdev *dev, struct netdev_info *info)
{
	const struct packet_dev *packet = (struct packet_dev *)dev;
	int rc, mtu = packet_mtu(packet);
	struct ifreq hardware = {0};

	if (mtu < 0)
		return mtu;
	rc = ask(packet, SIOCGIFHWADDR, &hardware);
	if (rc)
		return rc;
	*info = (struct netdev_info){
		.mtu = (uint32_t)mtu,
		.frame_max = (uint32_t)mtu + ETH_HLEN,
		.queues_max = PACKET_QUEUES_MAX,
		.align = CPU_CACHELINE,
	};
	memcpy(info->mac, hardware.ifr_hwaddr.sa_data, sizeof(info->mac));
	text_copy(info->ifname, sizeof(info->ifname), packet->ifname);
	ask_driver(packet, info);
	text_copy(info->features, sizeof(info->features),
		"tx: ring (TPACKET_V2), past the queueing discipline; "
		"rx: ring (TPACKET_V3), without what is sent on the interface itself");
	return 0;
}

static int packet_link(struct netdev *dev)
{
	const struct packet_dev *packet = (struct packet_dev *)dev;
	int flags;

	if ((int)if_nametoindex(packet->ifname) != packet->ifindex)
		return -ENODEV;
	flags = packet_flags(packet);
	if (flags < 0)
		return -ENODEV;
	return (flags & IFF_UP) && (flags & IFF_RUNNING);
}

static void queue_close(struct packet_queue *queue)
{
	if (!queue)
		return;
	packet_tx_close(&queue->queue, &queue->tx);
	packet_rx_close(&queue->rx, queue->queue.counters);
	free(queue);
}

static void packet_stop(struct netdev *dev)
{
	struct packet_dev *packet = (struct packet_dev *)dev;

	for (unsigned i = 0; i < packet->queue_count; i++)
		queue_close(packet->queues[i]);
	packet->queue_count = 0;
	packet->fanout_id = -1;
}

static int queue_open(struct packet_dev *packet, unsigned index, const struct netdev_conf *conf,
	struct packet_queue **queue)
{
	struct packet_queue *new = calloc(1, sizeof(*new));
	int rc = 0;

	if (!new)
		return -ENOMEM;
	new->queue = (struct netdev_queue){.dev = &packet->dev,
		.index = index,
		.counters = conf->counters[index],
		.pool = conf->pools[index]};
	new->tx.fd = new->rx.fd = -1;
	if (conf->tx)
		rc = packet_tx_open(packet, &new->tx);
	if (rc == 0 && conf->rx)
		rc = packet_rx_open(packet, &new->rx, conf->promiscuous);
	if (rc) {
		queue_close(new);
		return rc;
	}
	*queue = new;
	return 0;
}

static int packet_configure(struct netdev *dev, const struct netdev_conf *conf, struct error *err)
{
	struct packet_dev *packet = (struct packet_dev *)dev;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < conf->queues; i++) {
		rc = queue_open(packet, i, conf, &packet->queues[i]);
		packet->queue_count += rc == 0;
	}
	if (rc == 0)
		return 0;
	packet_stop(dev);
	error_set(err, -rc, ERROR_DEVICE, NULL, "packet:%s: %s", packet->ifname, strerror(-rc));
	if (rc == -EPERM)
		error_hint(err, "pktgend needs CAP_NET_RAW and CAP_NET_ADMIN");
	return rc;
}

/* Frames come in from here on: the moment at which all queues exist. */
static int packet_start(struct netdev *dev, struct error *err)
{
	struct packet_dev *packet = (struct packet_dev *)dev;

	for (unsigned i = 0; i < packet->queue_count; i++) {
		struct packet_rx *rx = &packet->queues[i]->rx;
		int rc = rx->fd >= 0 ? packet_rx_start(packet, rx) : 0;

		if (rc)
			return error_set(err, -rc, ERROR_DEVICE, NULL,
				"packet:%s: cannot receive: %s", packet->ifname, strerror(-rc));
	}
	return 0;
}

static struct netdev_queue *packet_queue_get(struct netdev *dev, unsigned index)
{
	return &((struct packet_dev *)dev)->queues[index]->queue;
}

static void packet_probe(const char *address, struct netdev_probe *probe)
{
	struct netdev_info info;
	struct error err = {0};
	struct netdev *dev;
	int link;

	if (packet_open(address, &dev, &err) != 0) {
		netdev_probe_error(probe, "packet", &err);
		return;
	}
	link = packet_link(dev);
	if (packet_info(dev, &info) == 0) {
		probe->usable = true;
		netdev_probe_add(probe, "interface", "%s, driver %s, MTU %u, frames up to %u bytes",
			info.ifname, info.driver, info.mtu, info.frame_max);
		netdev_probe_add(
			probe, "link", link > 0 ? "up" : "down: frames cannot be sent now");
		if (info.speed_mbps)
			netdev_probe_add(probe, "speed", "%u Mbit/s", info.speed_mbps);
		netdev_probe_add(probe, "packet", "works; %s", info.features);
	}
	packet_close(dev);
}

const struct netdev_ops netdev_packet_ops = {
	.backend = "packet",
	.address = "IFNAME",
	.summary = "AF_PACKET sockets: every kernel, every Ethernet interface",
	.is_interface = true,
	.probe = packet_probe,
	.open = packet_open,
	.info = packet_info,
	.link = packet_link,
	.configure = packet_configure,
	.start = packet_start,
	.stop = packet_stop,
	.close = packet_close,
	.queue = packet_queue_get,
	.tx_burst = packet_tx_burst,
	.tx_reap = packet_tx_reap,
	.rx_burst = packet_rx_burst,
	.rx_fd = packet_rx_fd,
};
