# SPDX-License-Identifier: BSD-2-Clause
"""the gaps between frames as the far end's clock sees them, pktgend beside its peers

The senders take turns, several rounds; of each figure the least is shown.
"""
import time

from bench import ends, senders
from bench.daemon import Daemon
from bench.ground import NEAR, NEAR_IF, SCRATCH, MeasureError, cpus
from bench.report import percentile

RATES = (10_000, 100_000)
RATE_ERROR_MAX = 1e-4


def wait_for_count(sink, count, seconds):
    """Waits until the frames have arrived; complains when they do not."""
    limit = time.monotonic() + 2 * seconds + 5
    while sink.read()["frames"] < count:
        if time.monotonic() > limit:
            raise MeasureError(f"{sink.read()['frames']} frames of {count} arrived")
        time.sleep(0.2)


def gaps(times, rate):
    """How well the times keep to the rate."""
    wanted = 1e9 / rate
    errors = [abs(b - a - wanted) for a, b in zip(times, times[1:])]
    mean = (len(times) - 1) * 1e9 / (times[-1] - times[0])
    return {"rate_error": mean / rate - 1,
            **{f"p{share}_ns": percentile(errors, share / 100) for share in (50, 90, 99)}}


def measure(ground, sender, rate, count):
    path = f"{SCRATCH}/gaps"
    with ends.Sink(ground, "--gaps", path, "--capacity", str(count)) as sink:
        sender.start()
        try:
            wait_for_count(sink, count, count / rate)
        finally:
            sender.stop()
    with open(path, encoding="ascii") as file:
        return gaps([int(line) for line in file], rate)


def run_rate(ground, daemon, rate, settings, report):
    """{sender: figures of each round}"""
    count = round(rate * settings.pacing_seconds) + 1
    everyone = [senders.Pktgend(daemon, "v", rate=f"{rate}pps", count=count)]
    everyone += senders.installed([senders.tcpreplay(ground, NEAR_IF, rate, count),
                                   senders.trafgen(ground, NEAR_IF, rate, count)], report)
    found = {sender.name: [] for sender in everyone}
    for _ in range(settings.pacing_rounds):
        for sender in everyone:
            found[sender.name].append(measure(ground, sender, rate, count))
    return found


def middle(rounds):
    """Of each figure the round in the middle: neither the lucky nor the disturbed one."""
    return {key: sorted((figures[key] for figures in rounds), key=abs)[len(rounds) // 2]
            for key in rounds[0]}


def print_rate(report, rate, found):
    report.table(
        [f"{rate // 1000} kpps", "rate error", "p50 ns", "p90 ns", "p99 ns"],
        [[name, f"{100 * figures['rate_error']:+.5f} %",
          *(f"{figures[key]:.0f}" for key in ("p50_ns", "p90_ns", "p99_ns"))]
         for name, figures in found.items()])


def run(ground, settings, report):
    with Daemon(ground, NEAR, {"v": (f"packet:{NEAR_IF}", cpus()[0])}) as daemon:
        for rate in RATES:
            rounds = run_rate(ground, daemon, rate, settings, report)
            report.figures(f"{rate}_pps", rounds)
            found = {name: middle(figures) for name, figures in rounds.items()}
            print_rate(report, rate, found)
            ours = found["pktgend"]
            report.require(f"{rate // 1000} kpps, |mean rate error|",
                           100 * abs(ours["rate_error"]), 100 * RATE_ERROR_MAX, " %",
                           at_most=True)
            if "tcpreplay" in found:
                report.require(f"{rate // 1000} kpps, p90 of |gap - wanted|, limit: tcpreplay's",
                               ours["p90_ns"], found["tcpreplay"]["p90_ns"], " ns", at_most=True)
