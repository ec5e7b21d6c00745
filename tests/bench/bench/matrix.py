# SPDX-License-Identifier: BSD-2-Clause
"""the optimisations: which of them gives the best rate, without a device and with one

Every combination of the options, on null: and on a veth. The combinations take turns, several times
over, so that a slow moment of the machine does not fall on one of them alone; the median counts.
"""
import itertools
import math
import statistics
import time

from bench import ends
from bench.daemon import Daemon
from bench.ground import FAR_MAC, NEAR, NEAR_IF, cpus
from bench.report import mpps
from bench.senders import SIZE

OPTIONS = {
    "build": ("generate", "copy", "zerocopy"),
    "alloc": ("heap", "pool"),
    "on_full": ("drop", "retry"),  # null: is never full
    "burst": (1, 32, 64, 256),
}
# Less than this is within what repeated runs differ by.
GAIN_MIN = 1.04
CELL_SECONDS, WARM_SECONDS = 0.2, 0.03


class Port:
    """The port's own count, for null:, where nothing arrives."""

    def __init__(self, daemon, name):
        self.daemon, self.name = daemon, name

    def read(self):
        port = self.daemon.port(self.name)
        return {"frames": port["frames_tx"], "now_ns": port["time_ns"]}


def measure(daemon, port, end, cell):
    daemon.start(port, size=SIZE, dst_mac=FAR_MAC, mode="tx", **cell)
    time.sleep(WARM_SECONDS)
    rate = ends.rate_at(end, CELL_SECONDS)
    daemon.stop(port)
    return rate


def measure_all(daemon, port, end, names, passes):
    """{values of the options: frames a second}"""
    cells = list(itertools.product(*(OPTIONS[name] for name in names)))
    rates = {cell: [] for cell in cells}
    for _ in range(passes):
        for cell in cells:
            rates[cell].append(measure(daemon, port, end, dict(zip(names, cell))))
    return {cell: statistics.median(values) for cell, values in rates.items()}


def print_table(report, names, rates):
    rows = {}
    for cell, rate in rates.items():
        rows.setdefault(cell[:-1], []).append(mpps(rate))
    heads = [f"burst {burst}" for burst in OPTIONS["burst"]]
    report.table([" ".join(names[:-1]) + " (Mpps)", *heads],
                 [[" ".join(cell), *values] for cell, values in rows.items()])


def gain(rates, index, value):
    """The geometric mean of what the option's value yields, over the other options."""
    logs = [math.log(max(rate, 1)) for cell, rate in rates.items() if cell[index] == value]
    return math.exp(statistics.fmean(logs))


def gains(names, rates):
    """For each option: (factor of its best value over its worst, option, best, worst)."""
    found = []
    for index, name in enumerate(names):
        means = {value: gain(rates, index, value) for value in OPTIONS[name]}
        best, worst = max(means, key=means.get), min(means, key=means.get)
        found.append((means[best] / means[worst], name.replace("_", "-"), best, worst))
    return sorted(found, reverse=True)


def answer(report, where, names, rates):
    best = max(rates, key=rates.get)
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in zip(names, best))
    each = ", then ".join(f"--{name} {good} ({factor:.2f} x {bad})"
                          for factor, name, good, bad in gains(names, rates)
                          if factor >= GAIN_MIN)
    idle = [name for factor, name, _, _ in gains(names, rates) if factor < GAIN_MIN]
    report.say(f"On {where} the best rate is {mpps(rates[best])} Mpps, with {options}; what gains "
               f"most, the others equal, is {each or 'nothing'}"
               + "".join(f"; --{name} makes no difference" for name in idle) + ".")
    report.figures(where, {
        "options": names, "cells": [[*cell, rate] for cell, rate in rates.items()],
        "gains": [dict(zip(("factor", "option", "best", "worst"), row))
                  for row in gains(names, rates)]})


def run_one(report, where, names, rates):
    print(f"{where}:")
    print_table(report, names, rates)
    answer(report, where, names, rates)


def run(ground, settings, report):
    ports = {"n": ("null:", cpus()[0]), "v": (f"packet:{NEAR_IF}", cpus()[0])}
    with ends.Sink(ground, "--no-times") as sink, Daemon(ground, NEAR, ports) as daemon:
        names = [name for name in OPTIONS if name != "on_full"]
        run_one(report, "null", names, measure_all(
            daemon, "n", Port(daemon, "n"), names, settings.matrix_passes))
        names = list(OPTIONS)
        run_one(report, "veth", names, measure_all(
            daemon, "v", sink, names, settings.matrix_passes))
