# SPDX-License-Identifier: BSD-2-Clause
"""Loss, duplicates and reordering per flow, exactly as they were done to the frames."""
import pytest

from forwarder import Forwarder, drop, duplicate, swap
from traffic import PORTS, receive, send, set_flows, stop, transfer, wait_end, wait_sent

COUNT = 1000
OPTIONS = {"count": COUNT, "rate": "5kpps", "size": 80, "metrics": True}


@pytest.fixture
def lossy(namespace, run_daemon):
    """run(fault): sends through a link with that fault; (the flow's document, the forwarder)."""
    namespace.veth("p0", "f0")
    namespace.veth("f1", "p1")
    daemon = run_daemon(namespace, PORTS)
    forwarders = []

    def run(fault, **options):
        forwarder = Forwarder(namespace, "f0", "f1", fault)
        forwarders.append(forwarder)
        receive(daemon)
        send(daemon, **options)
        forwarder.wait(wait_end(daemon)["frames_tx"])
        received = stop(daemon, "p1")
        assert received["frames_rx"] == forwarder.given
        return daemon.call("stats.get")["flows"]

    yield run
    for forwarder in forwarders:
        forwarder.close()


def figures(flow):
    return flow["loss"], flow["duplicates"], flow["out_of_order"]


def test_nothing_happens_to_the_frames(lossy):
    (flow,) = lossy(lambda n, frame: [frame], **OPTIONS)
    assert flow["frames_rx"] == COUNT and flow["bytes_rx"] == COUNT * 80
    assert figures(flow) == (0, 0, 0)


@pytest.mark.parametrize("every, offset", [
    (10, 3), (10, 0), (10, 9),  # in the middle; also the first; also the last
    (2, 0), (COUNT, 0), (COUNT, COUNT - 1),
])
def test_loss(lossy, every, offset):
    (flow,) = lossy(drop(every, offset), **OPTIONS)
    lost = COUNT // every
    assert flow["frames_rx"] == COUNT - lost
    assert figures(flow) == (lost, 0, 0)


def test_everything_is_lost(lossy):
    (flow,) = lossy(lambda n, frame: [], **OPTIONS)
    assert flow["frames_tx"] == COUNT
    assert flow["frames_rx"] == flow["duplicates"] == flow["out_of_order"] == 0


@pytest.mark.parametrize("every", [1, 10, COUNT])
def test_duplicates(lossy, every):
    (flow,) = lossy(duplicate(every), **OPTIONS)
    assert flow["frames_rx"] == COUNT + COUNT // every
    assert figures(flow) == (0, COUNT // every, 0)


@pytest.mark.parametrize("every, distance", [(10, 1), (50, 40), (2, 1)])
def test_reordering(lossy, every, distance):
    (flow,) = lossy(swap(every, distance), **OPTIONS)
    assert flow["frames_rx"] == COUNT
    assert figures(flow) == (0, 0, COUNT // every)


def test_all_at_once(lossy):
    """Of each hundred frames ten are lost, five come twice, two change places with the next."""
    held = []

    def fault(n, frame):
        place = n % 100
        if place < 10:
            return []
        if place < 15:
            return [frame, frame]
        if place in (50, 60):
            held.append(frame)
            return []
        return [frame, held.pop()] if held else [frame]

    (flow,) = lossy(fault, **OPTIONS)
    assert flow["frames_rx"] == COUNT - 100 + 50
    assert figures(flow) == (100, 50, 20)


def test_frames_that_are_none_of_ours_are_no_measurement(lossy):
    """A foreign frame, and one too short to carry a signature, between the measured ones."""
    foreign = bytes.fromhex("020000000001020000000002080006") + bytes(60)
    (flow,) = lossy(lambda n, frame: [frame, foreign, foreign[:20]], **OPTIONS)
    assert flow["frames_rx"] == COUNT and figures(flow) == (0, 0, 0)


def test_each_flow_has_figures_of_its_own(namespace, run_daemon):
    namespace.veth("p0", "f0")
    namespace.veth("f1", "p1")
    daemon = run_daemon(namespace, PORTS)
    set_flows(daemon, *({"name": name, "src_port": port, **OPTIONS, "metrics": name != "dumb"}
                        for name, port in (("clean", "1"), ("lossy", "2"), ("dumb", "3"))))
    seen = {"lossy": 0}

    def fault(n, frame):
        if frame[34:36] != b"\x00\x02":
            return [frame]
        seen["lossy"] += 1
        return [frame] if seen["lossy"] % 4 else []

    forwarder = Forwarder(namespace, "f0", "f1", fault)
    try:
        receive(daemon)
        send(daemon)
        wait_end(daemon)
        forwarder.wait(3 * COUNT)
        stop(daemon, "p1")
    finally:
        forwarder.close()
    assert figures(daemon.flow("clean")) == (0, 0, 0)
    assert figures(daemon.flow("lossy")) == (COUNT // 4, 0, 0)
    assert daemon.flow("clean")["frames_rx"] == COUNT
    assert daemon.flow("lossy")["frames_rx"] == COUNT - COUNT // 4
    assert "loss" not in daemon.flow("dumb") and daemon.flow("dumb")["frames_tx"] == COUNT


@pytest.fixture
def daemon(pair, run_daemon):
    return run_daemon(pair, PORTS)


@pytest.mark.parametrize("queues", [1, 2])
def test_receiver_that_comes_late_does_not_miss_what_was_before(pair, run_daemon, queues):
    daemon = run_daemon(pair, PORTS.replace("location", f"queues = {queues}\nlocation"))
    send(daemon, **{**OPTIONS, "count": 4000})
    wait_sent(daemon, 500)
    receive(daemon)
    wait_end(daemon)
    received = stop(daemon, "p1")
    flow = daemon.flow("default")
    assert 0 < flow["frames_rx"] == received["frames_rx"] <= 3500
    assert figures(flow) == (0, 0, 0)


@pytest.mark.parametrize("queues", [1, 2])
def test_receiver_that_leaves_early_does_not_miss_what_came_after(pair, run_daemon, queues):
    daemon = run_daemon(pair, PORTS.replace("location", f"queues = {queues}\nlocation"))
    receive(daemon)
    send(daemon, **{**OPTIONS, "count": 4000})
    wait_sent(daemon, 500)
    received = stop(daemon, "p1")
    assert wait_end(daemon)["frames_tx"] == 4000
    flow = daemon.flow("default")
    assert 500 <= flow["frames_rx"] == received["frames_rx"] < 4000
    assert figures(flow) == (0, 0, 0)


def test_receiver_that_comes_during_a_pause(daemon):
    send(daemon, **OPTIONS)
    wait_sent(daemon, 300)
    before = daemon.call("traffic.pause", ports=["p0"])["ports"][0]["frames_tx"]
    receive(daemon)
    daemon.call("traffic.resume", ports=["p0"])
    wait_end(daemon)
    stop(daemon, "p1")
    flow = daemon.flow("default")
    assert flow["frames_rx"] == COUNT - before and figures(flow) == (0, 0, 0)


def test_figures_of_a_run_begin_at_zero(daemon):
    for count in (COUNT, 10):
        send(daemon, **{**OPTIONS, "count": count})  # nobody receives
        wait_end(daemon)
        assert daemon.flow("default")["frames_rx"] == 0
        transfer(daemon, **{**OPTIONS, "count": count})
        flow = daemon.flow("default")
        assert flow["frames_rx"] == count and figures(flow) == (0, 0, 0)


def test_measuring_at_full_rate_agrees_with_the_drops(daemon):
    sent, received = transfer(daemon, count=200000, metrics=True)
    flow = daemon.flow("default")
    assert sent["frames_tx"] == flow["frames_rx"] + flow["loss"] == 200000
    assert flow["loss"] == sum(n for reason, n in received["drops"].items() if "rx-" in reason)
    assert flow["duplicates"] == flow["out_of_order"] == 0
