# SPDX-License-Identifier: BSD-2-Clause
"""Kinds of interfaces beside a plain veth pair: bridge, TAP, macvlan, ifb, dummy."""
import subprocess

import pytest

from traffic import (DAEMON, PORTS, check_counts, kernel_counts, receive, send, stop, transfer,
                     wait_end)

FRAMES = 1000


def add_or_skip(namespace, name, kind):
    done = namespace.run("ip", "link", "add", name, "type", kind, check=False,
                         stderr=subprocess.STDOUT)
    if done.returncode != 0:
        pytest.skip(f"this kernel makes no interface of type {kind}: {done.stdout.strip()}")
    namespace.up(name)


@pytest.fixture
def bridged(namespace):
    """p0 and p1 reach each other through a bridge, as two hosts would."""
    namespace.veth("p0", "b0")
    namespace.veth("p1", "b1")
    namespace.bridge("bridge0", "b0", "b1")
    return namespace


@pytest.mark.parametrize("destination", ["02:00:00:00:00:0b", "ff:ff:ff:ff:ff:ff", "p1"])
def test_bridge_between_the_ports(bridged, run_daemon, destination):
    daemon = run_daemon(bridged, PORTS)
    mac = bridged.link("p1")["address"] if destination == "p1" else destination
    sent, received = transfer(daemon, count=FRAMES, size=200, rate="20kpps", dst_mac=mac)
    check_counts(bridged, sent, received)
    assert received["frames_rx"] == FRAMES


def test_bridge_sends_an_unknown_address_to_everybody_and_a_known_one_to_its_port(
        bridged, run_daemon):
    bridged.veth("p2", "b2")
    bridged.ip("link", "set", "dev", "b2", "master", "bridge0")
    daemon = run_daemon(bridged, PORTS + "[port p2]\nlocation = packet:p2\n")
    receive(daemon, "p1", "p2")
    send(daemon, count=100, dst_mac="02:00:00:00:00:0b")
    wait_end(daemon)
    p1, p2 = stop(daemon, "p1", "p2")
    assert p1["frames_rx"] == p2["frames_rx"] == 100
    send(daemon, "p1", count=1, src_mac="02:00:00:00:00:0b")  # the bridge learns where it is
    wait_end(daemon, "p1")
    receive(daemon, "p1", "p2")
    send(daemon, count=100, dst_mac="02:00:00:00:00:0b")
    wait_end(daemon)
    p1, p2 = stop(daemon, "p1", "p2")
    assert (p1["frames_rx"], p2["frames_rx"]) == (100, 0)


def test_port_on_the_bridge_itself(bridged, run_daemon):
    daemon = run_daemon(bridged, PORTS.replace("packet:p0", "packet:bridge0"))
    sent, received = transfer(daemon, count=FRAMES, rate="20kpps", dst_mac="ff:ff:ff:ff:ff:ff")
    assert sent["frames_tx"] == received["frames_rx"] == FRAMES
    assert kernel_counts(bridged, "p0", "rx") == (FRAMES, 60 * FRAMES)  # flooded to both


@pytest.mark.parametrize("rate", ["5kpps", "max"])
def test_tap_reads_what_the_port_sends(namespace, run_daemon, rate):
    tap = namespace.tap("t0")
    daemon = run_daemon(namespace, DAEMON + "[port p0]\nlocation = packet:t0\n")
    send(daemon, count=300, size=100, rate=rate, src_port="1000-1299", burst=32)
    frames = [tap.read() for _ in range(300)]
    assert tap.read(timeout=0.05) is None
    assert {len(frame) for frame in frames} == {100}
    assert [int.from_bytes(f[34:36], "big") for f in frames] == list(range(1000, 1300))
    wanted = bytes.fromhex(daemon.call("flow.frame", name="default", n=299)["hex"])
    assert frames[299] == wanted
    sent = wait_end(daemon)
    assert (sent["frames_tx"], sent["bytes_tx"]) == (300, 30000)
    assert kernel_counts(namespace, "t0", "tx") == (300, 30000)
    tap.close()


def test_port_receives_what_is_written_to_the_tap(namespace, run_daemon):
    tap = namespace.tap("t0")
    daemon = run_daemon(namespace, DAEMON + "[port p0]\nlocation = packet:t0\n")
    receive(daemon, "p0")
    sizes = list(range(60, 1515, 7))
    for size in sizes:
        tap.write(bytes.fromhex("02000000000102000000000288b5") + bytes(size - 14))
    received = stop(daemon, "p0")
    assert (received["frames_rx"], received["bytes_rx"]) == (len(sizes), sum(sizes))
    assert kernel_counts(namespace, "t0", "rx") == (len(sizes), sum(sizes))
    tap.close()


def test_tap_that_nobody_reads_is_backpressure(namespace, run_daemon):
    """The device's queue fills up: frames in it do not count as sent until they are read."""
    tap = namespace.tap("t0")
    daemon = run_daemon(namespace, DAEMON + "[port p0]\nlocation = packet:t0\n")
    send(daemon, count=5000)
    daemon.wait_state("p0", "stalled", timeout=20)
    stalled = daemon.port("p0")
    assert stalled["frames_tx"] < 5000 and stalled["backpressure"] > 0
    read = 0
    while read < 5000 and tap.read():
        read += 1
    assert read == 5000
    assert wait_end(daemon)["frames_tx"] == 5000
    tap.close()


def test_macvlan(namespace, run_daemon, capture):
    """Two macvlans on one parent reach each other; what is for others leaves by the parent."""
    namespace.veth("v0", "v1")
    namespace.macvlan("p0", "v0")
    namespace.macvlan("p1", "v0")
    daemon = run_daemon(namespace, PORTS)
    mac = namespace.link("p1")["address"]
    sent, received = transfer(daemon, count=FRAMES, rate="20kpps", dst_mac=mac)
    assert sent["frames_tx"] == received["frames_rx"] == FRAMES
    assert kernel_counts(namespace, "p0", "tx") == (FRAMES, 60 * FRAMES)
    assert kernel_counts(namespace, "p1", "rx")[0] == FRAMES
    far_end = capture(namespace, "v1")
    send(daemon, count=10, dst_mac="02:00:00:00:00:0b")
    wait_end(daemon)
    frames = far_end.wait(10).stop().frames
    source = bytes.fromhex(namespace.link("p0")["address"].replace(":", ""))
    assert [frame[6:12] for frame in frames] == [source] * 10


def test_vlan_interface_carries_our_frames_in_its_tag(namespace, run_daemon, capture):
    namespace.veth("v0", "v1")
    done = namespace.run("ip", "link", "add", "link", "v0", "name", "p0", "type", "vlan", "id",
                         "42", check=False, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        pytest.skip(f"this kernel makes no VLAN interface: {done.stdout.strip()}")
    namespace.up("p0")
    daemon = run_daemon(namespace, DAEMON + "[port p0]\nlocation = packet:p0\n")
    far_end = capture(namespace, "v1")
    send(daemon, count=20, size=60)
    assert wait_end(daemon)["frames_tx"] == 20
    frames = far_end.wait(20).stop().frames
    assert {(len(f), f[12:16]) for f in frames} == {(64, bytes.fromhex("8100002a"))}


@pytest.mark.parametrize("kind", ["dummy", "ifb"])
def test_sink(namespace, run_daemon, kind):
    add_or_skip(namespace, "s0", kind)
    daemon = run_daemon(namespace, DAEMON + "[port p0]\nlocation = packet:s0\n")
    send(daemon, count=FRAMES, size=1514)
    sent = wait_end(daemon)
    assert sent["frames_tx"] == FRAMES and sent["bytes_tx"] == 1514 * FRAMES
    if kind == "dummy":  # an ifb counts on both sides, as it sends frames back to where they were
        assert kernel_counts(namespace, "s0", "tx") == (FRAMES, 1514 * FRAMES)


@pytest.mark.parametrize("name, status, text", [
    ("lo", 5, "does not carry Ethernet"), ("absent", 7, "no network interface absent"),
    ("a-name-that-is-too-long", 5, "too long"),
])
def test_what_is_no_ethernet_interface_is_refused(namespace, run_daemon, name, status, text):
    daemon = run_daemon(namespace, DAEMON)
    done = daemon.ctl("port", "add", "p9", f"packet:{name}", status=status)
    assert text in done.stderr
    assert daemon.call("port.list")["ports"] == []


def test_port_is_added_used_and_removed(pair, run_daemon):
    daemon = run_daemon(pair, DAEMON)
    for name in ("p0", "p1"):
        daemon.ctl("port", "add", name, f"packet:{name}", "pool-objects=256")
    sent, received = transfer(daemon, count=100)
    check_counts(pair, sent, received)
    assert sent["pool"]["objects"] == 256
    daemon.call("flow.remove", name="default")
    for name in ("p0", "p1"):
        daemon.ctl("port", "remove", name)
    assert daemon.call("stats.get")["ports"] == []
