/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vocabulary that users, the configuration file, the control socket and pktgenctl share: the
 * one header of names that pktgenctl takes from the daemon.
 *
 * An option is spelled with '-' on the command line and in the file ("dst-mac"), and with '_' as a
 * JSON key ("dst_mac").
 */
#ifndef CONFIG_WIRE_H
#define CONFIG_WIRE_H

#define WIRE_SOCKET_DEFAULT  RUNSTATEDIR "/pktgend/control.sock"
#define WIRE_CONFIG_DEFAULT  SYSCONFDIR "/pktgend.conf"
#define WIRE_METRICS_DEFAULT "127.0.0.1:10478"

/* Limits of the control socket, published by system.hello. */
#define WIRE_FRAME_MAX       65536 /* bytes of a request or a line */
#define WIRE_CONNECTIONS_MAX 64
#define WIRE_BATCH_MAX       32

/* Limits of the daemon. */
#define WIRE_PORTS_MAX 64
#define WIRE_FLOWS_MAX 256

/* The backends of this build, as the registry of netdev has them: the words before ':' in a
 * location. */
#define WIRE_BACKENDS "packet", "vhost-user", "vhost-net", "virtio-pci", "null"

/* Settings of a flow: X(enumerator, option, placeholder, help). */
#define WIRE_FLOW_OPTIONS(X) \
	X(SIZE, "size", "BYTES", "frame size without FCS, 60 to the port's MTU + 14") \
	X(DST_MAC, "dst-mac", "MAC", "destination address") \
	X(SRC_MAC, "src-mac", "MAC", "source address; default: the port's own") \
	X(VLAN, "vlan", "ID", "adds an 802.1Q tag with this VLAN, 1 to 4094; none: no tag") \
	X(VLAN_PRIORITY, "vlan-priority", "PCP", "priority in the tag, 0 to 7") \
	X(SRC_IP, "src-ip", "ADDR", "source address, IPv4 or IPv6") \
	X(DST_IP, "dst-ip", "ADDR", "destination address, IPv4 or IPv6") \
	X(TTL, "ttl", "N", "time to live, or hop limit") \
	X(DSCP, "dscp", "N", "differentiated services code point, 0 to 63") \
	X(SRC_PORT, "src-port", "PORT", "UDP source port") \
	X(DST_PORT, "dst-port", "PORT", "UDP destination port") \
	X(METRICS, "metrics", "yes|no", \
		"carry the measurement signature, count per flow on receipt") \
	X(RATE, "rate", "RATE", "100kpps, 1.5Gbit, 50% of line rate; max: as fast as it goes") \
	X(RATE_LAYER, "rate-layer", "l1|l2", \
		"what a rate in bits counts: the wire, or frame bytes") \
	X(COUNT, "count", "N", "stop after N frames") \
	X(DURATION, "duration", "TIME", "stop after this time (s ms us ns m h)") \
	X(BURST, "burst", "N", "frames handed to the device in one call, 1 to 512") \
	X(BUILD, "build", "HOW", "generate, copy or zerocopy") \
	X(ALLOC, "alloc", "WHERE", "buffers from the pool or the heap") \
	X(ON_FULL, "on-full", "WHAT", "retry or drop when the device takes no more")

/* Settings of a port beside its location. */
#define WIRE_PORT_OPTIONS(X) \
	X(CPU, "cpu", "N|auto", "the processor of its (first) worker") \
	X(QUEUES, "queues", "N", "queue pairs, each with a worker of its own, 1 to 16") \
	X(POOL_OBJECTS, "pool-objects", "N", "packet buffers per queue, 64 to 1048576") \
	X(POOL_OBJECT_SIZE, "pool-object-size", "BYTES", \
		"size of a packet buffer, 2048 to 131072") \
	X(PROMISCUOUS, "promiscuous", "yes|no", "receive frames for other addresses too") \
	X(RATE_LIMIT, "rate-limit", "RATE", "ceiling for whatever is asked of the port")

/* Standard JSON-RPC 2.0 codes (§5.1) and the daemon's own, one for each class of error. */
#define WIRE_RPC_PARSE_ERROR      (-32700)
#define WIRE_RPC_INVALID_REQUEST  (-32600)
#define WIRE_RPC_METHOD_NOT_FOUND (-32601)
#define WIRE_RPC_INVALID_PARAMS   (-32602)
#define WIRE_RPC_INTERNAL_ERROR   (-32603)
#define WIRE_RPC_SERVER_FIRST     (-32000) /* -32000 - enum error_reason */

#endif
