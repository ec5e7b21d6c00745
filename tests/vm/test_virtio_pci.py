# SPDX-License-Identifier: BSD-2-Clause
"""virtio-pci: pktgend drives the cards that the guest's kernel has let go.

Two cards are joined back to back, and each port of the daemon is one of them. What one sends the
other receives, frame for frame: the datagrams between them wait when nobody takes them.
"""
import os
import shutil
import subprocess

import pytest

from cards import CARDS, KINDS, MACHINES, MACS, VFIO, back_to_back, bind, machine
from exchange import check_exchange
from harness import wait_until
from harness.namespace import Namespace
from traffic import DAEMON, send, set_flows, transfer, wait_end, wait_sent

COUNT = 20000


@pytest.fixture
def boot_cards(require_backend, boot, directory):
    """Boots a guest with two cards of a kind."""
    def start(kind):
        require_backend("virtio-pci")
        first, options = machine(kind.driver)
        return boot(*first, *back_to_back(directory, kind.options), **options)
    return start


@pytest.fixture
def run_cards(boot_cards, run_daemon):
    """The same with the driver bound, and a daemon whose ports p0 and p1 are the cards."""
    def start(name):
        guest = boot_cards(KINDS[name])
        bind(guest, KINDS[name].driver, *CARDS)
        ports = (f"[port p{i}]\ncpu = {i}\nlocation = virtio-pci:{card}\n"
                 for i, card in enumerate(CARDS))
        return guest, run_daemon(guest, DAEMON + "".join(ports))
    return start


@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_exact_both_ways(run_cards, kind):
    _, daemon = run_cards(kind)
    for i, mac in enumerate(MACS):
        device = daemon.call("port.show", name=f"p{i}")["device"]
        assert device["mac"] == mac
        assert ("packed" in device["features"]) == ("packed" in kind)
    for sender, receiver in (("p0", "p1"), ("p1", "p0")):
        for options in ({"rate": "20kpps"}, {"rate": "5kpps", "size": 1514}, {}):
            check_exchange((daemon, sender), (daemon, receiver), count=COUNT // 4, metrics=True,
                           **options)
            flow = daemon.flow("default")
            assert (flow["loss"], flow["duplicates"], flow["out_of_order"]) == (0, 0, 0)


@pytest.mark.parametrize("kind", ["vfio-split", "uio-packed"])
def test_both_directions_at_once(run_cards, kind):
    _, daemon = run_cards(kind)
    set_flows(daemon, {"name": "east", "port": "p0", "count": COUNT, "rate": "10kpps"},
              {"name": "west", "port": "p1", "count": COUNT, "rate": "10kpps", "size": 200})
    daemon.call("traffic.start", mode="both")
    for port in ("p0", "p1"):
        wait_until(lambda: daemon.port(port)["frames_rx"] == COUNT, 30, f"{COUNT} received")
    daemon.call("traffic.stop", ports=["p0", "p1"])
    for port, bytes_tx, bytes_rx in (("p0", 60, 200), ("p1", 200, 60)):
        document = daemon.port(port)
        assert (document["frames_tx"], document["frames_rx"]) == (COUNT, COUNT)
        assert (document["bytes_tx"], document["bytes_rx"]) == (COUNT * bytes_tx, COUNT * bytes_rx)


@pytest.mark.parametrize("kind", ["vfio-packed", "uio-legacy"])
def test_card_of_a_killed_daemon_is_good_for_the_next(run_cards, kind):
    _, daemon = run_cards(kind)
    for _ in range(2):
        daemon.call("traffic.start", ports=["p1"], mode="rx")
        send(daemon, rate="20kpps")
        wait_sent(daemon, 5000)
        daemon.kill()
        daemon.start()
    check_exchange((daemon, "p1"), (daemon, "p0"), count=COUNT, rate="20kpps")
    # Frames of the dead may still be on the wire to p1: the flow's own are counted.
    sent, _ = transfer(daemon, count=COUNT, rate="20kpps", metrics=True)
    flow = daemon.flow("default")
    assert (sent["frames_tx"], flow["frames_rx"], flow["loss"]) == (COUNT, COUNT, 0)


def test_capture_of_what_a_card_receives(run_cards, directory):
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    guest, daemon = run_cards("vfio-split")
    daemon.ctl("capture", "start", "p1", "--write", "/tmp/p1.pcapng")  # which makes p1 receive
    send(daemon, count=1000, rate="5kpps", size=100, src_port="1000-1999")
    wait_end(daemon)
    wait_until(lambda: daemon.port("p1")["frames_rx"] == 1000, what="1000 received")
    daemon.ctl("capture", "stop", "p1")
    path = os.path.join(directory, "p1.pcapng")
    with open(path, "wb") as f:
        f.write(guest.read("/tmp/p1.pcapng"))
    done = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.len",
                           "-e", "udp.srcport"], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"100\t{port}" for port in range(1000, 2000)]
    assert "truncated" not in done.stderr and "cut short" not in done.stderr


@pytest.mark.parametrize("kind", ["vfio-split", "uio-modern"])
def test_probe_tells_the_commands_that_make_a_card_usable(boot_cards, run_daemon, kind):
    guest = boot_cards(KINDS[kind])
    guest.run("modprobe virtio_net")
    daemon = run_daemon(guest, DAEMON)
    for card in CARDS:
        location = f"virtio-pci:{card}"
        before = daemon.call("port.probe", location=location)
        assert not before["usable"]
        assert any("virtio-pci" in line or "virtio_net" in line for line in before["findings"])
        commands = [line.split("as root: ")[1]
                    for line in before["findings"] if "as root: " in line]
        guest.run("\n".join(["set -e", *commands]))
        after = daemon.call("port.probe", location=location)
        assert after["usable"], after
    for name, card in zip(("p0", "p1"), CARDS):
        daemon.call("port.add", name=name, location=f"virtio-pci:{card}")
    check_exchange((daemon, "p0"), (daemon, "p1"), count=1000, rate="5kpps")


@pytest.fixture
def tap_namespace():
    namespace = Namespace()
    namespace.run("ip", "tuntap", "add", "tap0", "mode", "tap", "multi_queue", "vnet_hdr")
    namespace.up("tap0")
    yield namespace
    namespace.close()


@pytest.mark.parametrize("driver", MACHINES)
def test_two_queues(require_backend, boot, run_daemon, run_host_daemon, tap_namespace, driver):
    """The card's other side is a TAP interface with two queues, where a daemon of the host is."""
    require_backend("virtio-pci")
    first, options = machine(driver)
    card = f"{VFIO},ats=on" if driver == "vfio-pci" else "disable-legacy=on"
    guest = boot(*first, "-netdev", "tap,id=n0,ifname=tap0,queues=2,script=no,downscript=no",
                 "-device", f"virtio-net-pci,netdev=n0,mq=on,vectors=6,addr=0x8,{card}",
                 namespace=tap_namespace, **options)
    bind(guest, driver, CARDS[0])
    inside = run_daemon(guest, f"{DAEMON}[port p0]\nqueues = 2\nlocation = virtio-pci:{CARDS[0]}\n")
    host = run_host_daemon(f"{DAEMON}[port h0]\nlocation = packet:tap0\n", tap_namespace)
    for sender, receiver in (((inside, "p0"), (host, "h0")), ((host, "h0"), (inside, "p0"))):
        check_exchange(sender, receiver, count=COUNT, rate="20kpps", src_port="1000-1063")
    for name in ("tx", "rx"):
        assert tap_namespace.counters("tap0")[name]["packets"] == COUNT
