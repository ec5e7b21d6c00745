# SPDX-License-Identifier: BSD-2-Clause
"""Rings over vhost-user: pktgend against itself, without privileges and without huge pages."""
import os
import signal
import socket
import struct
import threading
import time

import pytest

from harness import wait_until
from harness.namespace import Here
from traffic import (DAEMON, dropped, receive, send, set_flows, stop, transfer, wait_end,
                     wait_sent)

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]
COUNT = 100_000
STATE_TIMEOUT = 1  # seconds within which a peer's fate must show


class Unprivileged(Here):
    @staticmethod
    def command(*command):
        return NOBODY + list(command)


def port(name, path, *options, queues=1, cpu="auto"):
    return (f"[port {name}]\nlocation = {','.join((f'vhost-user:{path}', *options))}\n"
            f"queues = {queues}\ncpu = {cpu}\n")


def driver(path, *options, name="p0", **settings):
    return port(name, path, *options, **settings)


def device(path, *options, name="p1", **settings):
    return port(name, path, "role=device", *options, **settings)


@pytest.fixture
def path(directory):
    os.chmod(directory, 0o777)
    return os.path.join(directory, "s")


@pytest.fixture
def run_here(run_daemon):
    """Starts a daemon where the test is: a socket's path is all that it shares with its peer."""
    return lambda *config, **options: run_daemon(Here, DAEMON + "".join(config), **options)


def check_equal(sent, received):
    """Every frame was completed, and every one that was came in."""
    assert dropped(sent) == dropped(received) == 0
    assert received["frames_rx"] == sent["frames_tx"]
    assert received["bytes_rx"] == sent["bytes_tx"]


def run_both_ways(daemon, count=COUNT):
    for tx, rx in (("p0", "p1"), ("p1", "p0")):
        receive(daemon, rx)
        send(daemon, tx, count=count)
        sent = wait_end(daemon, tx)
        assert sent["frames_tx"] == count
        check_equal(sent, stop(daemon, rx))


# ---- one daemon is both peers ----

@pytest.mark.parametrize("queues", [1, 2])
@pytest.mark.parametrize("packed", ["on", "off"])
def test_counts_are_equal_to_the_frame(run_here, path, packed, queues):
    daemon = run_here(driver(path, f"packed={packed}", queues=queues),
                      device(path, "server=on", queues=queues))
    run_both_ways(daemon, COUNT // queues ** 2)  # more workers than processors take turns
    assert ("packed" if packed == "on" else "split") in str(daemon.call("port.show", name="p0"))


@pytest.mark.parametrize("listener", ["driver", "device"])
def test_either_side_listens(run_here, path, listener):
    sides = {"driver": [], "device": []}
    sides[listener] = ["server=on"]
    run_both_ways(run_here(driver(path, *sides["driver"]), device(path, *sides["device"])))


def test_no_privileges_are_needed(make_daemon, path, directory):
    daemon = make_daemon(Unprivileged, DAEMON + driver(path) + device(path, "server=on"))
    daemon.start()
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    assert fields["Uid"].split()[0] == "65534" and int(fields["CapEff"], 16) == 0
    run_both_ways(daemon)


@pytest.mark.parametrize("options", [
    {"build": "zerocopy"}, {"build": "copy"}, {"build": "generate"}, {"size": 1500},
    {"burst": 1}, {"burst": 512}, {"rate": "100kpps"},
])
def test_counts_however_frames_are_built(run_here, path, options):
    daemon = run_here(driver(path), device(path, "server=on"))
    count = 20_000 if "rate" in options else COUNT
    sent, received = transfer(daemon, count=count, **options)
    assert sent["frames_tx"] == count
    check_equal(sent, received)


@pytest.mark.parametrize("size", [8, 1024])
@pytest.mark.parametrize("packed", ["on", "off"])
def test_ring_sizes(run_here, path, packed, size):
    daemon = run_here(driver(path, f"packed={packed}", f"queue-size={size}"),
                      device(path, "server=on"))
    sent, received = transfer(daemon, count=COUNT)
    assert sent["frames_tx"] == COUNT
    check_equal(sent, received)


@pytest.mark.parametrize("packed", ["on", "off"])
def test_nothing_is_lost_or_out_of_order(run_here, path, packed):
    daemon = run_here(driver(path, f"packed={packed}"), device(path, "server=on"))
    for tx, rx in (("p0", "p1"), ("p1", "p0")):
        receive(daemon, rx)
        set_flows(daemon, {"name": "f", "port": tx, "metrics": True, "count": COUNT,
                           "src_port": "1000-2000"})
        send(daemon, tx)
        sent = wait_end(daemon, tx)
        check_equal(sent, stop(daemon, rx))
        flow = daemon.flow("f")
        assert flow["frames_rx"] == flow["frames_tx"] == COUNT
        assert (flow["loss"], flow["duplicates"], flow["out_of_order"]) == (0, 0, 0)


def test_both_directions_at_once(run_here, path):
    daemon = run_here(driver(path), device(path, "server=on"))
    set_flows(daemon, {"name": "there", "port": "p0", "count": COUNT, "rate": "200kpps"},
              {"name": "back", "port": "p1", "count": COUNT, "rate": "200kpps"})
    daemon.call("traffic.start", ports=["p0", "p1"], mode="both")
    wait_until(lambda: all(daemon.flow(f)["frames_tx"] == COUNT for f in ("there", "back")),
               30, "both have sent")
    p0, p1 = stop(daemon, "p0", "p1")
    assert p0["frames_tx"] == p1["frames_rx"] == COUNT
    assert p1["frames_tx"] == p0["frames_rx"] == COUNT


def test_start_and_stop_again_and_again(run_here, path):
    daemon = run_here(driver(path), device(path, "server=on"))
    for _ in range(10):
        receive(daemon)
        send(daemon, "p0", rate="max")
        wait_sent(daemon, 1000)
        sent, received = stop(daemon, "p0", "p1")
        check_equal(sent, received)


@pytest.mark.parametrize("packed", ["on", "off"])
def test_frames_longer_than_a_buffer_cost_only_themselves(run_here, path, packed):
    """The device spreads them over several buffers of the driver, which takes them all back."""
    daemon = run_here(driver(path, f"packed={packed}"), device(path, "server=on"),
                      "pool-object-size = 4096\n")
    receive(daemon, "p0")
    send(daemon, "p1", count=5000, size=3000)
    assert wait_end(daemon, "p1")["frames_tx"] == 5000
    received = stop(daemon, "p0")
    assert (received["frames_rx"], received["drops"]["rx-too-long"]) == (0, 5000)
    receive(daemon, "p0")
    send(daemon, "p1", count=5000)
    check_equal(wait_end(daemon, "p1"), stop(daemon, "p0"))


def test_frames_are_where_the_peer_may_see_them(run_here, path):
    """Buffers from the heap cannot be: they are not in the memory that is shared."""
    daemon = run_here(driver(path), device(path, "server=on"))
    done = daemon.ctl("start", "p0", "--alloc", "heap", "--count", "1", status=5)
    assert "alloc" in done.stderr


# ---- two daemons: what becomes of one when something happens to the other ----

class Peers:
    """A daemon with the driver's port p0 and one with the device's port p1."""

    def __init__(self, run_here, path, listener="device"):
        options = {"driver": [], "device": []}
        options[listener] = ["server=on"]
        cpus = sorted(os.sched_getaffinity(0))  # neither daemon knows of the other's choice
        self.driver = run_here(driver(path, *options["driver"], cpu=cpus[0]), name="driver")
        self.device = run_here(device(path, *options["device"], cpu=cpus[-1]), name="device")


@pytest.fixture(params=["driver", "device"])
def peers(request, run_here, path):
    return Peers(run_here, path, request.param)


@pytest.fixture(params=["driver", "device"])
def sender(request, peers):
    """The peers, with one sending and the other one receiving: (sender, port, other, port)."""
    ends = [(peers.driver, "p0"), (peers.device, "p1")]
    if request.param == "device":
        ends.reverse()
    (tx, tx_port), (rx, rx_port) = ends
    receive(rx, rx_port)
    send(tx, tx_port, rate="50kpps")
    wait_sent(tx, 2000, tx_port)
    return tx, tx_port, rx, rx_port


def test_counts_between_two_daemons(peers):
    receive(peers.device)
    send(peers.driver, count=COUNT)
    sent = wait_end(peers.driver)
    check_equal(sent, stop(peers.device, "p1"))


def sends_no_more(daemon, name):
    """The count of frames once it stays: what the peer had completed is taken in first."""
    seen = []

    def stays():
        time.sleep(0.1)
        seen.append(daemon.port(name)["frames_tx"])
        return seen[-1:] * 3 == seen[-3:]
    wait_until(stays, 5, "nothing more is sent")
    return seen[-1]


def test_peer_is_killed_and_started_again(sender):
    tx, tx_port, rx, rx_port = sender
    rx.kill()
    wait_until(lambda: tx.port(tx_port)["link"] != "up" or
               tx.port(tx_port)["state"] in ("device-lost", "link-down"),
               STATE_TIMEOUT, "the sender knows that its peer has gone")
    shown = tx.call("port.show", name=tx_port)
    assert shown["reason"] not in ("", None), shown
    frames = sends_no_more(tx, tx_port)
    rx.start()
    receive(rx, rx_port)
    wait_until(lambda: tx.port(tx_port)["frames_tx"] > frames, 5, "sending goes on by itself")
    wait_until(lambda: rx.port(rx_port)["frames_rx"] > 1000, 5, "the new peer receives")
    before = tx.port(tx_port)
    assert before["frames_tx"] > frames  # the counters stayed
    stop(tx, tx_port)


def test_no_frame_is_counted_that_a_stopped_peer_did_not_take(sender):
    """SIGSTOP: nothing is completed any more, and what was not is not counted."""
    tx, tx_port, rx, rx_port = sender
    rx.process.send_signal(signal.SIGSTOP)
    try:
        wait_until(lambda: tx.port(tx_port)["state"] != "running", STATE_TIMEOUT,
                   "the sender's state says so")
        sends_no_more(tx, tx_port)
    finally:
        rx.process.send_signal(signal.SIGCONT)
    tx.wait_state(tx_port, "running")
    sent = stop(tx, tx_port)
    wait_until(lambda: rx.port(rx_port)["frames_rx"] == sent["frames_tx"], 2,
               "as many came as were counted")


def test_stopping_while_the_peer_is_stopped(sender):
    tx, tx_port, rx, rx_port = sender
    rx.process.send_signal(signal.SIGSTOP)
    try:
        start = time.monotonic()
        stop(tx, tx_port)
        assert time.monotonic() - start < 5
    finally:
        rx.process.send_signal(signal.SIGCONT)
    send(tx, tx_port, rate="50kpps", count=5000)
    tx.wait_state(tx_port, "configured", 15)
    assert tx.port(tx_port)["frames_tx"] == 5000


# ---- wrong locations ----

def refused(daemon, location, text, status=5):
    done = daemon.ctl("port", "add", "x", location, status=status)
    assert text in done.stderr, done.stderr


@pytest.mark.parametrize("options, text", [
    ("rol=device", "did you mean role="),
    ("role=back", "role is driver or device"),
    ("queue-size=100", "a power of two"),
    ("server=on,server=on", "server is given twice"),
    ("packed", "packed needs a value"),
])
def test_wrong_options_are_refused(run_here, path, options, text):
    refused(run_here(), f"vhost-user:{path},{options}", text)


def test_a_path_that_is_taken_is_refused(run_here, path):
    daemon = run_here(device(path, "server=on"))
    daemon.ctl("port", "add", "x", f"vhost-user:{path},server=on", status=7)


def test_waiting_for_a_peer_has_a_reason(run_here, path):
    daemon = run_here(driver(path), driver(f"{path}2", "server=on", name="p1"))
    wait_until(lambda: "nobody listens on" in str(daemon.call("port.show", name="p0")["reason"]))
    assert "waiting for a peer to connect" in daemon.call("port.show", name="p1")["reason"]


def test_probe_explains(run_here, path, directory):
    daemon = run_here(device(path, "server=on"))
    assert "somebody listens there" in daemon.ctl("probe", f"vhost-user:{path}").stdout
    missing = daemon.ctl("probe", f"vhost-user:{path}-none").stdout
    assert "server=on" in missing and "pages" in missing
    plain = os.path.join(directory, "plain")
    with open(plain, "w", encoding="ascii"):
        pass
    assert "is no socket" in daemon.ctl("probe", f"vhost-user:{plain}", status=7).stdout
    assert "rol" in daemon.ctl("probe", f"vhost-user:{path},rol=x", status=7).stdout


def test_no_permission_has_a_reason(make_daemon, path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        os.chmod(path, 0o600)
        daemon = make_daemon(Unprivileged, DAEMON + driver(path)).start()
        wait_until(lambda: "Permission denied" in daemon.call("port.show", name="p0")["reason"])
        probe = daemon.ctl("probe", f"vhost-user:{path}", status=7).stdout
        assert "permission" in probe


# ---- peers that talk rubbish ----

HEADER = struct.Struct("=III")
VERSION, REPLY = 1, 4
GET_FEATURES = 1


def message(request, flags, payload=b"", size=None):
    return HEADER.pack(request, flags, len(payload) if size is None else size) + payload


RUBBISH = {
    "text": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "zeros": bytes(64),
    "too long": message(GET_FEATURES, VERSION | REPLY, size=1 << 30),
    "no answer but a request": message(GET_FEATURES, VERSION, struct.pack("=Q", 0)),
    "the answer to something else": message(17, VERSION | REPLY, struct.pack("=Q", 1)),
    "an answer of the wrong size": message(GET_FEATURES, VERSION | REPLY, b"\1\2\3\4"),
    "no feature that we need": message(GET_FEATURES, VERSION | REPLY, struct.pack("=Q", 0)),
    "silence": b"",
    "end": None,
}


class Talker:
    """Listens, and says the same to everybody who connects."""

    def __init__(self, path, words):
        self.words, self.count, self.held = words, 0, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.thread = threading.Thread(target=self._talk)
        self.thread.start()

    def _talk(self):
        while True:
            try:
                peer = self.listener.accept()[0]
            except OSError:
                return
            self.count += 1
            if self.words is None:
                peer.close()
                continue
            self.held.append(peer)
            try:
                peer.send(self.words)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        for peer in self.held:
            peer.close()


def test_why_a_peer_was_left_stays_to_be_read(run_here, path):
    talker = Talker(path, RUBBISH["no feature that we need"])
    try:
        daemon = run_here(driver(path))
        wait_until(lambda: "ANY_LAYOUT" in daemon.call("port.show", name="p0")["reason"])
        os.unlink(path)  # from now on nobody listens
        time.sleep(0.5)
        assert "ANY_LAYOUT" in daemon.call("port.show", name="p0")["reason"]
    finally:
        talker.close()


class Device:
    """A device of a few lines, for one driver, which it lets hang in its kicks."""

    SET_KICK, VERSION_1 = 12, 1 << 32

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.kicks = []

    def talk(self):
        """Until the driver has hung up, or everything is said."""
        peer = self.listener.accept()[0]
        self.listener.close()
        with peer:
            while True:
                head, fds, _, _ = socket.recv_fds(peer, HEADER.size, 8)
                if len(head) < HEADER.size:
                    return
                request, _, size = HEADER.unpack(head)
                if size:
                    peer.recv(size, socket.MSG_WAITALL)
                if request == GET_FEATURES:
                    peer.send(message(request, VERSION | REPLY,
                                      struct.pack("=Q", self.VERSION_1)))
                elif request == self.SET_KICK:
                    self.kicks += fds
                    self.fill(fds[0])

    @staticmethod
    def fill(fd):
        while True:
            try:
                os.write(fd, struct.pack("=Q", 2**64 - 2))
                break
            except BlockingIOError:  # it has kicked already
                os.read(fd, 8)
        os.set_blocking(fd, True)


@pytest.mark.parametrize("end", ["lost", "stop", "exit"])
def test_a_peer_that_lets_kicks_hang_is_left(run_here, path, end):
    peer = Device(path)
    daemon = run_here(driver(path))
    thread = threading.Thread(target=peer.talk, daemon=True)
    thread.start()
    try:
        send(daemon, rate="max")
        wait_until(lambda: len(peer.kicks) == 2, what="the device has the kicks")
        if end == "exit":
            assert daemon.stop() == 0
        elif end == "stop":
            stop(daemon, "p0")
        else:
            wait_until(lambda: "its kick descriptor blocks" in daemon.log, 3, "it is told")
            os.unlink(path)
            daemon.call("port.add", name="p1", location=f"vhost-user:{path},role=device,server=on")
            receive(daemon, "p1")
            wait_until(lambda: daemon.port("p0")["frames_tx"] > 0, what="it sends to another one")
    finally:
        thread.join(5)
        for fd in peer.kicks:
            os.close(fd)


@pytest.mark.parametrize("words", RUBBISH.values(), ids=RUBBISH)
@pytest.mark.parametrize("started", [False, True])
def test_a_peer_that_talks_rubbish_is_left(run_here, path, words, started):
    talker = Talker(path, words)
    try:
        daemon = run_here(driver(path))
        if started:
            send(daemon, rate="1kpps")
        wait_until(lambda: talker.count >= 2, what="pktgend tries again")
        shown = daemon.call("port.show", name="p0")
        assert shown["link"] == "down" and shown["reason"]
        assert daemon.port("p0")["frames_tx"] == 0
    finally:
        talker.close()
    os.unlink(path)
    if started:
        stop(daemon, "p0")
    daemon.call("port.add", name="p1", location=f"vhost-user:{path},role=device,server=on")
    sent, received = transfer(daemon, count=1000)
    check_equal(sent, received)

