# SPDX-License-Identifier: BSD-2-Clause
"""A daemon of paper: a JSON-RPC server whose answers each test writes, to look at pktgenctl alone.

The program is $PKTGENCTL, or pktgenctl in $PKTGEND_BUILD, or the one in this directory.
"""

import fcntl
import json
import os
import pty
import re
import select
import socket
import struct
import subprocess
import termios
import threading
import time

import pytest

PKTGENCTL = os.path.abspath(os.environ.get(
    "PKTGENCTL", os.path.join(os.environ.get("PKTGEND_BUILD", "."), "pktgenctl")))
SILENCE = object()  # no answer
HANG_UP = object()  # the connection is closed instead


class Raw(str):
    """A line sent as it stands."""


class RpcError(Exception):
    def __init__(self, reason=None, message="no", code=-32001, **data):
        super().__init__(message)
        self.document = {"code": code, "message": message}
        if reason:
            self.document["data"] = {"reason": reason, **data}


class Daemon:
    """Serves one method table; every request is kept in .requests as (method, params)."""

    def __init__(self, path, **methods):
        self.path = str(path)
        self.methods = {name.replace("_", ".", 1): answer for name, answer in methods.items()}
        self.requests = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.connections = []
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                reply = self.answer(json.loads(line))
                if reply is HANG_UP:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                if reply is SILENCE:
                    continue
                try:
                    connection.sendall((reply + "\n").encode())
                except OSError:  # it was told to end, and did
                    return

    def answer(self, request):
        assert request["jsonrpc"] == "2.0"
        params = request.get("params")
        self.requests.append((request["method"], params))
        answer = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            if request["method"] not in self.methods:
                raise RpcError("not-found", "there is no such method", -32601)
            result = self.methods[request["method"]]
            if callable(result):
                result = result(params)
            if result is SILENCE or result is HANG_UP or isinstance(result, Raw):
                return result
            answer["result"] = result
        except RpcError as error:
            answer["error"] = error.document
        return json.dumps(answer, ensure_ascii=False)

    def called(self, method):
        return [params for name, params in self.requests if name == method]

    def close(self):
        # Ended before its descriptor is free: the next daemon's listener may get the same number.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:  # closed before
            pass
        self.acceptor.join()
        self.listener.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


@pytest.fixture
def daemon(tmp_path):
    """Makes daemons: daemon(method_name=answer, …)."""
    made = []

    def make(**methods):
        made.append(Daemon(tmp_path / "control.sock", **methods))
        return made[-1]

    yield make
    for one in made:
        one.close()


def environment(**more):
    drop = ("PKTGEND_SOCKET", "NO_COLOR")
    return {**{key: value for key, value in os.environ.items() if key not in drop}, **more}


def ctl(*args, socket_path=None, **options):
    env = environment(**({"PKTGEND_SOCKET": socket_path} if socket_path else {}))
    options.setdefault("env", env)
    return subprocess.run(
        [PKTGENCTL, *args], capture_output=True, text=True, timeout=30, check=False, **options)


def raising(*args, **data):
    def answer(_params):
        raise RpcError(*args, **data)
    return answer


def port_stats(name="p0", state="running", frames_tx=0, **more):
    stats = {"name": name, "location": "packet:eth1", "state": state, "link": "up",
             "frames_tx": frames_tx, "bytes_tx": 60 * frames_tx, "frames_rx": 0, "bytes_rx": 0,
             "drops": {"tx-ring-full": 0, "rx-no-buffer": 0},
             "pool": {"objects": 1024, "free": 1024, "exhausted": 0}}
    for key, value in (("frames_tx_rate", 1488095.2), ("frames_rx_rate", 0),
                       ("tx_l1_rate_bps", 1e9), ("rx_l1_rate_bps", 0),
                       ("tx_l2_rate_bps", 7e8), ("rx_l2_rate_bps", 0)):
        stats[key] = value
        stats[key + "_mean"] = value
    return {**stats, **more}


def flow_stats(name="f", port="p0", running=True, frames_tx=0, **more):
    return {"name": name, "port": port, "running": running, "frames_tx": frames_tx,
            "bytes_tx": 60 * frames_tx, **more}


def all_stats(ports=None, flows=()):
    return {"time_ns": 1, "ports": [port_stats()] if ports is None else ports,
            "flows": list(flows)}


def one_json(text):
    """The one JSON document that text is."""
    assert text.endswith("\n") and text.count("\n") == 1, text
    return json.loads(text)

def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def start_ctl(*args, **options):
    return subprocess.Popen([PKTGENCTL, *args], env=environment(), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

class Terminal:
    """A program on a pseudo terminal."""

    def __init__(self, *args, rows=24, columns=80, **env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(PKTGENCTL, [PKTGENCTL, *args], environment(**env))
        self.output = ""
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.fd)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, pattern, seconds=10):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.output):
            left = end - time.monotonic()
            assert left > 0 and select.select([self.fd], [], [], left)[0], self.output
            try:
                self.output += os.read(self.fd, 65536).decode()
            except OSError:
                assert re.search(pattern, self.output), self.output

    def finish(self):
        """Reads to the end; the exit status."""
        while True:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                break
            self.output += data.decode()
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)
