# SPDX-License-Identifier: BSD-2-Clause
"""netkit, in two namespaces: the pair that containers get in kernels from 6.7 on, whose point is a
BPF program on its way. pktgend sees an ordinary interface, and must count as the program does."""
import pytest

from traffic import DAEMON, dropped, kernel_counts, receive, send, stop, wait_end

# The device that "ip" makes is the primary one of the pair, and nk0 its peer.
ENDS = {"a": "k0", "b": "nk0"}


class Inside:
    """One of the guest's namespaces, for kernel_counts()."""

    def __init__(self, guest, name):
        self.guest, self.name = guest, name

    def counters(self, interface):
        return self.guest.counters(interface, self.name)


@pytest.fixture
def guest(boot):
    guest = boot()
    guest.run("""
        ip netns add a
        ip netns add b
        ip -n a link add k0 type netkit
        ip -n a link set nk0 netns b
        ip -n a link set k0 up
        ip -n b link set nk0 up
        """)
    return guest


@pytest.fixture
def daemons(guest, run_daemon):
    """A daemon at each end, in its namespace, with a port p0."""
    config = f"{DAEMON}[port p0]\ncpu = {{}}\nlocation = packet:{{}}\n"
    return {end: run_daemon(guest, config.format(cpu, device), name=end, namespace=end)
            for cpu, (end, device) in enumerate(ENDS.items())}


@pytest.mark.parametrize("sender, receiver, direction", [("a", "b", "from"), ("b", "a", "to")])
def test_counts_are_those_of_the_bpf_program(guest, daemons, sender, receiver, direction):
    guest.start(f"netkit-count k0 {direction}", "count", "a")
    guest.wait_log("count", "attached")
    receive(daemons[receiver], "p0")
    send(daemons[sender], count=20000, rate="20kpps")
    sent = wait_end(daemons[sender])
    assert (sent["frames_tx"], dropped(sent)) == (20000, 0)
    received = stop(daemons[receiver], "p0")
    assert (received["frames_rx"], dropped(received)) == (20000, 0)
    assert guest.end("count") == 0
    assert guest.run("tail -n1 /tmp/count.log").stdout == "20000\n"
    for end, name in ((sender, "tx"), (receiver, "rx")):
        assert kernel_counts(Inside(guest, end), ENDS[end], name) == (20000, 20000 * 60)
