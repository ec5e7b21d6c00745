# SPDX-License-Identifier: BSD-2-Clause
"""The control socket, spoken to directly: one JSON text per line."""
import json
import socket


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']} {error.get('data', '')}")
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data")


class Rpc:
    """One connection. Numbers are Python's, hence exact."""

    def __init__(self, path, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)  # without a time limit, to wait when the backlog is full
        self.socket.settimeout(timeout)
        self.reader = self.socket.makefile("rb")
        self.next_id = 1

    def close(self):
        self.reader.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def send(self, data):
        """Sends bytes as they are, or anything else as a line of JSON."""
        if not isinstance(data, bytes):
            data = json.dumps(data).encode() + b"\n"
        self.socket.sendall(data)

    def receive(self):
        """The next answer; None at the end of the connection."""
        line = self.reader.readline()
        return json.loads(line) if line else None

    def ask(self, data):
        self.send(data)
        return self.receive()

    def call(self, method, **params):
        """The result of a method; its error as RpcError."""
        identifier = self.next_id
        self.next_id += 1
        answer = self.ask({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})
        if answer is None:
            raise ConnectionError("the daemon closed the connection")
        assert answer["jsonrpc"] == "2.0" and answer["id"] == identifier, answer
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]
