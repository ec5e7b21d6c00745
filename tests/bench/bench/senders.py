# SPDX-License-Identifier: BSD-2-Clause
"""Who sends: pktgend and its peers behind one face.

A sender has a name; start() sets it going and stop() ends it. stop() returns how many frames it
says it has sent, or None when it does not say. All of them send the same 60-byte frame, on the same
processor.
"""
import math
import shutil
import struct
import subprocess

from bench.ground import FAR_MAC, NEAR, NEAR_MAC, SCRATCH, cpus

SIZE = 60
TX_OPTIONS = {"size": SIZE, "dst_mac": FAR_MAC, "mode": "tx"}
PCAP_FRAMES = 1000
PACKAGES = {"dpdk-testpmd": "dpdk-dev", "trafgen": "netsniff-ng", "tcpreplay": "tcpreplay"}


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def frame_bytes():
    """UDP from 10.0.0.1:1024 to 10.0.0.2:9."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, SIZE - 14, 0, 0, 64, 17, 0x66bd,
                     bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    udp = struct.pack("!HHHH", 1024, 9, SIZE - 34, 0)
    frame = mac_bytes(FAR_MAC) + mac_bytes(NEAR_MAC) + b"\x08\x00" + ip + udp
    return frame.ljust(SIZE, b"\0")


def trafgen_config():
    path = f"{SCRATCH}/trafgen.cfg"
    with open(path, "w", encoding="ascii") as file:
        file.write("{ " + ", ".join(f"0x{byte:02x}" for byte in frame_bytes()) + " }\n")
    return path


def pcap_file():
    path = f"{SCRATCH}/frames.pcap"
    record = struct.pack("=IIII", 0, 0, SIZE, SIZE) + frame_bytes()
    with open(path, "wb") as file:
        file.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        file.write(record * PCAP_FRAMES)
    return path


def testpmd_words(vdev, mode, size=None):
    """dpdk-testpmd with its forwarding on the working processor and all else on the other."""
    work, other = cpus()
    words = ["stdbuf", "-oL", "dpdk-testpmd", "-l", f"{other},{work}", "--main-lcore", other,
             "-m", 512, "--no-huge", "--no-pci", "--file-prefix", "bench", f"--vdev={vdev}", "--",
             f"--forward-mode={mode}", "--no-mlockall", "--stats-period=1",
             "--total-num-mbufs=8192"]
    return words + ([f"--txpkts={size}"] if size else [])


class Pktgend:
    """A port of a running daemon."""

    def __init__(self, daemon, port, **options):
        self.name = "pktgend"
        self.daemon, self.port = daemon, port
        self.options = {**TX_OPTIONS, **options}

    def start(self):
        self.daemon.start(self.port, **self.options)

    def stop(self):
        return self.daemon.stop(self.port)["frames_tx"]


class Peer:
    """Another program, started afresh each time."""

    def __init__(self, ground, name, words):
        self.ground, self.name, self.words = ground, name, words
        self.program = next(word for word in words if word in PACKAGES)
        self.process = None
        self.log_path = f"{SCRATCH}/{self.program}.log"

    def start(self):
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.process = self.ground.start(NEAR, *self.words, stdout=log,
                                             stderr=subprocess.STDOUT)

    def stop(self):
        self.process.close()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()


def testpmd_packet(ground, interface):
    return Peer(ground, "testpmd net_af_packet", testpmd_words(
        f"net_af_packet0,iface={interface},qdisc_bypass=1", "txonly", SIZE))


def testpmd_null(ground):
    return Peer(ground, "testpmd net_null", testpmd_words(
        f"net_null0,size={SIZE}", "txonly", SIZE))


def trafgen(ground, interface, rate=None, count=None):
    words = ["taskset", "-c", cpus()[0], "trafgen", "-o", interface, "-c", trafgen_config(),
             "-P", 1, "-q"]
    if rate:
        words += ["-b", f"{rate}pps", "-n", count]
    return Peer(ground, "trafgen", words)


def tcpreplay(ground, interface, rate, count):
    return Peer(ground, "tcpreplay", [
        "taskset", "-c", cpus()[0], "tcpreplay", "-q", "-K", "-i", interface, f"--pps={rate}",
        f"--loop={math.ceil(count / PCAP_FRAMES)}", f"--limit={count}", pcap_file()])


def installed(peers, report):
    """Those of the peers that are there; the report names the others."""
    there = []
    for peer in peers:
        if shutil.which(peer.program):
            there.append(peer)
        else:
            report.skip(f"{peer.name}: install Debian's {PACKAGES[peer.program]}")
    return there
