# SPDX-License-Identifier: BSD-2-Clause
"""pktgend under test, and its control socket."""
import json
import os
import signal
import socket
import subprocess
import time

from bench.ground import SCRATCH, MeasureError

START_SECONDS = 10


class Refused(MeasureError):
    """The daemon refused a call; reason is its word for why."""

    def __init__(self, what, error):
        super().__init__(f"{what}: {error['message']}")
        self.reason = error.get("data", {}).get("reason")


class Daemon:
    """A running pktgend with the given ports; a context manager.

    ports is {name: (location, cpu)}. It serves no metrics, so nothing listens on the network.
    """

    def __init__(self, ground, namespace, ports):
        config, self.socket_path = f"{SCRATCH}/pktgend.conf", f"{SCRATCH}/pktgend.sock"
        with open(config, "w", encoding="ascii") as file:
            file.write("[daemon]\nmetrics = none\nstatus-interval = 0\n")
            for name, (location, cpu) in ports.items():
                file.write(f"[port {name}]\nlocation = {location}\ncpu = {cpu}\n")
        self.log_path = f"{SCRATCH}/pktgend.log"
        with open(self.log_path, "w", encoding="ascii") as log:
            self.process = ground.start(
                namespace, os.path.join(ground.builddir, "pktgend"), "-c", config,
                "-s", self.socket_path, stdout=log, stderr=subprocess.STDOUT)
        self.connection = self._connect()
        self.stream = self.connection.makefile("r", encoding="utf-8")

    def _connect(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(self.socket_path)
                return connection
            except OSError:
                connection.close()
                time.sleep(0.02)
        raise MeasureError(f"pktgend does not answer; its log:\n{self.log()}")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stream.close()
        self.connection.close()
        status = self.process.close(signal.SIGTERM)
        if status != 0 and exception[0] is None:
            raise MeasureError(f"pktgend ended with status {status}; its log:\n{self.log()}")

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def call(self, method, **params):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.connection.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self.stream.readline() or '{"error": {"message": "it hung up"}}')
        if "error" in answer:
            raise Refused(f"{method} {params}", answer["error"])
        return answer["result"]

    def start(self, port, **options):
        self.call("traffic.start", ports=[port], **options)

    def stop(self, port):
        """Stops the port's traffic if it has not ended itself; returns its final figures."""
        try:
            return self.call("traffic.stop", ports=[port])["ports"][0]
        except Refused as error:
            if error.reason != "not-running":
                raise
            return self.port(port)

    def port(self, port):
        """The port's figures now, with their time in ns."""
        document = self.call("stats.get", ports=[port])
        return {**document["ports"][0], "time_ns": document["time_ns"]}
