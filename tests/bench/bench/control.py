# SPDX-License-Identifier: BSD-2-Clause
"""how fast the daemon answers and falls silent under load, and what it costs at rest"""
import glob
import time

from bench import ends, senders
from bench.daemon import Daemon
from bench.ground import NEAR, NEAR_IF, cpus
from bench.report import percentile

CALLS, P99_MS_MAX = 2000, 5
STOPS, SILENCE_MS_MAX = 5, 100
RSS_MIB_MAX = 32
IDLE_SECONDS = 5
WARM_SECONDS = 0.3


def memory_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def cpu_ns(pid):
    """Time that all threads of the process have run."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path, encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


def measure_rest(daemon, report):
    pid = daemon.process.pid
    time.sleep(0.5)
    rss, before = memory_mib(pid), cpu_ns(pid)
    time.sleep(IDLE_SECONDS)
    used_ms = (cpu_ns(pid) - before) / 1e6
    report.figures("rest", {"rss_mib": rss, "cpu_ms": used_ms, "seconds": IDLE_SECONDS})
    report.require("at rest with two ports, resident memory", rss, RSS_MIB_MAX, " MiB",
                   at_most=True)
    report.say(f"At rest it used {used_ms:.2f} ms of processor time in {IDLE_SECONDS} seconds.")


def call_times_ms(daemon, method):
    times = []
    for _ in range(CALLS):
        begin = time.perf_counter_ns()
        daemon.call(method)
        times.append((time.perf_counter_ns() - begin) / 1e6)
    return times


def measure_calls(daemon, report):
    daemon.start("p0", **senders.TX_OPTIONS)
    time.sleep(WARM_SECONDS)
    rows, figures = [], {}
    for method in ("system.hello", "stats.get"):
        times = call_times_ms(daemon, method)
        shares = {f"p{share}_ms": percentile(times, share / 100) for share in (50, 99, 100)}
        figures[method] = shares
        rows.append([method, *(f"{value:.3f}" for value in shares.values())])
    daemon.stop("p0")
    report.table([f"{CALLS} calls at full rate", "p50 ms", "p99 ms", "max ms"], rows)
    report.figures("calls", figures)
    for method, shares in figures.items():
        report.require(f"{method}, p99 at full rate", shares["p99_ms"], P99_MS_MAX, " ms",
                       at_most=True)


def silence_ms(daemon, sink):
    """From the moment that the stop is asked for to the last frame at the far end."""
    daemon.start("p0", **senders.TX_OPTIONS)
    time.sleep(WARM_SECONDS)
    asked_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    daemon.stop("p0")
    time.sleep(2 * SILENCE_MS_MAX / 1000)
    return (sink.read()["last_ns"] - asked_ns) / 1e6


def measure_silence(daemon, sink, report):
    times = [silence_ms(daemon, sink) for _ in range(STOPS)]
    report.figures("silence_ms", times)
    report.require(f"traffic.stop to the last frame, the longest of {STOPS}", max(times),
                   SILENCE_MS_MAX, " ms", at_most=True)


def run(ground, _settings, report):
    work, other = cpus()
    ports = {"p0": (f"packet:{NEAR_IF}", work), "p1": ("null:", other)}
    with ends.Sink(ground) as sink, Daemon(ground, NEAR, ports) as daemon:
        measure_rest(daemon, report)
        measure_calls(daemon, report)
        measure_silence(daemon, sink, report)
