# SPDX-License-Identifier: BSD-2-Clause
"""virtio-pci over VFIO in an emulated guest: pktgend beside testpmd's virtio driver

Both send from the same card, in turns; what it sends, QEMU throws away. Emulation is slow, so the
rates mean nothing, but how much work a frame costs in the guest shows in their ratio.
"""
import glob
import os
import re
import shutil
import statistics
import sys
import tempfile
import time

from bench.ground import MeasureError
from bench.report import mpps, spread

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path += [os.path.join(TESTS, "vm"), os.path.join(TESTS, "functional")]

import cards  # noqa: E402 (the line above must come first)
import guest as vm  # noqa: E402
import image  # noqa: E402

TESTPMD = "dpdk-testpmd"
PLUGINS = ("librte_net_virtio.so", "librte_mempool_ring.so")
KIND = cards.KINDS["vfio-split"]
WANTED = 1.0
# testpmd prints its rate each second; the first figure is from its start.
TESTPMD_FIGURES, TESTPMD_SECONDS = 3, 60
SETTLE_SECONDS = 1
# An emulated guest's pace wanders: less than this says little.
ROUNDS_MIN, SECONDS_MIN = 3, 3


def programs():
    """testpmd and the drivers that it looks for in their folder; for the image."""
    found = [shutil.which(TESTPMD)] + [path for name in PLUGINS
                                       for path in glob.glob(f"/usr/lib/*/dpdk/pmds-*/{name}")]
    if not found[0] or len(found) != 1 + len(PLUGINS):
        raise image.Unavailable("testpmd: install Debian's dpdk-dev")
    return found


def boot(folder, builddir):
    initramfs = os.path.join(folder, "initramfs")
    kernel = image.Kernel()
    image.write_initramfs(initramfs, kernel, builddir, programs())
    first, options = cards.machine(KIND.driver)
    # Nobody is at the other end, so every datagram is thrown away at once.
    wire = f"dgram,id=n0,local.type=unix,local.path={folder}/near,remote.type=unix," \
        f"remote.path={folder}/nobody"
    options = {**options, "append": f"{options['append']} hugepages=256"}
    guest = vm.Guest(folder, kernel, initramfs, *first, "-netdev", wire, "-device",
                     f"virtio-net-pci,netdev=n0,addr=0x8,{KIND.options}", **options)
    cards.bind(guest, KIND.driver, cards.CARDS[0])
    return guest


def measure_pktgend(guest, seconds):
    daemon = vm.GuestDaemon(guest, "[daemon]\nmetrics = none\n[port p0]\ncpu = 1\n"
                            f"location = virtio-pci:{cards.CARDS[0]}\n").start()
    daemon.call("traffic.start", ports=["p0"], size=60, build="zerocopy")
    time.sleep(SETTLE_SECONDS)
    before = daemon.port("p0")
    time.sleep(seconds)
    after = daemon.port("p0")
    daemon.stop()
    return (after["frames_tx"] - before["frames_tx"]) / (after["seconds"] - before["seconds"])


def measure_testpmd(guest):
    guest.run(f"rm -f /tmp/{TESTPMD}.log")
    guest.start(f"{TESTPMD} -l 0,1 --main-lcore 0 -m 256 --iova-mode=va -a {cards.CARDS[0]} -- "
                "--forward-mode=txonly --txpkts=60 --stats-period 1 --no-mlockall "
                "--total-num-mbufs=8192", TESTPMD)
    guest.wait_log(TESTPMD, "Tx-pps")
    limit = time.monotonic() + TESTPMD_SECONDS
    figures = []
    while len(figures) < TESTPMD_FIGURES:
        log = guest.run(f"cat /tmp/{TESTPMD}.log").stdout
        if time.monotonic() > limit:
            raise MeasureError(f"testpmd in the guest: {log[-600:].strip()}")
        time.sleep(0.5)
        figures = [int(pps) for pps in re.findall(r"Tx-pps:\s*(\d+)", log)]
    guest.end(TESTPMD)
    return statistics.median(figures[1:])


def run(ground, settings, report):
    rates = {"pktgend": [], "testpmd": []}
    with tempfile.TemporaryDirectory() as folder:
        try:
            guest = boot(folder, ground.builddir)
        except image.Unavailable as reason:
            report.skip(str(reason))
            return
        try:
            for _ in range(max(ROUNDS_MIN, settings.repetitions)):
                rates["pktgend"].append(measure_pktgend(guest, max(SECONDS_MIN, settings.seconds)))
                rates["testpmd"].append(measure_testpmd(guest))
        except AssertionError as error:
            raise MeasureError(str(error)) from None
        finally:
            guest.stop()
    report.table(["Mpps", "median", "min", "max"],
                 [[name, *(mpps(f(values)) for f in (statistics.median, min, max))]
                  for name, values in rates.items()])
    report.figures("pps", {name: spread(values) for name, values in rates.items()})
    pairs = [a / b for a, b in zip(rates["pktgend"], rates["testpmd"])]
    report.figures("ratio", spread(pairs))
    report.require("virtio-pci: pktgend / testpmd", statistics.median(pairs), WANTED, " x")
