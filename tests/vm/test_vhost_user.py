# SPDX-License-Identifier: BSD-2-Clause
"""vhost-user between the host and a guest: pktgend on the host is the network card of the guest,
whose own virtio-net driver knows nothing of it."""
import os

import pytest

from exchange import check_exchange, wait_link
from harness import wait_until
from traffic import DAEMON, send, stop, wait_sent

COUNT = 20000
OFFLOADS_OFF = ("csum=off,gso=off,guest_csum=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,"
                "guest_ufo=off,host_tso4=off,host_tso6=off,host_ecn=off,host_ufo=off")


def card(path, options="", queues=1, server=False):
    """Arguments of QEMU for a card whose device is whoever is at the socket. vectors=0: with MSI-X,
    the QEMU of Debian 12 does not survive it under emulation."""
    wait = ",server=on,wait=on" if server else ""
    return ["-object", "memory-backend-memfd,id=mem,size=512M,share=on",
            "-chardev", f"socket,id=c0,path={path}{wait}",
            "-netdev", f"vhost-user,id=n0,chardev=c0,queues={queues}",
            "-device", f"virtio-net-pci,netdev=n0,vectors=0,addr=0x8{options and ','}{options}"]


@pytest.fixture
def path(directory):
    return os.path.join(directory, "card.sock")


@pytest.fixture
def start_host(require_backend, run_host_daemon, path):
    """Starts the daemon of the host; its port h0 is the card of the guest."""
    def start(location_options="", queues=1):
        require_backend("vhost-user")
        return run_host_daemon(f"{DAEMON}[port h0]\nqueues = {queues}\n"
                               f"location = vhost-user:{path},role=device{location_options}\n")
    return start


@pytest.fixture
def start_guest(boot, run_daemon, path):
    """Boots the guest with its own driver on the card, and starts a daemon in there: its port p0
    is that driver's interface."""
    def start(*card_arguments, queues=1, **options):
        guest = boot(*card(path, *card_arguments, queues=queues, **options),
                     machine="q35,memory-backend=mem")
        guest.run("modprobe virtio_net")
        if queues > 1:
            guest.run(f"ethtool -L eth0 combined {queues}")
        guest.run("ip link set eth0 up")
        config = f"{DAEMON}[port p0]\nlocation = packet:eth0\nqueues = {queues}\n"
        return guest, run_daemon(guest, config)
    return start


def check_both_ways(host, inside):
    """src_port varies, so that every queue gets its part."""
    options = {"count": COUNT, "rate": "20kpps", "src_port": "1000-1063"}
    check_exchange((host, "h0"), (inside, "p0"), **options)
    check_exchange((inside, "p0"), (host, "h0"), **options)


@pytest.mark.parametrize("options", [
    "", OFFLOADS_OFF, "mrg_rxbuf=off,indirect_desc=off", "packed=on",
    f"packed=on,mrg_rxbuf=off,{OFFLOADS_OFF}", "event_idx=off,disable-modern=on,disable-legacy=off",
], ids=["default", "no-offloads", "no-mergeable", "packed", "packed-plain", "legacy"])
def test_counts_are_exact_both_ways(start_host, start_guest, options):
    host = start_host(",server=on")
    guest, inside = start_guest(options)
    check_both_ways(host, inside)
    check_exchange((host, "h0"), (inside, "p0"), count=1000, rate="5kpps", size=1514)
    check_exchange((inside, "p0"), (host, "h0"), count=1000, rate="5kpps", size=1514)
    for direction in ("rx", "tx"):
        assert guest.counters("eth0")[direction]["packets"] == COUNT + 1000


def test_qemu_listens(start_host, start_guest):
    host = start_host()
    _, inside = start_guest(server=True)
    check_both_ways(host, inside)


def test_two_queues(start_host, start_guest):
    host = start_host(",server=on", queues=2)
    _, inside = start_guest("mq=on", queues=2)
    check_both_ways(host, inside)


@pytest.mark.parametrize("sender", ["host", "guest"])
def test_driver_unbound_and_bound_again_in_mid_run(start_host, start_guest, sender):
    host = start_host(",server=on")
    guest, inside = start_guest()
    if sender == "host":
        send(host, "h0", rate="5kpps")
        wait_sent(host, 1000, "h0")
    else:
        host.call("traffic.start", ports=["h0"], mode="rx")
        send(inside, "p0", rate="5kpps")
        wait_sent(inside, 1000)
    guest.run("echo virtio0 >/sys/bus/virtio/drivers/virtio_net/unbind")
    wait_link(host, "h0", "down", 2)
    before = host.port("h0")
    guest.run("echo virtio0 >/sys/bus/virtio/drivers/virtio_net/bind && ip link set eth0 up")
    wait_link(host, "h0", timeout=2)
    if sender == "host":
        wait_sent(host, before["frames_tx"] + 1000, "h0")
    else:
        inside.stop()
        inside.start()  # the interface that its port had is gone
        send(inside, "p0", rate="5kpps")
        wait_until(lambda: host.port("h0")["frames_rx"] >= before["frames_rx"] + 1000,
                   what="traffic goes on")
    inside.stop()
    stop(host, "h0")
    inside.start()
    check_both_ways(host, inside)


def test_guest_that_dies_is_followed_by_another(start_host, start_guest):
    host = start_host(",server=on")
    guest, inside = start_guest()
    send(host, "h0", rate="5kpps")
    wait_sent(host, 1000, "h0")
    guest.stop()
    wait_link(host, "h0", "down", 1)
    stop(host, "h0")
    _, inside = start_guest()
    check_both_ways(host, inside)
