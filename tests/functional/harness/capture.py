# SPDX-License-Identifier: BSD-2-Clause
"""Frames as they come out of an interface, read by a packet socket, judged by scapy and tshark."""
import os
import socket
import struct
import subprocess
import threading
import time

from scapy.layers.l2 import Ether

from . import wait_until

ETH_P_ALL = 3
SOL_PACKET, PACKET_STATISTICS, PACKET_AUXDATA, PACKET_OUTGOING = 263, 6, 8, 4
SO_RCVBUFFORCE = 33
TP_STATUS_VLAN_VALID = 0x10
RECEIVE_BUFFER = 64 << 20
FRAME_MAX = 65536 + 18


class Capture:
    """Keeps the frames from the time the constructor returns until stop().

    direction is "in" for what the interface receives, "out" for what it sends, "both".
    """

    def __init__(self, namespace, interface, directory, direction="in"):
        self.path = os.path.join(directory, f"{interface}-{os.urandom(4).hex()}.pcap")
        self.directions = {"in": (False,), "out": (True,), "both": (False, True)}[direction]
        self.frames = []  # bytes
        self.times = []  # seconds, CLOCK_MONOTONIC, when each was read here
        self.socket = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        except PermissionError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.settimeout(0.05)
        self.socket.bind((interface, ETH_P_ALL))
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self):
        """Until told to end, and then what is still waiting."""
        while True:
            try:
                data, ancillary, _, address = self.socket.recvmsg(FRAME_MAX, 128)
            except TimeoutError:
                if self.ends.is_set():
                    return
                continue
            except OSError:  # the interface went down: the socket goes on when it is back
                continue
            if (address[2] == PACKET_OUTGOING) in self.directions:
                self.times.append(time.monotonic())
                self.frames.append(with_tag(data, ancillary))

    def wait(self, count, timeout=10):
        """Waits for at least count frames."""
        wait_until(lambda: len(self.frames) >= count, timeout, f"{count} frames captured")
        return self

    def stop(self):
        """Ends the capture; fails when the kernel had to drop frames from it."""
        if not self.ends.is_set():
            self.ends.set()
            self.thread.join()
            statistics = self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
            self.socket.close()
            dropped = struct.unpack("=II", statistics)[1]
            assert dropped == 0, f"the capture itself lost {dropped} frames"
        return self

    @property
    def packets(self):
        """The frames so far, decoded by scapy."""
        return [Ether(frame) for frame in self.frames]

    def save(self):
        """Writes the frames so far as a pcap file; its path."""
        with open(self.path, "wb") as f:
            f.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, FRAME_MAX, 1))
            for when, frame in zip(self.times, self.frames):
                f.write(struct.pack("=IIII", int(when), int(when % 1 * 1e6), len(frame),
                                    len(frame)) + frame)
        return self.path

    def tshark(self, *fields, display_filter="frame"):
        """One tuple of texts per frame with those fields, checksums verified by tshark."""
        command = ["tshark", "-n", "-r", self.save(), "-T", "fields", "-Y", display_filter]
        for protocol in ("ip", "udp"):
            command += ["-o", f"{protocol}.check_checksum:TRUE"]
        for field in fields:
            command += ["-e", field]
        # A home of its own: nobody's preferences, and tshark dies when it may not read the folder.
        environment = {**os.environ, "HOME": os.path.dirname(self.path)}
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60,
                              env=environment)
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


def with_tag(data, ancillary):
    """The frame with the VLAN tag that the kernel took out of it, if it did."""
    for level, kind, content in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", content[:20])
            if status & TP_STATUS_VLAN_VALID:
                return data[:12] + struct.pack("!HH", tpid or 0x8100, tci) + data[12:]
    return data
