# SPDX-License-Identifier: BSD-2-Clause
"""receive through AF_PACKET: pktgend beside testpmd, under a flood from the same source

The source sends by BPF_PROG_RUN on the other processor, where the kernel's part of receiving runs
as well: the cheaper the receiver makes that part, the more is offered. Compared is what each
receiver says it got; what was offered beyond that was dropped on the way.
"""
import re
import statistics
import subprocess
import time

from bench import ends, senders
from bench.daemon import Daemon
from bench.ground import FAR, FAR_IF, SCRATCH, MeasureError, cpus
from bench.report import mpps, spread

SETTLE_SECONDS, TESTPMD_SECONDS = 0.3, 15


class Pktgend:
    """Receives on a port of a running daemon."""

    name = "pktgend"

    def __init__(self, daemon):
        self.daemon = daemon

    def start(self):
        self.daemon.start("r", mode="rx")

    def stop(self):
        """(received, dropped by its own account)"""
        port = self.daemon.stop("r")
        dropped = sum(n for reason, n in port["drops"].items() if reason.startswith("rx-"))
        return port["frames_rx"], dropped


class Testpmd(senders.Peer):
    """dpdk-testpmd rxonly; it says how many frames it received when it ends."""

    def __init__(self, ground):
        super().__init__(ground, "testpmd net_af_packet", senders.testpmd_words(
            f"net_af_packet0,iface={FAR_IF}", "rxonly"))

    def start(self):
        self.log_path = f"{SCRATCH}/testpmd-rx.log"
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.process = self.ground.start(FAR, *self.words, stdout=log,
                                             stderr=subprocess.STDOUT)
        limit = time.monotonic() + TESTPMD_SECONDS
        while "Port statistics" not in self.log():
            if time.monotonic() > limit or self.process.poll() is not None:
                raise MeasureError(f"{self.name}: {self.log()[-300:].strip()}")
            time.sleep(0.05)

    def stop(self):
        super().stop()
        received = re.findall(r"RX-packets:\s*(\d+)", self.log())
        return int(received[-1]), None


def measure(receiver, ground, seconds):
    """{offered, received: frames a second; dropped, missing: frames}"""
    receiver.start()
    try:
        time.sleep(SETTLE_SECONDS)
        source = ends.live_source(ground, seconds)
        time.sleep(SETTLE_SECONDS)
    finally:
        received, dropped = receiver.stop()
    return {"offered": source["pps"], "received": source["pps"] * received / source["sent"],
            "dropped": dropped, "missing": source["sent"] - received}


def median_of(runs, key):
    return statistics.median(run[key] for run in runs)


def row(name, runs):
    dropped = [run["offered"] - run["received"] for run in runs]
    received = [run["received"] for run in runs]
    return [name, mpps(median_of(runs, "received")), mpps(min(received)), mpps(max(received)),
            mpps(median_of(runs, "offered")), mpps(statistics.median(dropped))]


def run(ground, settings, report):
    ground.inside(FAR, "ethtool", "-K", FAR_IF, "gro", "on")  # frames arrive only by NAPI
    there = senders.installed([Testpmd(ground)], report)
    with Daemon(ground, FAR, {"r": (f"packet:{FAR_IF}", cpus()[0])}) as daemon:
        receivers = [Pktgend(daemon), *there]
        runs = {receiver.name: [] for receiver in receivers}
        for _ in range(settings.repetitions):
            for receiver in receivers:
                runs[receiver.name].append(measure(receiver, ground, settings.seconds))
    report.table(["Mpps", "received", "min", "max", "offered", "dropped"],
                 [row(name, values) for name, values in runs.items()])
    report.figures("runs", runs)
    wrong = sum(run["dropped"] != run["missing"] for run in runs["pktgend"])
    report.say(f"pktgend's own count of drops was {len(runs['pktgend']) - wrong} times of "
               f"{len(runs['pktgend'])} what was offered less what was received.")
    for peer in there:
        pairs = [ours["received"] / theirs["received"]
                 for ours, theirs in zip(runs["pktgend"], runs[peer.name])]
        report.figures("ratio", spread(pairs))
        report.require(f"pktgend / {peer.name} rxonly", statistics.median(pairs), 1, " x")
