# SPDX-License-Identifier: BSD-2-Clause
"""making frames without a device: pktgend's null: with zerocopy beside testpmd's net_null"""
import re
import statistics
import time

from bench import ends, senders
from bench.daemon import Daemon
from bench.ground import NEAR, MeasureError, cpus
from bench.matrix import Port
from bench.report import mpps, spread

WANTED_RATIO = 2
# testpmd prints its rate each second; the first figure is from its start.
TESTPMD_FIGURES, TESTPMD_SECONDS = 4, 15


def measure_pktgend(daemon, seconds):
    sender = senders.Pktgend(daemon, "n", build="zerocopy")
    sender.start()
    time.sleep(0.1)
    rate = ends.rate_at(Port(daemon, "n"), seconds)
    sender.stop()
    return rate


def measure_testpmd(peer):
    peer.start()
    try:
        limit = time.monotonic() + TESTPMD_SECONDS
        figures = []
        while len(figures) < TESTPMD_FIGURES:
            if time.monotonic() > limit or peer.process.poll() is not None:
                raise MeasureError(f"{peer.name}: {peer.log()[-300:].strip()}")
            time.sleep(0.1)
            figures = [int(pps) for pps in re.findall(r"Tx-pps:\s*(\d+)", peer.log())]
    finally:
        peer.stop()
    return statistics.median(figures[1:])


def run(ground, settings, report):
    there = senders.installed([senders.testpmd_null(ground)], report)
    rates = {"pktgend null: zerocopy": [], **{peer.name: [] for peer in there}}
    with Daemon(ground, NEAR, {"n": ("null:", cpus()[0])}) as daemon:
        for _ in range(settings.repetitions):
            rates["pktgend null: zerocopy"].append(measure_pktgend(daemon, settings.seconds))
            for peer in there:
                rates[peer.name].append(measure_testpmd(peer))
    report.table(["Mpps", "median", "min", "max"],
                 [[name, *(mpps(f(values)) for f in (statistics.median, min, max))]
                  for name, values in rates.items()])
    report.figures("pps", {name: spread(values) for name, values in rates.items()})
    for peer in there:
        pairs = [a / b for a, b in zip(rates["pktgend null: zerocopy"], rates[peer.name])]
        report.figures("ratio", spread(pairs))
        report.require(f"pktgend / {peer.name}", statistics.median(pairs), WANTED_RATIO, " x")
