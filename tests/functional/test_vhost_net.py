# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's own back end behind a TAP; where it is missing, what is said about that."""
import os

import pytest

from harness import wait_until
from traffic import DAEMON, dropped, kernel_counts, receive, send, stop, wait_end

VHOST = "/dev/vhost-net"
COUNT = 20_000
needs_vhost = pytest.mark.skipif(not os.path.exists(VHOST), reason=f"there is no {VHOST}")


@pytest.mark.skipif(os.path.exists(VHOST), reason=f"there is {VHOST}")
def test_a_missing_module_is_named(namespace, run_daemon):
    daemon = run_daemon(namespace, DAEMON + "[port p0]\nlocation = vhost-net:tap0\n")
    probe = daemon.ctl("probe", "vhost-net:tap0", status=7).stdout
    assert "modprobe vhost_net" in probe
    shown = daemon.call("port.show", name="p0")
    assert shown["state"] == "unprobed" and VHOST in shown["reason"]


@pytest.mark.parametrize("location, text", [
    ("vhost-net:a-name-that-is-too-long", "too long for an interface name"),
    ("vhost-net:tap0,role=device", "no option is called"),
    ("vhost-net:", "needs an address"),
])
def test_wrong_locations_are_refused(namespace, run_daemon, location, text):
    daemon = run_daemon(namespace, DAEMON)
    assert text in daemon.ctl("port", "add", "x", location, status=5).stderr


def test_probe_tells_a_tap_from_others(pair, run_daemon):
    daemon = run_daemon(pair, DAEMON)
    assert "p0 is no TAP" in daemon.ctl("probe", "vhost-net:p0", status=7).stdout
    missing = daemon.ctl("probe", "vhost-net:tap9", status=0 if os.path.exists(VHOST) else 7)
    assert "ip tuntap add tap9" in missing.stdout


@needs_vhost
@pytest.mark.parametrize("queues", [1, 2])
def test_counts_both_ways(namespace, run_daemon, queues):
    daemon = run_daemon(namespace, f"{DAEMON}[port p0]\nlocation = vhost-net:tap0\n"
                                   f"queues = {queues}\n")
    assert "ip link set tap0 up" in daemon.call("port.show", name="p0")["reason"]
    namespace.up("tap0")
    wait_until(lambda: daemon.port("p0")["link"] == "up", what="the link is up")
    send(daemon, count=COUNT)
    sent = wait_end(daemon)
    assert sent["frames_tx"] == COUNT and dropped(sent) == 0
    wait_until(lambda: kernel_counts(namespace, "tap0", "rx") == (COUNT, COUNT * 60),
               what="the kernel received every frame")
    daemon.call("port.add", name="p1", location="packet:tap0")
    receive(daemon, "p0")
    send(daemon, "p1", count=COUNT, rate="20kpps")
    assert wait_end(daemon, "p1")["frames_tx"] == COUNT
    assert stop(daemon, "p0")["frames_rx"] == COUNT
