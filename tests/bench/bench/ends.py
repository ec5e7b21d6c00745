# SPDX-License-Identifier: BSD-2-Clause
"""The far ends, which count what really arrived, and the source that loads receivers."""
import json
import subprocess
import time

from bench.ground import FAR, FAR_IF, IFB_IF, NEAR, NEAR_IF, MeasureError, cpus


class Sink:
    """xdp-sink at the far end of the veth; a context manager."""

    def __init__(self, ground, *options):
        self.process = ground.start(FAR, ground.tool("xdp-sink"), FAR_IF, *options,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if self.process.stdout.readline() != "ready\n":
            raise MeasureError(f"xdp-sink: {self.process.stderr.read().strip()}")

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.process.stdin.close()
        self.process.stdout.read()
        if self.process.wait(30) != 0:
            raise MeasureError(f"xdp-sink: {self.process.stderr.read().strip()}")

    def read(self):
        """The counters now: frames, bytes, first_ns, last_ns, now_ns."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Ifb:
    """An ifb device near the sender: it counts what it is sent, as dropped, and has no far end."""

    def __init__(self, ground):
        self.ground = ground
        self.ground.inside(NEAR, "ip", "link", "add", IFB_IF, "type", "ifb")
        self.ground.inside(NEAR, "ip", "link", "set", IFB_IF, "up")

    def read(self):
        for line in self.ground.inside(NEAR, "cat", "/proc/net/dev").splitlines():
            name, _, counters = line.partition(":")
            if name.strip() == IFB_IF:
                return {"frames": int(counters.split()[3]), "now_ns": time.monotonic_ns()}
        raise MeasureError(f"{IFB_IF} is not there")


def wait_for_frames(end, beyond, seconds=10.0):
    """Waits until the end has seen more frames than that."""
    limit = time.monotonic() + seconds
    while end.read()["frames"] <= beyond:
        if time.monotonic() > limit:
            raise MeasureError("no frame arrived")
        time.sleep(0.02)


def rate_at(end, seconds):
    """Frames a second at the end, over so many seconds."""
    before = end.read()
    time.sleep(seconds)
    after = end.read()
    return (after["frames"] - before["frames"]) * 1e9 / (after["now_ns"] - before["now_ns"])


def live_source(ground, seconds):
    """Floods the far end with small frames, to the source's end: {sent, seconds, pps, …}."""
    return json.loads(ground.inside(NEAR, "taskset", "-c", cpus()[1], ground.tool("live-source"),
                                    NEAR_IF, "--seconds", seconds))
