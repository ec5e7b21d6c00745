# SPDX-License-Identifier: BSD-2-Clause
"""Every combination of the options of a run is exact, with a device and without one."""
import itertools

import pytest

from traffic import DAEMON, PORTS, dropped, kernel_counts, receive, send, stop, wait_end

BUILDS = ("generate", "copy", "zerocopy")
ALLOCS = ("pool", "heap")
ON_FULL = ("retry", "drop")
BURSTS = (1, 7, 64, 512)
COUNT = 777  # no multiple of a burst
FIELDS = {"src_port": "1-5", "dst_ip": "10.0.0.1-10.0.0.9"}


@pytest.mark.parametrize("build, alloc", itertools.product(BUILDS, ALLOCS))
def test_on_a_device(pair, run_daemon, build, alloc):
    daemon = run_daemon(pair, PORTS)
    receive(daemon)
    total = 0
    for on_full, burst, fields in itertools.product(ON_FULL, BURSTS, ({}, FIELDS)):
        send(daemon, count=COUNT, build=build, alloc=alloc, on_full=on_full, burst=burst, **fields)
        sent = wait_end(daemon)
        assert sent["frames_tx"] + dropped(sent, "tx-") == COUNT, (on_full, burst)
        assert dropped(sent, "tx-") == 0 or on_full == "drop", (on_full, burst)
        assert sent["pool"]["free"] == sent["pool"]["objects"], (on_full, burst)
        total += sent["frames_tx"]
        assert kernel_counts(pair, "p0", "tx") == (total, 60 * total), (on_full, burst)
    received = stop(daemon, "p1")
    assert received["frames_rx"] + dropped(received, "rx-") == total
    assert kernel_counts(pair, "p1", "rx") == (total, 60 * total)


@pytest.mark.parametrize("build, alloc", itertools.product(BUILDS, ALLOCS))
def test_without_a_device(namespace, run_daemon, build, alloc):
    daemon = run_daemon(namespace, DAEMON + "[port p0]\nlocation = null:\n")
    for on_full, burst, fields in itertools.product(ON_FULL, BURSTS, ({}, FIELDS)):
        send(daemon, count=100 * COUNT, build=build, alloc=alloc, on_full=on_full, burst=burst,
             **fields)
        sent = wait_end(daemon)
        assert sent["frames_tx"] == 100 * COUNT, (on_full, burst)
        assert sent["bytes_tx"] == 60 * 100 * COUNT and dropped(sent) == 0
        assert sent["pool"]["free"] == sent["pool"]["objects"]


def test_pool_smaller_than_the_ring_still_sends_all(pair, run_daemon):
    daemon = run_daemon(pair, PORTS.replace("[port p1]", "pool-objects = 64\n[port p1]"))
    for build in BUILDS:
        send(daemon, count=1000, burst=64, build=build)
        sent = wait_end(daemon)
        assert sent["frames_tx"] == 1000
        assert sent["pool"] == {"objects": 64, "free": 64, "exhausted": 0}


def test_options_of_the_command_line_reach_the_run(namespace, run_daemon):
    daemon = run_daemon(namespace, DAEMON + "[port p0]\nlocation = null:\n")
    daemon.ctl("start", "--size", "99", "--count", "12", "--burst", "5", "--build", "generate",
               "--alloc", "heap", "--on-full", "drop", "--rate", "1kpps", "--dst-mac",
               "02:00:00:00:00:0c", "--vlan", "7", "--wait")
    (flow,) = daemon.call("flow.list")["flows"]
    expected = {"size": 99, "count": 12, "burst": 5, "build": "generate", "alloc": "heap",
                "on_full": "drop", "rate": "1kpps", "dst_mac": "02:00:00:00:00:0c", "vlan": 7}
    assert {key: flow[key] for key in expected} == expected
    assert daemon.port("p0")["bytes_tx"] == 12 * 99
