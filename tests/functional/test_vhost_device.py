# SPDX-License-Identifier: BSD-2-Clause
"""vhost-user with role=device against front ends that break the rules: each costs its connection,
with a reason, and nothing else.
"""
import mmap
import os
import socket
import struct

import pytest

from harness import wait_until
from harness.namespace import Here
from traffic import DAEMON, dropped, receive, send, stop, transfer

HEADER = struct.Struct("=III")
VERSION, REPLY, NEED_REPLY = 1, 4, 8
(GET_FEATURES, SET_FEATURES, SET_MEM_TABLE, SET_NUM, SET_ADDR, SET_BASE, SET_KICK,
 SET_PROTOCOL_FEATURES, SET_ENABLE) = 1, 2, 5, 8, 9, 10, 12, 16, 18
VERSION_1 = 1 << 32
PHYS, USER, MEMORY = 0x100000, 0x7F1200000000, 1 << 20
RING = 16


class FrontEnd:
    """A front end of a few lines, which can say anything."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(5)
        self.socket.connect(path)
        self.file = os.memfd_create("peer")
        os.ftruncate(self.file, MEMORY)
        self.memory = mmap.mmap(self.file, MEMORY)

    def say(self, request, payload=b"", fds=(), flags=VERSION, size=None):
        header = HEADER.pack(request, flags, len(payload) if size is None else size)
        socket.send_fds(self.socket, [header + payload], list(fds))

    def state(self, request, index, number):
        self.say(request, struct.pack("=II", index, number))

    def share(self):
        region = struct.pack("=QQQQ", PHYS, MEMORY, USER, 0)
        self.say(SET_MEM_TABLE, struct.pack("=II", 1, 0) + region, [self.file])

    def ring(self, index):
        """Split, at index pages: descriptors, then available, then used."""
        at = USER + index * 4096
        self.state(SET_NUM, index, RING)
        self.state(SET_BASE, index, 0)
        self.say(SET_ADDR, struct.pack("=IIQQQQ", index, 0, at, at + 1024, at + 512, 0))
        self.say(SET_KICK, struct.pack("=Q", index | 0x100))

    def begin(self):
        self.say(SET_FEATURES, struct.pack("=Q", VERSION_1))
        self.share()
        self.ring(0)
        self.ring(1)

    def offer(self, *descriptors, count=None):
        """Makes descriptors (address, length, flags, next) of ring 1 available, each a head."""
        for i, descriptor in enumerate(descriptors):
            self.memory[4096 + i * 16:4112 + i * 16] = struct.pack("=QIHH", *descriptor)
        heads = struct.pack(f"={len(descriptors)}H", *range(len(descriptors)))
        self.memory[4096 + 516:4096 + 516 + len(heads)] = heads
        self.memory[4096 + 514:4096 + 516] = struct.pack(
            "=H", len(descriptors) if count is None else count)

    def is_left(self):
        """The other end has closed the connection."""
        try:
            while self.socket.recv(4096):
                pass
        except ConnectionResetError:
            pass

    def close(self):
        self.socket.close()
        self.memory.close()
        os.close(self.file)


@pytest.fixture
def path(directory):
    return os.path.join(directory, "s")


@pytest.fixture
def daemon(run_daemon, path):
    return run_daemon(Here, f"{DAEMON}[port p1]\nlocation = vhost-user:{path},role=device,"
                            "server=on\n")


@pytest.fixture
def front_end(daemon, path):
    peer = FrontEnd(path)
    yield peer
    peer.close()


def check_well(daemon, path):
    """The daemon has suffered nothing: the next peer, its own driver, is served."""
    daemon.call("port.add", name="p0", location=f"vhost-user:{path}")
    sent, received = transfer(daemon, count=1000)
    assert received["frames_rx"] == sent["frames_tx"] == 1000
    assert dropped(sent) == dropped(received) == 0


def reason_of(daemon):
    shown = daemon.call("port.show", name="p1")
    assert shown["link"] == "down", shown
    return shown["reason"]


U64 = struct.Struct("=Q").pack
VIOLATIONS = {
    "text": (lambda p: p.socket.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
             "no vhost-user message"),
    "huge": (lambda p: p.say(GET_FEATURES, size=1 << 30), "no vhost-user message"),
    "reply": (lambda p: p.say(GET_FEATURES, flags=VERSION | REPLY), "GET_FEATURES as a reply"),
    "unknown": (lambda p: p.say(77), "request 77 was not offered"),
    "size": (lambda p: p.say(SET_FEATURES, b"1234"), "SET_FEATURES of 4 bytes"),
    "features": (lambda p: p.say(SET_FEATURES, U64(1 << 33)), "were not offered: 0x200000000"),
    "descriptors": (lambda p: p.say(SET_FEATURES, U64(0), [0, 1, 2]), "with 3 descriptors"),
    "ring": (lambda p: p.state(SET_ENABLE, 32, 1), "SET_VRING_ENABLE of ring 32: there are 32"),
    "ring size": (lambda p: p.state(SET_NUM, 0, 3), "a ring of 3 entries"),
    "too early": (lambda p: p.say(SET_ADDR, bytes(40)), "SET_VRING_ADDR before SET_VRING_NUM"),
    "table": (lambda p: p.say(SET_MEM_TABLE, bytes(40)), "SET_MEM_TABLE of 40 bytes"),
    "directory": (lambda p: p.say(SET_MEM_TABLE, struct.pack("=IIQQQQ", 1, 0, 0, 4096, 0, 0),
                                  [os.open("/", os.O_RDONLY)]), "cannot be"),
}


@pytest.mark.parametrize("act, reason", VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_wrong_message_ends_the_connection(daemon, path, front_end, act, reason):
    act(front_end)
    front_end.is_left()
    wait_until(lambda: reason in reason_of(daemon), what=f"the reason is: {reason}")
    assert "broke the protocol" in reason_of(daemon)
    check_well(daemon, path)


BAD_RINGS = {
    "index": (lambda p: p.offer(count=RING + 1), "ran ahead"),
    "address": (lambda p: p.offer((PHYS + MEMORY - 8, 72, 0, 0)), "outside the shared memory"),
    "wrap": (lambda p: p.offer((PHYS + 8192, 0xFFFFFFFF, 0, 0)), "outside the shared memory"),
    "loop": (lambda p: p.offer((PHYS + 8192, 72, 1, 0)), "more descriptors than the ring"),
    "next": (lambda p: p.offer((PHYS + 8192, 72, 1, 999)), "the table does not have"),
    "writable": (lambda p: p.offer((PHYS + 8192, 72, 2, 0)), "writable"),
    "shortened file": (lambda p: os.ftruncate(p.file, 4096), "took away memory"),
}


@pytest.mark.parametrize("act, reason", BAD_RINGS.values(), ids=BAD_RINGS)
def test_a_wrong_ring_ends_the_connection(daemon, path, front_end, act, reason):
    receive(daemon, "p1")
    front_end.begin()
    daemon.wait_state("p1", "running")
    act(front_end)
    front_end.is_left()
    wait_until(lambda: reason in reason_of(daemon), what=f"the reason is: {reason}")
    assert stop(daemon, "p1")["frames_rx"] == 0
    check_well(daemon, path)


def test_frames_wait_until_they_are_wanted(daemon, front_end):
    front_end.begin()
    front_end.offer(*[(PHYS + 8192, 72, 0, 0)] * 5)
    wait_until(lambda: daemon.call("port.show", name="p1")["link"] == "up")
    receive(daemon, "p1")
    wait_until(lambda: daemon.port("p1")["frames_rx"] == 5, what="they came in")
    stop(daemon, "p1")


def test_nothing_is_counted_that_found_no_place(daemon, front_end):
    front_end.begin()
    wait_until(lambda: daemon.call("port.show", name="p1")["link"] == "up")
    send(daemon, "p1", count=100)
    daemon.wait_state("p1", "stalled")
    assert daemon.port("p1")["frames_tx"] == 0
    stop(daemon, "p1")
