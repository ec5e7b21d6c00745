# SPDX-License-Identifier: BSD-2-Clause
"""virtio over vhost-user: pktgend at either end beside testpmd's net_virtio_user and net_vhost

Sending is counted by the receiver, always testpmd's net_vhost; receiving is loaded by the sender,
always testpmd's net_virtio_user. One processor sends, the other receives.
"""
import os
import re
import statistics
import subprocess
import time

from bench import senders
from bench.daemon import Daemon
from bench.ground import NEAR, SCRATCH, HugePages, MeasureError, cpus
from bench.report import mpps, spread

RING = 256
HUGE_PAGES = 640  # two of testpmd's 512 MB, and pktgend's few
START_SECONDS, SETTLE_SECONDS = 15, 0.5
WANTED, WANTED_BUILT = 1.1, 1.0
# testpmd's fastest way with each format.
FORMATS = {"split": ("", ""), "packed": (",packed=on", ",packed_vq=1,in_order=1,vectorized=1")}


def path_of(name):
    return f"{SCRATCH}/vhost-{name}"


class Testpmd(senders.Peer):
    """One end of the wire. It prints its figures each second, and its totals when it ends."""

    def __init__(self, ground, vdev, mode, work, other):
        memory = [f"--huge-dir={HugePages.DIRECTORY}"] if ground.huge_pages else ["--no-huge"]
        words = senders.testpmd_words(vdev, mode, senders.SIZE if mode == "txonly" else None)
        words[words.index("-l") + 1] = f"{other},{work}"
        words[words.index("--main-lcore") + 1] = other
        words[words.index("--file-prefix") + 1] = f"bench-{mode}"
        words[words.index("--no-huge"):words.index("--no-huge") + 1] = [
            "--single-file-segments", "--iova-mode=va", *memory]
        super().__init__(ground, f"testpmd {vdev.split(',')[0].rstrip('0')}", words)
        self.log_path = f"{SCRATCH}/testpmd-{mode}.log"

    def start(self):
        super().start()
        limit = time.monotonic() + START_SECONDS
        while "Port statistics" not in self.log():
            if time.monotonic() > limit or self.process.poll() is not None:
                raise MeasureError(f"{self.name}: {self.log()[-300:].strip()}")
            time.sleep(0.05)

    def figures(self, key):
        return [int(n) for n in re.findall(rf"{key}:\s*(\d+)", self.log())]


def net_vhost(ground, path):
    if os.path.exists(path):
        os.unlink(path)
    return Testpmd(ground, f"net_vhost0,iface={path},queues=1", "rxonly", cpus()[1], cpus()[0])


def net_virtio_user(ground, path, options):
    return Testpmd(
        ground, f"net_virtio_user0,path={path},mac={senders.FAR_MAC},queue_size={RING}{options}",
        "txonly", *cpus())


def median_rate(receiver, seconds):
    """Of testpmd's figures of a second each, once frames have come in for a while."""
    limit = time.monotonic() + START_SECONDS
    while not any(receiver.figures("Rx-pps")):
        if time.monotonic() > limit:
            raise MeasureError("no frame arrived")
        time.sleep(0.05)
    seen = len(receiver.figures("Rx-pps")) + 1  # the next may be of a part of a second
    while len(receiver.figures("Rx-pps")) < seen + max(1, round(seconds)):
        time.sleep(0.05)
    return statistics.median(receiver.figures("Rx-pps")[seen:])


def measure_send(ground, sender, path, seconds):
    """Frames a second at net_vhost; and what the sender says beside what arrived."""
    receiver = net_vhost(ground, path)
    receiver.start()
    try:
        sender.start()
        try:
            rate = median_rate(receiver, seconds)
        finally:
            said = sender.stop()
        time.sleep(SETTLE_SECONDS)
    finally:
        receiver.stop()
    return rate, said, receiver.figures("RX-total")[-1]


def measure_receive(ground, daemon, seconds):
    """Frames a second that pktgend counts as the device of net_virtio_user; and how it ended."""
    daemon.start("device", mode="rx")
    sender = net_virtio_user(ground, path_of("device"), "")
    sender.start()
    try:
        time.sleep(1 + SETTLE_SECONDS)
        before = daemon.port("device")
        time.sleep(max(1, seconds))
        after = daemon.port("device")
    finally:
        sender.stop()
    time.sleep(SETTLE_SECONDS)
    final = daemon.stop("device")
    rate = (after["frames_rx"] - before["frames_rx"]) * 1e9 / (after["time_ns"] - before["time_ns"])
    return rate, final["frames_rx"], sender.figures("TX-packets")[-1]


def senders_of(ground, daemon, name):
    path = path_of(name)
    constant = senders.Pktgend(daemon, name, build="zerocopy", on_full="retry")
    constant.name = "pktgend"
    built = senders.Pktgend(daemon, name, build="zerocopy", on_full="retry", metrics=True)
    built.name = "pktgend, each frame anew"
    return [constant, built, net_virtio_user(ground, path, FORMATS[name][1])]


def send_part(ground, daemon, name, settings, report):
    everyone = senders_of(ground, daemon, name)
    rates, counts = {sender.name: [] for sender in everyone}, []
    for _ in range(settings.repetitions):
        for sender in everyone:
            rate, said, arrived = measure_send(ground, sender, path_of(name), settings.seconds)
            rates[sender.name].append(rate)
            if said is not None:
                counts.append((said, arrived))
    peer = everyone[-1].name
    show(name + " rings, received by net_vhost", rates, peer, report)
    for sender, wanted in zip(everyone[:-1], (WANTED, WANTED_BUILT)):
        report.require(f"{name} rings, {sender.name} / {peer}",
                       statistics.median(ratios(rates, sender.name, peer)), wanted, " x")
    wrong = sum(said != arrived for said, arrived in counts)
    report.figures(f"{name} counted", counts)
    report.require(f"{name} rings, runs in which frames_tx is not what arrived", wrong, 0,
                   at_most=True)


def receive_part(ground, daemon, settings, report):
    """Counting alone needs no byte of a frame; measuring a flow does."""
    ours, reading, theirs = "pktgend counting", "pktgend measuring", "testpmd net_vhost"
    rates, counts = {ours: [], reading: [], theirs: []}, []
    for _ in range(settings.repetitions):
        for name in (ours, reading):
            daemon.call("flow.set", flows=[] if name == ours else [
                {"name": "measured", "port": "device", "metrics": True}])
            rate, received, sent = measure_receive(ground, daemon, settings.seconds)
            rates[name].append(rate)
            counts.append((received, sent))
        peer = net_virtio_user(ground, path_of("split"), "")
        rates[theirs].append(
            measure_send(ground, peer, path_of("split"), settings.seconds)[0])
    show("sent by net_virtio_user, received by", rates, theirs, report)
    report.figures("device counted", counts)
    # testpmd counts what it has queued; when it ends, the last of it may still be in the ring.
    left = max(abs(sent - received) for received, sent in counts)
    report.require("role=device, frames between what was queued and frames_rx, a ring's worth",
                   left, RING, at_most=True)
    report.require(f"role=device, {ours} / {theirs}",
                   statistics.median(ratios(rates, ours, theirs)), WANTED, " x")


def ratios(rates, name, peer):
    return [ours / theirs for ours, theirs in zip(rates[name], rates[peer])]


def show(title, rates, peer, report):
    rows = [[name, *(mpps(f(values)) for f in (statistics.median, min, max)),
             f"{statistics.median(ratios(rates, name, peer)):.3f}"]
            for name, values in rates.items()]
    print(f"{title}:")
    report.table(["Mpps", "median", "min", "max", f"it / {peer}"], rows)
    report.figures(title, {name: spread(values) for name, values in rates.items()})


def run(ground, settings, report):
    with HugePages(HUGE_PAGES) as pages:
        ground.huge_pages = pages.there
        if not pages.there:
            report.say("There are no huge pages to be had: all use small ones, and are slower.")
        run_parts(ground, settings, report)


def run_parts(ground, settings, report):
    if not senders.installed([net_vhost(ground, path_of("split"))], report):
        return
    locations = {name: (f"vhost-user:{path_of(name)}{ours}", cpus()[0])
                 for name, (ours, _) in FORMATS.items()}
    locations["device"] = (f"vhost-user:{path_of('device')},role=device,server=on", cpus()[1])
    with Daemon(ground, NEAR, locations) as daemon:
        for name in FORMATS:
            send_part(ground, daemon, name, settings, report)
        receive_part(ground, daemon, settings, report)
