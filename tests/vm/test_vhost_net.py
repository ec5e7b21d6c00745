# SPDX-License-Identifier: BSD-2-Clause
"""vhost-net: rings in pktgend's memory that the kernel serves, and a TAP interface behind them."""
import pytest

from exchange import check_exchange
from traffic import DAEMON, kernel_counts, send, stop, wait_sent

COUNT = 20000


@pytest.fixture
def guest(require_backend, boot):
    require_backend("vhost-net")
    guest = boot()
    guest.run("""
        modprobe vhost_net
        ip tuntap add tap0 mode tap vnet_hdr
        ip link set tap0 up
        """)
    return guest


@pytest.fixture
def daemon(guest, run_daemon):
    """Its port p0 is the guest's side of the TAP interface, p1 the kernel's."""
    return run_daemon(guest, f"{DAEMON}[port p0]\nlocation = vhost-net:tap0\ncpu = 0\n"
                      "[port p1]\nlocation = packet:tap0\ncpu = 1\n")


@pytest.mark.parametrize("options", [{"rate": "20kpps"}, {}, {"rate": "10kpps", "size": 1514}],
                         ids=["paced", "flood", "long"])
def test_counts_are_exact_from_the_ring_to_the_kernel(guest, daemon, options):
    sent = check_exchange((daemon, "p0"), (daemon, "p1"), count=COUNT, metrics=True, **options)
    assert kernel_counts(guest, "tap0", "rx") == (COUNT, sent["bytes_tx"])
    assert daemon.flow("default")["loss"] == 0


def test_counts_are_exact_from_the_kernel_to_the_ring(guest, daemon):
    sent = check_exchange((daemon, "p1"), (daemon, "p0"), count=COUNT, rate="20kpps", metrics=True)
    assert kernel_counts(guest, "tap0", "tx") == (COUNT, sent["bytes_tx"])
    assert daemon.flow("default")["loss"] == 0


def test_killed_daemon_leaves_a_tap_that_the_next_one_takes(daemon):
    send(daemon, rate="10kpps")
    wait_sent(daemon, 1000)
    daemon.kill()
    daemon.start()
    check_exchange((daemon, "p0"), (daemon, "p1"), count=1000, rate="20kpps")
    send(daemon, rate="10kpps")
    wait_sent(daemon, 1000)
    stop(daemon, "p0")
