# SPDX-License-Identifier: BSD-2-Clause
"""Links that go down and come back, interfaces that vanish, daemons that die."""
import os
import signal

import pytest

from harness import wait_until
from traffic import (DAEMON, PORTS, SENDER, check_counts, dropped, kernel_counts, receive, send,
                     stop, transfer, wait_end, wait_sent)

COUNT = 4000
RATE = "5kpps"


@pytest.fixture
def daemon(pair, run_daemon):
    return run_daemon(pair, PORTS)


@pytest.mark.parametrize("rate", [RATE, "max"])
def test_senders_link_goes_down_and_comes_back(daemon, pair, rate):
    receive(daemon)
    count = COUNT if rate == RATE else 300000
    send(daemon, count=count, rate=rate)
    wait_sent(daemon, 500)
    pair.down("p0")
    daemon.wait_state("p0", "link-down")
    assert daemon.port("p0")["link"] == "down"
    sent = kernel_counts(pair, "p0", "tx")[0]
    assert 500 <= sent < count
    wait_until(lambda: daemon.port("p0")["frames_tx"] == sent, what="all completions are in")
    pair.up("p0")
    wait_until(lambda: daemon.port("p0")["frames_tx"] > sent, what="sending goes on by itself")
    sent = wait_end(daemon)
    assert sent["frames_tx"] == count and dropped(sent) == 0
    check_counts(pair, sent, stop(daemon, "p1"))


def test_link_goes_down_again_and_again(daemon, pair):
    receive(daemon)
    send(daemon, count=COUNT, rate=RATE, metrics=True)
    for frames in (500, 1500, 2500):
        wait_sent(daemon, frames)
        pair.down("p0")
        daemon.wait_state("p0", "link-down")
        pair.up("p0")
        daemon.wait_state("p0", "running")
    sent = wait_end(daemon)
    assert sent["frames_tx"] == COUNT
    check_counts(pair, sent, stop(daemon, "p1"))
    flow = daemon.flow("default")
    assert flow["loss"] == flow["duplicates"] == flow["out_of_order"] == 0


def test_dropping_while_the_link_is_down_is_counted(daemon, pair):
    receive(daemon)
    send(daemon, count=COUNT, rate=RATE, on_full="drop")
    wait_sent(daemon, 500)
    pair.down("p0")
    wait_until(lambda: daemon.port("p0")["drops"]["tx-link-down"] > 100, what="drops")
    assert daemon.port("p0")["state"] == "link-down"
    pair.up("p0")
    sent = wait_end(daemon)
    # Some meet a full ring, before it is known that the link is down.
    assert dropped(sent) == sent["drops"]["tx-link-down"] + sent["drops"]["tx-ring-full"]
    assert sent["frames_tx"] + dropped(sent, "tx-") == COUNT
    check_counts(pair, sent, stop(daemon, "p1"))


def test_receivers_interface_goes_down_and_comes_back(daemon, pair):
    """The sender loses its carrier; not a frame is lost that it says was sent."""
    receive(daemon)
    send(daemon, count=COUNT, rate=RATE, metrics=True)
    wait_sent(daemon, 500)
    pair.down("p1")
    for port in ("p0", "p1"):
        daemon.wait_state(port, "link-down")
    pair.up("p1")
    for port in ("p0", "p1"):
        daemon.wait_state(port, "running")
    sent = wait_end(daemon)
    received = stop(daemon, "p1")
    flow = daemon.flow("default")
    assert sent["frames_tx"] == COUNT == kernel_counts(pair, "p0", "tx")[0]
    # A frame that was between the two when p1 went down may be lost, and is then seen to be.
    assert received["frames_rx"] == flow["frames_rx"] == COUNT - flow["loss"]
    assert flow["loss"] <= 64 and flow["duplicates"] == flow["out_of_order"] == 0


def test_start_while_the_link_is_down_sends_when_it_comes(daemon, pair):
    pair.down("p0")
    daemon.wait_state("p0", "configured")
    send(daemon, count=100)
    daemon.wait_state("p0", "link-down")
    assert daemon.port("p0")["frames_tx"] == 0
    pair.up("p0")
    assert wait_end(daemon)["frames_tx"] == 100
    assert kernel_counts(pair, "p1", "rx")[0] == 100


def test_stop_while_the_link_is_down(daemon, pair):
    receive(daemon)
    send(daemon, rate=RATE)
    wait_sent(daemon, 100)
    pair.down("p0")
    daemon.wait_state("p0", "link-down")
    sent, received = stop(daemon, "p0", "p1")
    assert sent["state"] == "configured"
    # What was queued and never left is not "sent".
    assert kernel_counts(pair, "p0", "tx")[0] == sent["frames_tx"] == received["frames_rx"]
    pair.up("p0")
    sent, received = transfer(daemon, count=50)
    assert sent["frames_tx"] == received["frames_rx"] == 50


def test_pause_and_resume_while_the_link_is_down(daemon, pair):
    receive(daemon)
    send(daemon, count=COUNT, rate=RATE, metrics=True)
    wait_sent(daemon, 500)
    pair.down("p0")
    daemon.wait_state("p0", "link-down")
    daemon.call("traffic.pause", ports=["p0"])
    assert daemon.port("p0")["state"] == "paused"
    pair.up("p0")
    daemon.call("traffic.resume", ports=["p0"])
    sent = wait_end(daemon)
    stop(daemon, "p1")
    flow = daemon.flow("default")
    lost = dropped(sent, "tx-")  # frames that the device had and gave back at the pause
    assert sent["frames_tx"] == COUNT - lost == flow["frames_rx"]
    assert flow["loss"] == lost <= 192 and flow["duplicates"] == flow["out_of_order"] == 0


@pytest.mark.parametrize("rate", [RATE, "max"])
def test_interface_is_deleted_and_made_again(pair, daemon, rate):
    count = COUNT if rate == RATE else 300000
    send(daemon, count=count, rate=rate)
    wait_sent(daemon, 500)
    pair.delete("p0")
    daemon.wait_state("p0", "device-lost")
    before = daemon.port("p0")
    assert before["frames_tx"] + dropped(before) < count
    pair.veth("p0", "p1")
    sent = wait_end(daemon)
    assert sent["frames_tx"] > before["frames_tx"]
    # What was in the ring when the device went is the one thing that is lost, and it is counted.
    assert sent["frames_tx"] + dropped(sent) == count
    assert sent["drops"]["tx-unfinished"] == dropped(sent) <= 192
    assert kernel_counts(pair, "p1", "rx")[0] == sent["frames_tx"] - before["frames_tx"]


def test_receivers_interface_is_deleted_and_made_again(pair, daemon):
    receive(daemon)
    pair.delete("p1")  # takes p0 along
    for port in ("p0", "p1"):
        wait_until(lambda port=port: daemon.port(port)["state"] in ("device-lost", "unprobed"))
    assert daemon.port("p1")["state"] == "device-lost"
    pair.veth("p0", "p1")
    daemon.wait_state("p1", "running")
    daemon.wait_state("p0", "configured")
    send(daemon, count=500)
    sent = wait_end(daemon)
    received = stop(daemon, "p1")
    assert sent["frames_tx"] == received["frames_rx"] == 500


def test_interface_that_is_replaced_in_a_moment(pair, daemon):
    """Both messages of the kernel are there before the port has come to rest without its device."""
    receive(daemon)
    for _ in range(3):
        pair.run("ip", "-batch", "-", input="""link delete p0
            link add p0 type veth peer name p1
            link set p0 up
            link set p1 up""")
        wait_until(lambda: "MAC " + pair.link("p1")["address"] in daemon.log, what="new p1 opened")
        daemon.wait_state("p1", "running")
        daemon.wait_state("p0", "configured")
    send(daemon, count=500)
    sent = wait_end(daemon)
    assert sent["frames_tx"] == stop(daemon, "p1")["frames_rx"] == 500


def test_two_queues_survive_a_new_interface(pair, run_daemon):
    """Several receiving sockets form a group, which a link that is down must not prevent."""
    daemon = run_daemon(pair, PORTS.replace("location", "queues = 2\nlocation"))
    receive(daemon)
    pair.delete("p1")
    daemon.wait_state("p1", "device-lost")
    pair.ip("link", "add", "p0", "type", "veth", "peer", "name", "p1")  # both are down
    daemon.wait_state("p0", "configured")
    daemon.wait_state("p1", "link-down")
    pair.up("p0", "p1")
    daemon.wait_state("p1", "running")
    send(daemon, count=500, src_port="1-64")
    sent = wait_end(daemon)
    assert sent["frames_tx"] == stop(daemon, "p1")["frames_rx"] == 500


def test_two_queues_start_while_the_link_is_down(pair, run_daemon):
    pair.down("p0", "p1")
    daemon = run_daemon(pair, PORTS.replace("location", "queues = 2\nlocation"))
    receive(daemon)
    send(daemon, count=500, src_port="1-64")
    daemon.wait_state("p1", "link-down")
    pair.up("p1", "p0")
    sent = wait_end(daemon)
    assert sent["frames_tx"] == stop(daemon, "p1")["frames_rx"] == 500


def test_stop_while_the_device_is_lost(pair, daemon):
    send(daemon, rate=RATE)
    wait_sent(daemon, 100)
    pair.delete("p0")
    daemon.wait_state("p0", "device-lost")
    sent = stop(daemon, "p0")
    assert sent["state"] == "unprobed" and sent["frames_tx"] >= 100
    pair.veth("p0", "p1")
    daemon.wait_state("p0", "configured")
    sent, received = transfer(daemon, count=10)
    assert sent["frames_tx"] == received["frames_rx"] == 10


def test_interface_that_comes_later(namespace, run_daemon):
    daemon = run_daemon(namespace, PORTS)
    assert daemon.port("p0")["state"] == "unprobed"
    daemon.ctl("start", "p0", "--count", "1", status=7)
    namespace.veth("p0", "p1")
    for port in ("p0", "p1"):
        daemon.wait_state(port, "configured")
    sent, received = transfer(daemon, count=100)
    check_counts(namespace, sent, received)
    assert received["frames_rx"] == 100


@pytest.mark.parametrize("rate", [RATE, "max"])
def test_killed_in_mid_run_and_started_again(pair, daemon, rate):
    send(daemon, rate=rate)
    wait_sent(daemon, 500)
    daemon.kill()
    assert os.path.exists(daemon.socket)
    silent = kernel_counts(pair, "p0", "tx")
    daemon.start()
    for port in ("p0", "p1"):
        assert daemon.port(port)["state"] == "configured"
        assert daemon.port(port)["frames_tx"] == 0
    assert kernel_counts(pair, "p0", "tx") == silent  # nobody sends, also not the new daemon
    daemon.ctl("stop", status=6)
    sent, received = transfer(daemon, count=200)
    assert sent["frames_tx"] == received["frames_rx"] == 200


def test_autostart_sends_again_after_a_crash(pair, run_daemon):
    flow = "[flow f]\nport = p0\nrate = 1kpps\nautostart = yes\n"
    daemon = run_daemon(pair, DAEMON + SENDER + flow)
    wait_sent(daemon, 10)
    daemon.kill()
    daemon.start()
    wait_sent(daemon, 10)
    assert daemon.port("p0")["state"] == "running"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_daemon_that_is_told_to_end_sends_nothing_more(pair, daemon, number):
    send(daemon, size=60)
    wait_sent(daemon, 1000)
    assert daemon.stop(number) == 0
    last = f"{kernel_counts(pair, 'p0', 'tx')[0]} frames sent"
    assert last in daemon.log


def test_two_daemons_one_sends_to_the_other(make_namespace, run_daemon):
    near, far = make_namespace(), make_namespace()
    near.veth("p0", "p1", peer=far)
    sender = run_daemon(near, DAEMON + SENDER, name="near")
    receiver = run_daemon(far, DAEMON + "[port p1]\nlocation = packet:p1\n", name="far")
    receive(receiver)
    send(sender, count=30000, rate="100kpps", metrics=True)
    sent = wait_end(sender)
    received = stop(receiver, "p1")
    assert sent["frames_tx"] == 30000
    assert kernel_counts(near, "p0", "tx") == kernel_counts(far, "p1", "rx") == (30000, 1800000)
    assert received["frames_rx"] + dropped(received, "rx-") == 30000


def test_two_daemons_in_one_namespace(pair, run_daemon):
    sender = run_daemon(pair, DAEMON + SENDER, name="a")
    receiver = run_daemon(pair, DAEMON + "[port p1]\nlocation = packet:p1\n", name="b")
    receive(receiver)
    send(sender, count=1000)
    sent = wait_end(sender)
    check_counts(pair, sent, stop(receiver, "p1"))
    sender.stop()
    assert receiver.port("p1")["state"] == "configured"
