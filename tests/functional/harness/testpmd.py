# SPDX-License-Identifier: BSD-2-Clause
"""dpdk-testpmd, the peer that is not ours: needs no device, no huge pages and no privileges."""
import os
import re
import shutil
import subprocess
import threading
import time

import pytest

from . import wait_until

PROGRAM = "dpdk-testpmd"
PROMPT = "testpmd> "
START_TIMEOUT = 30
COMMAND_TIMEOUT = 10


class Testpmd:
    """Forwards from the constructor to quit(). vdevs are its ports, forward its --forward-mode."""

    __test__ = False  # says pytest: its name begins like a test's

    def __init__(self, directory, *vdevs, forward, arguments=()):
        if not shutil.which(PROGRAM):
            pytest.skip(f"{PROGRAM} is not installed")
        cpus = sorted(os.sched_getaffinity(0))
        command = ["stdbuf", "--output=L", PROGRAM,
                   "--lcores", f"0@{cpus[0]},1@{cpus[-1]}", "--main-lcore", "0", "--no-huge",
                   "-m", "256", "--single-file-segments", "--no-pci",
                   f"--file-prefix=pktgend-test-{os.getpid()}-{os.urandom(3).hex()}"]
        for vdev in vdevs:
            command += ["--vdev", vdev]
        command += ["--", "--interactive", "--auto-start", "--no-mlockall",
                    "--total-num-mbufs=8192", f"--forward-mode={forward}", *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env={**os.environ, "XDG_RUNTIME_DIR": directory, "RUNTIME_DIRECTORY": ""})
        self.output = ""
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        wait_until(lambda: self._ended() or PROMPT in self.output, START_TIMEOUT,
                   "testpmd's prompt")

    def _read(self):
        while text := os.read(self.process.stdout.fileno(), 65536):
            self.output += text.decode(errors="replace")

    def _ended(self):
        if self.process.poll() is not None:
            raise AssertionError(f"testpmd ended:\n{self.output}")
        return False

    def command(self, line, wanted):
        """Gives a command, again if its output is lost, as testpmd's now and then is; the match
        of the pattern that it must print."""
        before, deadline = len(self.output), time.monotonic() + COMMAND_TIMEOUT
        while True:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            try:
                return wait_until(
                    lambda: self._ended() or re.search(wanted, self.output[before:], re.S), 2,
                    f"testpmd has done {line}")
            except AssertionError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise

    def statistics(self, port=0):
        """What a port has received and sent: {"rx": packets, "tx": packets}."""
        found = self.command(f"show port stats {port}",
                             rf"for port {port} .*?RX-packets:\s+(\d+)\s.*?TX-packets:\s+(\d+)\s")
        return {"rx": int(found[1]), "tx": int(found[2])}

    def stop(self):
        """Ends the forwarding; the port's statistics, which are final."""
        self.command("stop", r"Done\.|not started")
        return self.statistics()

    def start(self, forward):
        """Forwards again, in that mode."""
        self.command(f"set fwd {forward}", f"Set {forward} packet forwarding mode")
        self.command("start", f"{forward} packet forwarding - ports|already started")

    def quit(self):
        if self.process.poll() is None:
            try:
                self.process.communicate("quit\n", timeout=15)
            except (subprocess.TimeoutExpired, ValueError):
                self.process.kill()
        self.process.wait()
        self.reader.join()
