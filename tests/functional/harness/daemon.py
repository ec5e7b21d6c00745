# SPDX-License-Identifier: BSD-2-Clause
"""The real daemon in a namespace, and what talks to it."""
import http.client
import json
import os
import signal
import subprocess

from . import PKTGEND, PKTGENCTL, wait_until
from .rpc import Rpc

STOP_TIMEOUT = 15
METRICS = ("127.0.0.1", 10478)


class Remote:
    """What every daemon can be asked by call(), wherever it runs."""

    def port(self, name):
        """The port's document of stats.get."""
        return self.call("stats.get", ports=[name])["ports"][0]

    def flow(self, name):
        return self.call("stats.get", flows=[name])["flows"][0]

    def wait_state(self, port, state, timeout=10):
        wait_until(lambda: self.port(port)["state"] == state, timeout, f"{port} is {state}")


class Daemon(Remote):
    """A running pktgend. directory is its own: configuration, log and socket are in there."""

    def __init__(self, namespace, directory, config, *arguments, name="pktgend"):
        self.namespace = namespace
        self.config = os.path.join(directory, f"{name}.conf")
        self.log_path = os.path.join(directory, f"{name}.log")
        self.socket = os.path.join(directory, f"{name}.sock")
        self.arguments = arguments
        self.process = None
        self.client = None
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(config)

    @property
    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def launch(self):
        """Starts the process and does not wait for it to be ready."""
        command = self.namespace.command(os.path.abspath(PKTGEND), "-c", self.config,
                                         "-s", self.socket, *self.arguments)
        with open(self.log_path, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        return self

    def start(self):
        """Starts the process; it answers on the control socket when this returns."""
        self.launch()
        try:
            wait_until(self._answers, timeout=30, what="pktgend answers system.hello")
        except AssertionError as error:
            raise AssertionError(f"{error}; its log:\n{self.log}") from None
        return self

    def _answers(self):
        status = self.process.poll()
        if status is not None:
            raise AssertionError(f"pktgend ended with status {status}")
        try:
            client = Rpc(self.socket)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        hello = client.call("system.hello")
        assert hello["pid"] == self.process.pid, "another daemon answers"
        self.client = client
        return True

    def wait(self, timeout=STOP_TIMEOUT):
        """The exit status of a process that ends by itself, or was told to."""
        return self.process.wait(timeout)

    def stop(self, signal_number=signal.SIGTERM):
        """Ends the daemon as systemd would. The exit status; None if it was not running."""
        if self.client:
            self.client.close()
            self.client = None
        if not self.process or self.process.returncode is not None:
            return None
        self.process.send_signal(signal_number)
        try:
            return self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"pktgend did not end in {STOP_TIMEOUT} s:\n{self.log}") from None

    def kill(self):
        self.stop(signal.SIGKILL)

    # Talking to it.

    def call(self, method, **params):
        return self.client.call(method, **params)

    def ctl(self, *arguments, status=0, timeout=60):
        """Runs pktgenctl; its exit status must be status."""
        done = subprocess.run([PKTGENCTL, "-s", self.socket, *arguments], capture_output=True,
                              text=True, timeout=timeout)
        assert done.returncode == status, \
            f"pktgenctl {' '.join(arguments)}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def ctl_json(self, *arguments):
        return json.loads(self.ctl("--json", *arguments).stdout)

    def get(self, path, address=METRICS, **headers):
        """A GET from the metrics server: (status, headers, text)."""
        connection = http.client.HTTPConnection(*address)
        connection.sock = self.namespace.socket()
        connection.sock.settimeout(10)
        try:
            connection.sock.connect(address)
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()
