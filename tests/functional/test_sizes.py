# SPDX-License-Identifier: BSD-2-Clause
"""Every frame size from the smallest to the largest, and what is refused beyond them."""
import collections

import pytest

from harness.rpc import RpcError
from traffic import DAEMON, PORTS, captured_run, check_counts, set_flows, transfer

SMALLEST, LARGEST = 60, 1514
FLOWS_MAX = 256
V6 = {"src_ip": "2001:db8::1"}


@pytest.fixture
def daemon(pair, run_daemon):
    return run_daemon(pair, PORTS)


def test_every_size(daemon, capture, pair):
    far_end = capture(pair, "p1")
    sizes = list(range(SMALLEST, LARGEST + 1))
    for start in range(0, len(sizes), FLOWS_MAX):
        set_flows(daemon, *({"name": f"s{size}", "size": size, "count": 1 + size % 3, "burst": 3,
                             "src_port": f"0-{size}"} for size in sizes[start:start + FLOWS_MAX]))
        sent, received = transfer(daemon)
        assert received["frames_rx"] == sent["frames_tx"]
    expected = collections.Counter({size: 1 + size % 3 for size in sizes})
    frames = far_end.wait(expected.total()).stop().frames
    assert collections.Counter(map(len, frames)) == expected
    rows = far_end.tshark("frame.len", "ip.len", "ip.checksum.status", "udp.length",
                          "udp.checksum.status")
    assert collections.Counter(rows) == {
        (str(size), str(size - 14), "1", str(size - 34), "1"): n for size, n in expected.items()}


@pytest.mark.parametrize("size", [SMALLEST, LARGEST])
def test_bytes_are_counted_at_both_ends_of_the_range(daemon, pair, size):
    sent, received = transfer(daemon, size=size, count=100)
    assert sent["bytes_tx"] == received["bytes_rx"] == 100 * size
    check_counts(pair, sent, received)


@pytest.mark.parametrize("settings, smallest", [
    ({}, 60), ({"metrics": True}, 60), ({"vlan": 1}, 60), ({"vlan": 1, "metrics": True}, 62),
    (V6, 62), ({**V6, "vlan": 1}, 66), ({**V6, "metrics": True}, 78),
    ({**V6, "vlan": 1, "metrics": True}, 82),
])
def test_smallest_size_of_each_stack_of_headers(daemon, capture, pair, settings, smallest):
    (frame,) = captured_run(daemon, capture, pair, size=smallest, count=1, **settings)
    assert len(frame) == smallest
    error = refusal(daemon, size=smallest - 1, **settings)
    assert str(smallest) in error.data["hint"] or str(smallest) in error.message


@pytest.mark.parametrize("settings", [{}, V6])
def test_tag_comes_on_top_of_the_largest_size(daemon, capture, pair, settings):
    (frame,) = captured_run(daemon, capture, pair, size=LARGEST + 4, vlan=9, count=1, **settings)
    assert len(frame) == LARGEST + 4
    refusal(daemon, size=LARGEST + 5, vlan=9, **settings)


def refusal(daemon, **options):
    """The error that a start ends in; nothing has changed after it."""
    before = daemon.call("flow.list"), daemon.port("p0")
    with pytest.raises(RpcError) as caught:
        daemon.call("traffic.start", ports=["p0"], count=1, **options)
    assert caught.value.data["reason"] == "invalid" and caught.value.data["param"] == "size"
    assert (daemon.call("flow.list"), daemon.port("p0")) == before
    return caught.value


@pytest.mark.parametrize("options, message, hint", [
    ({"size": 59}, "59", ""),
    ({"size": 0}, "0", ""),
    ({"size": LARGEST + 1}, "1515 bytes is longer than port p0 can send", "1514"),
    ({"size": 9014}, "9014 bytes is longer than port p0 can send", "MTU"),
    ({"size": 60, **V6}, "60 bytes has no room for IPv6 and UDP", "--size 62"),
    ({"size": 65, "vlan": 1, **V6}, "no room for a VLAN tag, IPv6 and UDP", "--size 66"),
])
def test_what_cannot_be_sent_is_refused(daemon, options, message, hint):
    error = refusal(daemon, **options)
    assert message in error.message and hint in error.data["hint"]


def test_refusal_leaves_running_traffic_alone(daemon):
    transfer(daemon, size=100, count=5)
    before = daemon.port("p0"), daemon.call("flow.list")
    refusal(daemon, size=1515)
    assert (daemon.port("p0"), daemon.call("flow.list")) == before
    done = daemon.ctl("start", "p0", "--size", "1515", status=5)
    assert "size" in done.stderr and "1514" in done.stderr and done.stdout == ""


JUMBO = DAEMON + "".join(
    f"[port {name}]\nlocation = packet:{name}\n{{extra}}" for name in ("p0", "p1"))


@pytest.mark.parametrize("build", ["generate", "copy", "zerocopy"])
def test_jumbo_frames(namespace, run_daemon, capture, build):
    namespace.veth("p0", "p1", mtu=9000)
    daemon = run_daemon(namespace, JUMBO.format(extra="pool-object-size = 16384\n"))
    far_end = capture(namespace, "p1")
    sent, received = transfer(daemon, size=9014, count=300, build=build, src_port="1-7")
    assert received["frames_rx"] == sent["frames_tx"] == 300
    check_counts(namespace, sent, received)
    rows = far_end.wait(300).stop().tshark("frame.len", "ip.checksum.status", "udp.checksum.status")
    assert rows == [("9014", "1", "1")] * 300


def test_jumbo_frame_without_room_for_it(namespace, run_daemon):
    namespace.veth("p0", "p1", mtu=9000)
    daemon = run_daemon(namespace, JUMBO.format(extra=""))
    error = refusal(daemon, size=9014)
    assert "does not fit into a packet buffer" in error.message
    assert "pool-object-size of port p0" in error.data["hint"]
    sent, _ = transfer(daemon, size=1514, count=10)
    assert sent["frames_tx"] == 10


def test_frame_longer_than_the_receivers_buffers_is_a_drop(namespace, run_daemon):
    namespace.veth("p0", "p1", mtu=9000)
    daemon = run_daemon(namespace, JUMBO.format(extra="").replace(
        "packet:p0\n", "packet:p0\npool-object-size = 16384\n"))
    sent, received = transfer(daemon, size=9014, count=50)
    assert sent["frames_tx"] == 50
    assert received["frames_rx"] == 0 and received["drops"]["rx-too-long"] == 50
    check_counts(namespace, sent, received)
