# SPDX-License-Identifier: BSD-2-Clause
"""What comes out: tables and sentences for people, the same figures as JSON for programs."""
import math
import os
import platform
import statistics
import subprocess
import time

from bench import ground

# Work that waits for a processor for more than this share of the time is told of.
CONTENTION_MAX = 0.05


def percentile(values, share):
    """The nearest-rank percentile: the smallest value with at least that share at or below it."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values),
            "all": list(values)}


def mpps(pps):
    return f"{pps / 1e6:.3f}" if pps < 1e7 else f"{pps / 1e6:.1f}"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def version(builddir):
    done = subprocess.run([os.path.join(builddir, "pktgend"), "--version"], capture_output=True,
                          text=True, check=False)
    return done.stdout.strip()


class Report:
    """Collects the parts' figures in document, and prints them as they come."""

    def __init__(self, builddir, settings):
        self.part = None
        self.document = {
            "pktgend": version(builddir),
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "machine": {"processor": processor(), "processors": len(os.sched_getaffinity(0)),
                        "kernel": platform.release()},
            "settings": settings, "parts": {}, "requirements": []}
        machine = self.document["machine"]
        print(f"{self.document['pktgend']}, {machine['processors']} processors "
              f"({machine['processor']}), Linux {machine['kernel']}")

    def begin(self, part, title):
        self.part = self.document["parts"][part] = {"title": title}
        self.name = part
        self.begun = time.monotonic(), ground.pressure_us()
        print(f"\n== {part}: {title}", flush=True)

    def end(self):
        """Says how much the part was disturbed by what else runs on the machine."""
        begun, waited = self.begun
        share = (ground.pressure_us() - waited) / (time.monotonic() - begun) / 1e6
        self.part["contention"] = share
        if share > CONTENTION_MAX:
            print(f"The machine was not at rest: work waited for a processor {100 * share:.0f} % "
                  "of the time.", flush=True)

    def figures(self, key, value):
        """Notes figures of the part for the JSON only."""
        self.part[key] = value

    def say(self, text):
        """A sentence, printed and noted."""
        self.part.setdefault("remarks", []).append(text)
        print(text, flush=True)

    def skip(self, text):
        skipped = self.part.setdefault("skipped", [])
        if text not in skipped:
            skipped.append(text)
            print(f"skipped: {text}", flush=True)

    def fail(self, text):
        self.part["error"] = text
        print(f"could not be measured: {text}", flush=True)

    def table(self, head, rows):
        """The first column to the left, the others to the right."""
        rows = [[str(cell) for cell in row] for row in [head, *rows]]
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        for row in rows:
            cells = [row[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
            print("  ".join(cells))
        print(end="", flush=True)

    def require(self, what, value, limit, unit="", at_most=False):
        """A requirement beside its figure."""
        met = value <= limit if at_most else value >= limit
        self.document["requirements"].append(
            {"part": self.name, "what": what, "value": value, "limit": limit, "unit": unit,
             "sense": "at most" if at_most else "at least", "met": met})
        self.print_requirement(self.document["requirements"][-1])

    @staticmethod
    def print_requirement(entry):
        print(f"{'met   ' if entry['met'] else 'MISSED'}  {entry['what']}: {entry['value']:.4g}"
              f"{entry['unit']} ({entry['sense']} {entry['limit']:g}{entry['unit']})", flush=True)

    def summarize(self):
        print("\n== requirements")
        for entry in self.document["requirements"]:
            self.print_requirement(entry)
        skipped = {text for part in self.document["parts"].values()
                   for text in part.get("skipped", [])}
        for text in sorted(skipped):
            print(f"not compared  {text}")
