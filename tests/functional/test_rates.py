# SPDX-License-Identifier: BSD-2-Clause
"""Rates against totals over time, the status line of the log, and how much CPU waiting costs."""
import os
import re
import time

import pytest

from harness import wait_until
from traffic import (PORTS, kernel_counts, on_schedule, receive, send, stop, transfer, wait_end,
                     wait_sent)

OVERHEAD_BITS = 24 * 8
RATE, SIZE = 2000, 200


@pytest.fixture
def daemon(pair, run_daemon):
    return run_daemon(pair, PORTS)


def ticks(daemon):
    """CPU time that the process has used, in ticks."""
    with open(f"/proc/{daemon.process.pid}/stat", encoding="utf-8") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def check_layers(document, direction, suffix):
    """L2 bits are frame bytes; L1 has 24 bytes more per frame."""
    frames = document[f"frames_{direction}_rate{suffix}"]
    l1, l2 = (document[f"{direction}_l{layer}_rate_bps{suffix}"] for layer in (1, 2))
    assert l1 - l2 == pytest.approx(frames * OVERHEAD_BITS, rel=1e-9)
    assert l2 == pytest.approx(frames * SIZE * 8, rel=1e-9)


def observe(daemon):
    """Documents of both ports, and the rates that their totals grew by meanwhile."""
    before, start = [daemon.port(name) for name in ("p0", "p1")], time.monotonic()
    time.sleep(1.5)
    after, end = [daemon.port(name) for name in ("p0", "p1")], time.monotonic()
    return [(new, direction, (new[f"frames_{direction}"] - old[f"frames_{direction}"]) /
             (end - start)) for old, new, direction in zip(before, after, ("tx", "rx"))]


def test_rates_of_the_last_second_agree_with_the_totals(daemon):
    def attempt():
        if daemon.port("p0")["state"] == "running":
            stop(daemon, "p0")
        send(daemon, rate=f"{RATE}pps", size=SIZE)
        wait_sent(daemon, RATE)
        return observe(daemon)

    receive(daemon)
    for document, direction, measured in on_schedule(daemon, attempt):
        assert measured == pytest.approx(RATE, rel=0.2)
        assert document[f"frames_{direction}_rate"] == pytest.approx(measured, rel=0.2)
        check_layers(document, direction, "")
        check_layers(document, direction, "_mean")
    for document in stop(daemon, "p0", "p1"):
        assert document["frames_tx_rate"] == document["frames_rx_rate"] == 0
        assert document["tx_l1_rate_bps"] == document["rx_l1_rate_bps"] == 0


def test_mean_is_the_total_over_the_time_of_the_run(daemon):
    sent, received = on_schedule(
        daemon, lambda: transfer(daemon, rate=f"{RATE}pps", size=SIZE, duration="1s"))
    assert sent["frames_tx_rate_mean"] == pytest.approx(RATE, rel=0.1)
    for document, direction in ((sent, "tx"), (received, "rx")):
        total = document[f"frames_{direction}_rate_mean"] * document["seconds"]
        assert total == pytest.approx(document[f"frames_{direction}"], rel=1e-6)
        check_layers(document, direction, "_mean")
    later = daemon.port("p0")
    assert later["frames_tx_rate_mean"] == sent["frames_tx_rate_mean"]  # time stands still


def test_mean_leaves_pauses_out(daemon):
    def attempt():
        send(daemon, rate=f"{RATE}pps")
        wait_sent(daemon, 1000)
        daemon.call("traffic.pause", ports=["p0"])
        time.sleep(0.6)
        daemon.call("traffic.resume", ports=["p0"])
        wait_sent(daemon, 1500)
        return stop(daemon, "p0")

    sent = on_schedule(daemon, attempt)
    assert sent["frames_tx_rate_mean"] == pytest.approx(RATE, rel=0.2)


def test_rate_at_full_speed_agrees_with_the_kernel(daemon, pair):
    send(daemon, size=SIZE)
    wait_until(lambda: daemon.port("p0")["frames_tx_rate"] > 0, what="a full second")
    sent = stop(daemon, "p0")
    packets, size = kernel_counts(pair, "p1", "rx")
    assert sent["frames_tx_rate_mean"] * sent["seconds"] == pytest.approx(packets, rel=1e-6)
    assert sent["tx_l2_rate_bps_mean"] * sent["seconds"] == pytest.approx(size * 8, rel=1e-6)


def test_metrics_show_the_same_figures(pair, run_daemon):
    daemon = run_daemon(pair, PORTS.replace("metrics = none", "metrics = 127.0.0.1:10478"))
    sent, _ = transfer(daemon, count=1234, size=SIZE)
    text = daemon.get("/metrics")[2]
    for name, value in (("tx_packets", 1234), ("tx_bytes", 1234 * SIZE)):
        assert re.search(rf'^pktgend_{name}_total{{[^}}]*port="p0"[^}}]*}} {value}$', text, re.M)
    assert re.search(r'^pktgend_rx_packets_total{[^}]*port="p1"[^}]*} 1234$', text, re.M)
    assert sent["frames_tx"] == 1234


STATUS = re.compile(r"port (p\d): (\S+), tx ([\d.]+) ?([kM]?)pps ([\d.]+) Mbit/s, "
                    r"rx ([\d.]+) ?([kM]?)pps ([\d.]+) Mbit/s")


def status_lines(daemon, port):
    return [match for match in STATUS.finditer(daemon.log) if match[1] == port]


def test_status_lines_while_traffic_runs(pair, run_daemon):
    daemon = run_daemon(pair, PORTS.replace("[daemon]", "[daemon]\nstatus-interval = 400ms"))
    assert not status_lines(daemon, "p0")
    receive(daemon)
    send(daemon, rate=f"{RATE}pps", size=SIZE)
    start = time.monotonic()
    wait_until(lambda: len(status_lines(daemon, "p0")) >= 6, what="six status lines")
    assert 6 * 0.4 - 0.5 < time.monotonic() - start < 6 * 0.4 * 2
    for port, pps, mbit in (("p0", 3, 5), ("p1", 6, 8)):
        lines = status_lines(daemon, port)
        assert {line[2] for line in lines} == {"running"}
        rates = [float(line[pps]) * {"": 1, "k": 1e3}[line[pps + 1]] for line in lines]
        assert any(rate == pytest.approx(RATE, rel=0.1) for rate in rates)
        for rate, line in zip(rates, lines):
            assert float(line[mbit]) == pytest.approx(rate * (SIZE + 24) * 8 / 1e6, abs=0.06)
    stop(daemon, "p0", "p1")
    silent = len(status_lines(daemon, "p0"))
    time.sleep(1)
    assert len(status_lines(daemon, "p0")) == silent


def test_no_status_lines_when_they_are_switched_off(pair, run_daemon):
    daemon = run_daemon(pair, PORTS.replace("[daemon]", "[daemon]\nstatus-interval = 0"))
    send(daemon, rate="1kpps", duration="1200ms")
    wait_end(daemon)
    assert not status_lines(daemon, "p0")


def test_idle_after_traffic_uses_no_cpu(daemon):
    transfer(daemon, count=10000)
    before = ticks(daemon)
    time.sleep(2)
    assert ticks(daemon) - before <= 2


def test_receiver_without_traffic_uses_little_cpu(daemon):
    receive(daemon, "p0", "p1")
    before = ticks(daemon)
    time.sleep(2)
    assert ticks(daemon) - before <= 0.1 * 2 * os.sysconf("SC_CLK_TCK")


def test_slow_sender_uses_little_cpu(daemon):
    send(daemon, rate="1pps")
    before = ticks(daemon)
    time.sleep(2)
    assert ticks(daemon) - before <= 0.1 * 2 * os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("what", ["paused", "link-down", "device-lost"])
def test_waiting_uses_little_cpu(daemon, pair, what):
    send(daemon, rate="1kpps")
    wait_sent(daemon, 100)
    if what == "paused":
        daemon.call("traffic.pause", ports=["p0"])
    elif what == "link-down":
        pair.down("p0")
    else:
        pair.delete("p0")
    daemon.wait_state("p0", what)
    before = ticks(daemon)
    time.sleep(1)
    assert ticks(daemon) - before <= 0.15 * os.sysconf("SC_CLK_TCK")
