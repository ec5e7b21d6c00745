# SPDX-License-Identifier: BSD-2-Clause
"""A link with faults: takes frames from one interface to another, and does something to them."""
import socket
import threading

from harness import wait_until

ETH_P_ALL = 3
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
FRAME_MAX = 65536


def drop(every, offset=0):
    """Loses one frame in every, number offset first."""
    return lambda n, frame: [] if n % every == offset else [frame]


def duplicate(every):
    """Sends one frame in every twice."""
    return lambda n, frame: [frame] * (2 if n % every == 0 else 1)


def swap(every, distance=1):
    """Holds one frame in every back until distance more have passed."""
    held = []

    def fault(n, frame):
        if n % every == 0:
            held.append((n + distance, frame))
            return []
        if held and held[0][0] == n:
            return [frame, held.pop()[1]]
        return [frame]

    return fault


class Forwarder:
    """Runs from the constructor to close(). fault(n, frame) gives what is sent for frame n."""

    def __init__(self, namespace, source, target, fault):
        self.fault = fault
        self.taken = 0
        self.given = 0
        self.source = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.source.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.source.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self.source.settimeout(0.05)
        self.source.bind((source, ETH_P_ALL))
        self.target = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.target.bind((target, 0))
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._forward)
        self.thread.start()

    def _forward(self):
        while not self.ends.is_set():
            try:
                frame = self.source.recv(FRAME_MAX)
            except TimeoutError:
                continue
            for out in self.fault(self.taken, frame):
                self.target.send(out)
                self.given += 1
            self.taken += 1

    def wait(self, taken):
        wait_until(lambda: self.taken == taken, timeout=30, what=f"{taken} frames forwarded")

    def close(self):
        self.ends.set()
        self.thread.join()
        self.source.close()
        self.target.close()
