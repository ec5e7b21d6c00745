# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of traffic have in common: a sender p0, a receiver p1, and how both are judged."""
import pytest

from harness import wait_until

# Ports on the two ends of a veth pair. No metrics server: several daemons may run at once.
DAEMON = "[daemon]\nmetrics = none\n"
SENDER = "[port p0]\nlocation = packet:p0\n"
PORTS = DAEMON + SENDER + "[port p1]\nlocation = packet:p1\n"
RUN_TIMEOUT = 60


def receive(daemon, *ports):
    daemon.call("traffic.start", ports=list(ports) or ["p1"], mode="rx")


def send(daemon, port="p0", **options):
    daemon.call("traffic.start", ports=[port], **options)


def wait_end(daemon, port="p0"):
    """Waits for a sender to end by itself; its port's document."""
    daemon.wait_state(port, "configured", RUN_TIMEOUT)
    return daemon.port(port)


def stop(daemon, *ports):
    """Stops ports; their documents, whose counters are final."""
    documents = daemon.call("traffic.stop", ports=list(ports))["ports"]
    return documents[0] if len(ports) == 1 else documents


def transfer(daemon, **options):
    """Sends from p0 to p1 until the sender ends by itself; both documents."""
    receive(daemon)
    send(daemon, **options)
    sent = wait_end(daemon)
    return sent, stop(daemon, "p1")


def wait_sent(daemon, frames, port="p0", timeout=RUN_TIMEOUT):
    wait_until(lambda: daemon.port(port)["frames_tx"] >= frames, timeout, f"{frames} frames sent")


def dropped(document, prefix=""):
    """The sum over the drops whose reason begins so: "tx-", "rx-"."""
    return sum(n for reason, n in document["drops"].items() if reason.startswith(prefix))


def kernel_counts(namespace, interface, direction):
    """(packets, bytes) of the kernel, "tx" or "rx"."""
    counters = namespace.counters(interface)[direction]
    return counters["packets"], counters["bytes"]


def check_counts(namespace, sent, received, tx="p0", rx="p1", earlier=(0, 0)):
    """Our sender, the kernel on both ends, and our receiver saw the same frames.

    What arrived while the receiver was too slow is the one difference, and must be in its drops.
    earlier is what the kernel had counted before.
    """
    frames, size = sent["frames_tx"], sent["bytes_tx"]
    total = (earlier[0] + frames, earlier[1] + size)
    assert kernel_counts(namespace, tx, "tx") == total
    assert kernel_counts(namespace, rx, "rx") == total
    assert received["frames_rx"] + dropped(received, "rx-") == frames
    if dropped(received, "rx-") == 0:
        assert received["bytes_rx"] == size


def checked_transfer(daemon, namespace, **options):
    """transfer() with check_counts()."""
    earlier = kernel_counts(namespace, "p0", "tx")
    sent, received = transfer(daemon, **options)
    check_counts(namespace, sent, received, earlier=earlier)
    return sent, received


def on_schedule(daemon, attempt):
    """The result of the first attempt() in which every flow kept its schedule.

    On a busy machine a worker may be kept from its processor for longer than a schedule waits. It
    then leaves frames out, and says so in slipped_ns.
    """
    for _ in range(5):
        result = attempt()
        if not any(flow["slipped_ns"] for flow in daemon.call("stats.get")["flows"]):
            return result
    pytest.skip("the machine was too busy to keep a schedule, five times in a row")


def set_flows(daemon, *flows):
    """Makes these the flows, on p0 unless they say otherwise."""
    daemon.call("flow.set", flows=[{"port": "p0", **flow} for flow in flows])


def captured_run(daemon, capture, namespace, **options):
    """What comes out of the far end of p0 in a run that ends by itself, frame by frame."""
    far_end = capture(namespace, "p1")
    send(daemon, **options)
    sent = wait_end(daemon)
    return far_end.wait(sent["frames_tx"]).stop().frames
