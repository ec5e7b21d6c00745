# SPDX-License-Identifier: BSD-2-Clause
"""transmit through AF_PACKET: pktgend beside its peers, counted where the frames arrive"""
import statistics
import time

from bench import ends, senders
from bench.daemon import Daemon
from bench.ground import IFB_IF, NEAR, NEAR_IF, MeasureError, cpus
from bench.report import mpps, spread

WARM_SECONDS = 0.3


def measure(sender, end, seconds):
    """Frames a second at the end; and, if the sender counts, what it sent and what arrived."""
    before = end.read()["frames"]
    sender.start()
    try:
        ends.wait_for_frames(end, before)
        time.sleep(WARM_SECONDS)
        rate = ends.rate_at(end, seconds)
    finally:
        said = sender.stop()
    return rate, said, end.read()["frames"] - before


def measure_in_turns(everyone, end, settings, report):
    """{name: [rate of each repetition]}, and (said, arrived) of those that count."""
    rates, counts = {sender.name: [] for sender in everyone}, []
    for _ in range(settings.repetitions):
        for sender in list(everyone):
            try:
                rate, said, arrived = measure(sender, end, settings.seconds)
            except MeasureError as error:
                if said_by_ourselves(sender):
                    raise
                report.skip(f"{sender.name}: {error}: {sender.log()[-300:].strip()}")
                everyone.remove(sender)
                del rates[sender.name]
                continue
            rates[sender.name].append(rate)
            if said is not None:
                counts.append((said, arrived))
    return rates, counts


def said_by_ourselves(sender):
    return isinstance(sender, senders.Pktgend)


def ratios(rates, name):
    """pktgend's rate over the other's, repetition by repetition."""
    return [ours / theirs for ours, theirs in zip(rates["pktgend"], rates[name])]


def print_rates(report, rates):
    rows = []
    for name, values in rates.items():
        pairs = ratios(rates, name)
        rows.append([name, *(mpps(f(values)) for f in (statistics.median, min, max)),
                     f"{statistics.median(pairs):.3f}", f"{min(pairs):.3f}", f"{max(pairs):.3f}"])
    report.table(["Mpps", "median", "min", "max", "pktgend / it", "min", "max"], rows)


def run_on(where, everyone, end, settings, report):
    print(f"{where}:")
    rates, counts = measure_in_turns(everyone, end, settings, report)
    print_rates(report, rates)
    report.figures(where, {
        "pps": {name: spread(values) for name, values in rates.items()},
        "ratio": {name: spread(ratios(rates, name)) for name in rates if name != "pktgend"},
        "counted": [{"frames_tx": said, "arrived": arrived} for said, arrived in counts]})
    for name in rates:
        if name != "pktgend":
            report.require(f"{where}, pktgend / {name}", statistics.median(ratios(rates, name)),
                           1, " x")
    wrong = sum(said != arrived for said, arrived in counts)
    report.require(f"{where}, runs in which frames_tx is not what arrived", wrong, 0,
                   at_most=True)


def peers(ground, interface, report):
    return senders.installed([senders.testpmd_packet(ground, interface),
                              senders.trafgen(ground, interface)], report)


def run(ground, settings, report):
    ifb = ends.Ifb(ground)
    ports = {"v": (f"packet:{NEAR_IF}", cpus()[0]), "i": (f"packet:{IFB_IF}", cpus()[0])}
    with ends.Sink(ground, "--no-times") as sink, Daemon(ground, NEAR, ports) as daemon:
        for where, port, interface, end in (("veth", "v", NEAR_IF, sink),
                                            ("ifb", "i", IFB_IF, ifb)):
            everyone = [senders.Pktgend(daemon, port), *peers(ground, interface, report)]
            run_on(where, everyone, end, settings, report)
