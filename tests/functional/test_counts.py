# SPDX-License-Identifier: BSD-2-Clause
"""Counters that do not lie: what we say was sent is what the kernel saw on both ends."""
import json
import time

import pytest

from harness import wait_until
from traffic import (PORTS, check_counts, checked_transfer, dropped, kernel_counts, on_schedule,
                     receive, send, set_flows, stop, transfer, wait_end, wait_sent)


@pytest.fixture
def daemon(pair, run_daemon):
    return run_daemon(pair, PORTS)


@pytest.mark.parametrize("rate, duration, frames", [
    ("1pps", "2s", 2), ("10pps", "1s", 10), ("1kpps", "1s", 1000), ("10kpps", "500ms", 5000),
])
def test_duration_at_a_rate_is_an_exact_number(daemon, pair, rate, duration, frames):
    sent, received = on_schedule(
        daemon, lambda: checked_transfer(daemon, pair, rate=rate, duration=duration))
    assert sent["frames_tx"] == frames and sent["bytes_tx"] == frames * 60
    assert received["frames_rx"] == frames


@pytest.mark.parametrize("rate", ["1pps", "10pps", "1kpps", "100kpps", "max"])
def test_counts_agree_when_stopped_in_mid_run(daemon, pair, rate):
    receive(daemon)
    send(daemon, rate=rate)
    wait_sent(daemon, {"1pps": 2, "10pps": 5, "1kpps": 500}.get(rate, 30000))
    sent, received = stop(daemon, "p0", "p1")
    assert sent["state"] == received["state"] == "configured"
    assert dropped(sent) == 0
    check_counts(pair, sent, received)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 192, 193, 1000, 100003])
def test_count_is_exact(daemon, pair, count):
    sent, received = transfer(daemon, count=count)
    assert sent["frames_tx"] == count
    assert sent["drops"] == dict.fromkeys(sent["drops"], 0)
    check_counts(pair, sent, received)


def test_count_of_the_100_kpps_is_exact(daemon, pair):
    sent, received = transfer(daemon, count=50001, rate="100kpps")
    assert sent["frames_tx"] == 50001
    check_counts(pair, sent, received)


def test_duration_without_a_rate_ends_in_time(daemon, pair):
    start = time.monotonic()
    sent, received = transfer(daemon, duration="500ms")
    assert 0.5 <= time.monotonic() - start < 5
    assert sent["frames_tx"] > 0 and sent["seconds"] >= 0.5
    check_counts(pair, sent, received)


def test_count_and_duration_whichever_comes_first(daemon):
    sent, _ = transfer(daemon, rate="1kpps", count=100, duration="1h")
    assert sent["frames_tx"] == 100
    sent, _ = on_schedule(
        daemon, lambda: transfer(daemon, rate="1kpps", count=10**9, duration="300ms"))
    assert sent["frames_tx"] == 300


def test_pktgenctl_waits_and_tells_the_totals(daemon, pair):
    receive(daemon)
    done = daemon.ctl("--json", "start", "p0", "--size", "100", "--count", "777", "--wait")
    last = json.loads(done.stdout.splitlines()[-1])
    sent = daemon.port("p0")
    assert sent["frames_tx"] == 777 and sent["bytes_tx"] == 77700
    assert [port["frames_tx"] for port in last["ports"]] == [777]
    check_counts(pair, sent, stop(daemon, "p1"))


def test_flows_of_one_port_at_rates_of_their_own(daemon, pair):
    rates = {"slow": 10, "middle": 300, "quick": 7000}
    set_flows(daemon, *({"name": name, "rate": f"{rate}pps", "duration": "1s", "metrics": True,
                         "size": 100} for name, rate in rates.items()))
    sent, _ = on_schedule(daemon, lambda: checked_transfer(daemon, pair))
    assert sent["frames_tx"] == sum(rates.values())
    for name, frames in rates.items():
        flow = daemon.flow(name)
        assert flow["frames_tx"] == flow["frames_attempted"] == flow["frames_rx"] == frames
        assert flow["bytes_tx"] == flow["bytes_rx"] == 100 * frames
        assert flow["loss"] == flow["duplicates"] == flow["out_of_order"] == 0


def test_flow_without_a_rate_leaves_room_for_others(daemon):
    set_flows(daemon, {"name": "paced", "rate": "100pps", "duration": "500ms"},
              {"name": "flood", "duration": "500ms"})
    sent, _ = on_schedule(daemon, lambda: transfer(daemon))
    flood = daemon.flow("flood")
    assert daemon.flow("paced")["frames_tx"] == 50
    assert flood["frames_tx"] > 50 and sent["frames_tx"] == flood["frames_tx"] + 50


def test_only_the_named_flow_is_sent(daemon):
    set_flows(daemon, {"name": "one", "count": 10}, {"name": "two", "count": 20})
    sent, _ = transfer(daemon, flows=["two"])
    assert sent["frames_tx"] == 20
    assert daemon.flow("one")["frames_tx"] == 0 and daemon.flow("two")["frames_tx"] == 20


@pytest.mark.parametrize("rate", ["1kpps", "max"])
def test_both_directions_at_once(daemon, pair, rate):
    set_flows(daemon, {"name": "east", "port": "p0", "count": 2000, "rate": rate},
              {"name": "west", "port": "p1", "count": 3000, "rate": rate, "size": 200})
    daemon.call("traffic.start", mode="both")
    wait_until(lambda: [daemon.port(p)["frames_tx"] for p in ("p0", "p1")] == [2000, 3000],
               what="all frames sent")
    p0, p1 = stop(daemon, "p0", "p1")
    check_counts(pair, p0, p1)
    check_counts(pair, p1, p0, tx="p1", rx="p0")
    assert (p0["frames_rx"], p1["frames_rx"]) == (3000, 2000)


def test_own_transmissions_are_not_received(daemon, pair):
    send(daemon, mode="both", count=500)
    wait_sent(daemon, 500)
    document = stop(daemon, "p0")
    assert document["frames_tx"] == 500 and document["frames_rx"] == 0
    assert kernel_counts(pair, "p1", "rx") == (500, 30000)


@pytest.mark.parametrize("rate", ["5kpps", "max"])
def test_pause_is_silent_and_resume_goes_on_where_it_was(daemon, pair, rate):
    receive(daemon)
    send(daemon, rate=rate, metrics=True)
    for frames in (500, 3000):
        wait_sent(daemon, frames)
        paused = daemon.call("traffic.pause", ports=["p0"])["ports"][0]
        assert paused["state"] == "paused"
        assert kernel_counts(pair, "p0", "tx")[0] == paused["frames_tx"]
        time.sleep(0.1)  # that nothing is sent in this time is what is tested
        assert daemon.port("p0")["frames_tx"] == paused["frames_tx"]
        assert kernel_counts(pair, "p0", "tx")[0] == paused["frames_tx"]
        daemon.call("traffic.resume", ports=["p0"])
        wait_sent(daemon, paused["frames_tx"] + 1)
    sent, received = stop(daemon, "p0", "p1")
    check_counts(pair, sent, received)
    flow = daemon.flow("default")
    assert flow["frames_attempted"] == sent["frames_tx"]
    assert flow["duplicates"] == flow["out_of_order"] == 0
    assert flow["loss"] == dropped(received, "rx-")


@pytest.mark.parametrize("count, options", [
    (3000, {"rate": "5kpps"}), (500000, {"burst": 512}), (500000, {"build": "zerocopy"}),
])
def test_pauses_do_not_change_the_count(daemon, pair, count, options):
    receive(daemon)
    send(daemon, count=count, metrics=True, **options)
    for frames in (500, 1500):
        wait_sent(daemon, frames)
        daemon.call("traffic.pause", ports=["p0"])
        daemon.call("traffic.resume", ports=["p0"])
    sent = wait_end(daemon)
    received = stop(daemon, "p1")
    assert sent["frames_tx"] == count
    check_counts(pair, sent, received)
    flow = daemon.flow("default")
    assert flow["duplicates"] == flow["out_of_order"] == 0
    assert flow["loss"] == dropped(received, "rx-")


def test_pause_costs_no_part_of_a_duration(daemon):
    def attempt():
        send(daemon, rate="1kpps", duration="600ms")
        wait_sent(daemon, 100)
        daemon.call("traffic.pause", ports=["p0"])
        time.sleep(0.7)  # longer than the duration
        daemon.call("traffic.resume", ports=["p0"])
        return wait_end(daemon)

    assert on_schedule(daemon, attempt)["frames_tx"] == 600


def test_stop_while_paused_keeps_the_totals(daemon, pair):
    send(daemon, rate="1kpps")
    wait_sent(daemon, 50)
    paused = daemon.call("traffic.pause", ports=["p0"])["ports"][0]
    stopped = stop(daemon, "p0")
    assert stopped["state"] == "configured"
    assert stopped["frames_tx"] == paused["frames_tx"] == kernel_counts(pair, "p0", "tx")[0]


def test_sender_starts_again_while_the_receiver_goes_on(daemon, pair):
    receive(daemon)
    counts = (300, 7, 1000)
    for run, count in enumerate(counts, 1):
        send(daemon, count=count, metrics=True)
        assert wait_end(daemon)["frames_tx"] == count
        total = sum(counts[:run])
        wait_until(lambda: daemon.port("p1")["frames_rx"] == total, what=f"{total} received")
        flow = daemon.flow("default")
        assert (flow["frames_rx"], flow["loss"], flow["duplicates"]) == (count, 0, 0)
    assert stop(daemon, "p1")["frames_rx"] == sum(counts)
    assert kernel_counts(pair, "p1", "rx") == (sum(counts), 60 * sum(counts))


def test_totals_stay_until_the_next_start(daemon):
    transfer(daemon, count=123)
    assert daemon.port("p0")["frames_tx"] == daemon.port("p1")["frames_rx"] == 123
    receive(daemon)
    assert daemon.port("p1")["frames_rx"] == 0
    assert daemon.port("p0")["frames_tx"] == 123


def test_what_is_tried_and_not_sent_is_in_drops(daemon, pair):
    # A burst that no ring of the device holds: some of it must be dropped.
    sent, received = transfer(daemon, count=20000, burst=512, on_full="drop")
    assert sent["drops"]["tx-ring-full"] == dropped(sent, "tx-") > 0
    assert sent["frames_tx"] + dropped(sent, "tx-") == 20000
    flow = daemon.flow("default")
    assert flow["frames_attempted"] == 20000 and flow["frames_tx"] == sent["frames_tx"]
    check_counts(pair, sent, received)


def test_drop_at_a_rate_that_the_device_takes_drops_nothing(daemon, pair):
    sent, received = transfer(daemon, count=500, rate="1kpps", on_full="drop")
    assert sent["frames_tx"] == 500 and dropped(sent) == 0
    check_counts(pair, sent, received)


def test_two_queues(pair, run_daemon):
    daemon = run_daemon(pair, PORTS.replace("location", "queues = 2\nlocation"))
    set_flows(daemon, *({"name": f"f{n}", "count": 2000 + n, "rate": "20kpps", "metrics": True,
                         "size": 80, "src_port": "1000-1015"} for n in range(3)))
    sent, received = transfer(daemon)
    assert sent["frames_tx"] == 6003 and received["frames_rx"] == 6003
    check_counts(pair, sent, received)
    for n in range(3):
        flow = daemon.flow(f"f{n}")
        assert flow["frames_tx"] == flow["frames_rx"] == 2000 + n
        assert flow["loss"] == flow["duplicates"] == 0


def test_rate_limit_of_the_port_holds(pair, run_daemon):
    daemon = run_daemon(pair, PORTS + "rate-limit = 100pps\n")
    start = time.monotonic()
    send(daemon, "p1", count=31)  # the last one is due after 300 ms
    wait_end(daemon, "p1")
    assert time.monotonic() - start >= 0.3
    assert kernel_counts(pair, "p1", "tx")[0] == 31


@pytest.mark.parametrize("options, frames", [
    ({"rate": "672kbit"}, 1000),  # of 84 bytes on the wire
    ({"rate": "480kbit", "rate_layer": "l2"}, 1000),  # of 60 bytes
    ({"rate": "8Mbit", "size": 976}, 1000),
])
def test_rate_in_bits(daemon, options, frames):
    sent, _ = on_schedule(daemon, lambda: transfer(daemon, duration="1s", **options))
    assert sent["frames_tx"] == frames
