# SPDX-License-Identifier: BSD-2-Clause
"""The interface that carries the default route is not flooded by accident."""
import pytest

from harness import wait_until
from harness.rpc import RpcError
from traffic import PORTS, kernel_counts, receive, send, stop, wait_end

ROUTES = {
    4: (["addr", "add", "192.0.2.1/24", "dev", "p0"],
        ["-4", "route", "add", "default", "via", "192.0.2.254", "dev", "p0"]),
    6: (["addr", "add", "2001:db8::1/64", "dev", "p0", "nodad"],
        ["-6", "route", "add", "default", "via", "2001:db8::fe", "dev", "p0"]),
}


def add_route(namespace, version):
    if version == 6:
        namespace.run("sysctl", "-qw", "net.ipv6.conf.p0.disable_ipv6=0")
    for command in ROUTES[version]:
        namespace.ip(*command)


@pytest.fixture(params=[4, 6])
def daemon(request, pair, run_daemon):
    add_route(pair, request.param)
    return run_daemon(pair, PORTS)


def test_refused_without_force(daemon, pair):
    before = kernel_counts(pair, "p0", "tx")
    with pytest.raises(RpcError) as caught:
        send(daemon, count=1)
    assert caught.value.data["reason"] == "needs-force" and caught.value.data["param"] == "force"
    assert caught.value.data["hint"]
    assert daemon.port("p0")["state"] == "configured" and daemon.port("p0")["frames_tx"] == 0
    assert daemon.call("flow.list")["flows"] == []
    assert kernel_counts(pair, "p0", "tx")[0] - before[0] < 10  # the kernel's own, for IPv6


def test_pktgenctl_says_why_and_what_helps(daemon):
    done = daemon.ctl("start", "p0", "--size", "60", status=5)
    assert done.stdout == ""
    assert "p0" in done.stderr and "default route" in done.stderr and "--force" in done.stderr


def test_sends_with_force(daemon):
    daemon.ctl("start", "p0", "--count", "10", "--force", "--wait")
    assert daemon.port("p0")["frames_tx"] == 10
    send(daemon, count=20, force=True)
    assert wait_end(daemon)["frames_tx"] == 20


def test_other_interface_needs_no_force(daemon):
    send(daemon, "p1", count=10)
    assert wait_end(daemon, "p1")["frames_tx"] == 10


def test_receiving_needs_no_force(daemon):
    receive(daemon, "p0")
    send(daemon, "p1", count=10)
    wait_end(daemon, "p1")
    assert stop(daemon, "p0")["frames_rx"] >= 10  # the kernel's own frames, for IPv6


def test_refused_for_one_port_starts_none(daemon):
    with pytest.raises(RpcError):
        daemon.call("traffic.start", mode="both", size=60)
    assert [daemon.port(name)["state"] for name in ("p0", "p1")] == ["configured"] * 2


def test_force_is_asked_for_only_while_the_route_is_there(daemon, pair):
    pair.run("sh", "-c", "ip -4 route flush table main; ip -6 route flush table main")
    send(daemon, count=10)
    assert wait_end(daemon)["frames_tx"] == 10


def test_autostart_does_not_send_there_either(pair, run_daemon):
    add_route(pair, 4)
    daemon = run_daemon(pair, PORTS + "[flow f]\nport = p0\nautostart = yes\n")
    wait_until(lambda: "default route" in daemon.log, what="the log says so")
    assert daemon.port("p0")["state"] == "configured" and daemon.port("p0")["frames_tx"] == 0


def test_route_to_one_network_is_no_default_route(pair, run_daemon):
    pair.ip("addr", "add", "192.0.2.1/24", "dev", "p0")
    pair.ip("route", "add", "198.51.100.0/24", "via", "192.0.2.254")
    daemon = run_daemon(pair, PORTS)
    send(daemon, count=10)
    assert wait_end(daemon)["frames_tx"] == 10
