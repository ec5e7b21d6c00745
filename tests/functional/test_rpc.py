# SPDX-License-Identifier: BSD-2-Clause
"""JSON-RPC 2.0 over the real control socket: what is malformed is answered, never believed."""
import json
import random
import socket

import pytest

from harness import wait_until
from harness.rpc import Rpc, RpcError

CONFIG = "[port p0]\nlocation = null:\n[flow hello]\nport = p0\nsize = 60\nrate = 1kpps\n"
PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602
U64_MAX = 2**64 - 1
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "system.hello"}


@pytest.fixture
def daemon(namespace, run_daemon):
    return run_daemon(namespace, CONFIG)


@pytest.fixture
def client(daemon):
    with Rpc(daemon.socket) as rpc:
        yield rpc


def code(answer):
    assert answer["jsonrpc"] == "2.0" and "result" not in answer
    assert isinstance(answer["error"]["message"], str) and answer["error"]["message"]
    return answer["error"]["code"]


def refusal(client, method, **params):
    """The error that a call ends in."""
    with pytest.raises(RpcError) as caught:
        client.call(method, **params)
    return caught.value


@pytest.mark.parametrize("text", [
    b"{", b"}", b"[", b"nonsense", b'{"jsonrpc": "2.0", "method"', b'{"a": 01}', b'{"a": 1.}',
    b'{"a": .5}', b'{"a": +1}', b'{"a": 0x10}', b'{"a": NaN}', b"{'a': 1}", b'{"a": 1,}', b"[1,]",
    b'{"a": "\xff"}', b'{"a": "\xc0\x80"}', b'{"a": "\xed\xa0\x80"}', b'{"a": "\\x"}',
    b'{"a": "\\ud800"}', b'{"a": "\x01"}', b'{"a": "\\u0000"}', b'{"a": "\t"}', b'{} {}',
    b'{"a": 1} trailing',
    b'{"a": 1, "a": 2}', b"[" * 33 + b"]" * 33, b"\0", b'"open', b"tru", b"// comment",
])
def test_what_is_not_json(client, text):
    answer = client.ask(text + b"\n")
    assert code(answer) == PARSE and answer["id"] is None
    assert client.ask(HELLO)["result"]["name"] == "pktgend"  # and the connection goes on


@pytest.mark.parametrize("request_", [
    {}, [], 1, "text", None, True, [1], {"jsonrpc": "2.0"},
    {"jsonrpc": "1.0", "id": 1, "method": "system.hello"},
    {"id": 1, "method": "system.hello"}, {"jsonrpc": 2.0, "id": 1, "method": "system.hello"},
    {"jsonrpc": "2.0", "id": 1, "method": 1}, {"jsonrpc": "2.0", "id": 1, "method": None},
    {"jsonrpc": "2.0", "id": {}, "method": "system.hello"},
    {"jsonrpc": "2.0", "id": True, "method": "system.hello"},
    {"jsonrpc": "2.0", "id": 1, "method": "system.hello", "params": 1},
    {"jsonrpc": "2.0", "id": 1, "method": "system.hello", "params": "text"},
])
def test_what_is_not_a_request(client, request_):
    answer = client.ask(request_)
    if isinstance(answer, list):
        (answer,) = answer
    assert code(answer) in (REQUEST, PARAMS)
    assert client.ask(HELLO)["result"]


@pytest.mark.parametrize("method", [
    "", "system", "system.", "system.helloo", "System.Hello", "x" * 1000,
])
def test_unknown_method(client, method):
    answer = client.ask({**HELLO, "method": method})
    assert code(answer) == METHOD and answer["id"] == 1


@pytest.mark.parametrize("identifier", [
    0, 1, -1, U64_MAX, "", "text", "\u00e4\U0001f600\"\\\n", None,
])
def test_identifier_comes_back(client, identifier):
    answer = client.ask({**HELLO, "id": identifier})
    assert answer["id"] == identifier and type(answer["id"]) is type(identifier)


def test_notifications_get_no_answer(client):
    for notification in ({"jsonrpc": "2.0", "method": "system.hello"},
                         {"jsonrpc": "2.0", "method": "no.such"},
                         {"jsonrpc": "2.0", "method": "port.show", "params": {"nonsense": 1}}):
        client.send(notification)
    assert client.ask({**HELLO, "id": "next"})["id"] == "next"


def test_batch(client):
    answers = client.ask([{**HELLO, "id": 1}, {"jsonrpc": "2.0", "method": "system.hello"}, 7,
                          {**HELLO, "id": 2, "method": "no.such"}])
    assert len(answers) == 3
    by_id = {answer["id"]: answer for answer in answers}
    assert by_id[1]["result"]["name"] == "pktgend"
    assert code(by_id[2]) == METHOD and code(by_id[None]) == REQUEST


def test_batch_of_notifications_gets_no_answer(client):
    client.send([{"jsonrpc": "2.0", "method": "system.hello"}] * 3)
    assert client.ask({**HELLO, "id": "next"})["id"] == "next"


def test_batch_limit(client):
    limit = client.call("system.hello")["limits"]["batch"]
    assert len(client.ask([{**HELLO, "id": n} for n in range(limit)])) == limit
    answer = client.ask([{**HELLO, "id": n} for n in range(limit + 1)])
    assert code(answer) != PARSE
    assert client.ask(HELLO)["result"]


@pytest.mark.parametrize("method, params, param", [
    ("port.show", {}, "name"),
    ("port.show", {"name": 1}, "name"),
    ("port.show", {"name": None}, "name"),
    ("port.show", {"name": ["p0"]}, "name"),
    ("port.show", {"name": "p0", "nmae": "p0"}, "nmae"),
    ("port.list", {"all": True}, "all"),
    ("traffic.start", {"ports": "p0"}, "ports"),
    ("traffic.start", {"ports": [1]}, "ports"),
    ("traffic.start", {"size": "sixty"}, "size"),
    ("traffic.start", {"size": 59}, "size"),
    ("traffic.start", {"size": -1}, "size"),
    ("traffic.start", {"size": 60.5}, "size"),
    ("traffic.start", {"size": {}}, "size"),
    ("traffic.start", {"count": U64_MAX + 1}, "count"),
    ("traffic.start", {"mode": "sideways"}, "mode"),
    ("traffic.start", {"force": "yes please"}, "force"),
    ("traffic.start", {"rate": "-1pps"}, "rate"),
    ("traffic.start", {"sise": 60}, "sise"),
    ("flow.frame", {"name": "hello", "n": -1}, "n"),
    ("flow.frame", {"name": "hello", "n": "1"}, "n"),
    ("stats.get", {"ports": [None]}, "ports"),
])
def test_bad_parameters_are_refused_before_anything_happens(daemon, client, method, params, param):
    error = refusal(client, method, **params)
    assert error.code == PARAMS
    assert error.data["reason"] == "invalid" and error.data["param"].startswith(param)
    assert daemon.port("p0")["state"] == "configured"
    assert [flow["name"] for flow in daemon.call("flow.list")["flows"]] == ["hello"]


@pytest.mark.parametrize("params", [[], ["p0"], [{"name": "p0"}]])
def test_parameters_by_position_are_refused(client, params):
    assert code(client.ask({**HELLO, "method": "port.show", "params": params})) == PARAMS


def test_misspelt_parameter_gets_a_hint(client):
    assert "size" in refusal(client, "traffic.start", sise=60).data["hint"]


@pytest.mark.parametrize("method, params, reason", [
    ("port.show", {"name": "p9"}, "not-found"),
    ("port.remove", {"name": "p9"}, "not-found"),
    ("flow.frame", {"name": "absent"}, "not-found"),
    ("port.add", {"name": "p0", "location": "null:"}, "exists"),
    ("traffic.stop", {}, "not-running"),
    ("traffic.start", {"ports": ["p9"]}, "not-found"),
    ("traffic.start", {"flows": ["absent"]}, "not-found"),
])
def test_errors_of_the_daemon(client, method, params, reason):
    error = refusal(client, method, **params)
    assert -32099 <= error.code <= -32000
    assert error.data["reason"] == reason


def test_integers_are_exact(daemon, client):
    flow = {"name": "exact", "port": "p0", "count": U64_MAX}
    client.call("flow.set", flows=[flow])
    assert client.call("flow.list")["flows"][0]["count"] == U64_MAX
    client.send(b'{"jsonrpc": "2.0", "id": 1, "method": "flow.frame",'
                b' "params": {"name": "exact", "n": 9007199254740993}}\n')
    assert client.receive()["result"]["n"] == 2**53 + 1


def test_many_requests_in_one_write_are_answered_in_order(client):
    client.send(b"".join(json.dumps({**HELLO, "id": n}).encode() + b"\n" for n in range(100)))
    assert [client.receive()["id"] for _ in range(100)] == list(range(100))


def test_request_in_single_bytes(client):
    for byte in json.dumps(HELLO).encode() + b"\n":
        client.send(bytes([byte]))
    assert client.receive()["result"]


def test_longest_line_and_one_byte_more(daemon, client):
    limit = client.call("system.hello")["limits"]["frame_bytes"]
    text = json.dumps(HELLO).encode()
    client.send(text + b" " * (limit - len(text) - 1) + b"\n")
    assert client.receive()["result"]
    client.send(b" " * (limit + 1))
    assert client.receive()["error"]["data"]["reason"] == "limit"
    assert client.receive() is None  # where the next line begins, nobody knows
    assert daemon.call("system.hello")


def test_connection_limit(daemon):
    limit = daemon.call("system.hello")["limits"]["connections"]
    others = [Rpc(daemon.socket) for _ in range(limit - 1)]  # the daemon fixture holds one
    assert all(other.ask(HELLO)["result"] for other in others)
    surplus = Rpc(daemon.socket)
    try:
        answer = surplus.ask(HELLO)
    except (BrokenPipeError, ConnectionResetError):
        answer = None
    assert answer is None or "error" in answer
    surplus.close()
    others.pop().close()

    def one_fits_again():
        try:
            with Rpc(daemon.socket) as late:
                return "result" in (late.ask(HELLO) or {})
        except (BrokenPipeError, ConnectionResetError):
            return False

    wait_until(one_fits_again)
    for other in others:
        other.close()


def test_client_that_never_reads_hurts_nobody(daemon):
    slow = Rpc(daemon.socket)
    slow.socket.setblocking(False)
    request = json.dumps({**HELLO, "method": "rpc.discover"}).encode() + b"\n"
    try:
        for _ in range(20000):
            slow.socket.send(request)
    except BlockingIOError:
        pass  # the daemon has stopped reading, as it should
    with open(f"/proc/{daemon.process.pid}/statm", encoding="utf-8") as f:
        before = int(f.read().split()[1])
    assert before * 4096 < 512 << 20
    assert daemon.call("system.hello")["pid"] == daemon.process.pid
    slow.close()


def test_clients_that_leave_in_the_middle(daemon):
    for data in (b"", b"{", json.dumps(HELLO).encode(), json.dumps(HELLO).encode() + b"\n"):
        for _ in range(20):
            with Rpc(daemon.socket) as client:
                client.send(data)

    def half_closed_client_is_answered():
        with Rpc(daemon.socket) as client:
            client.send(HELLO)
            client.socket.shutdown(socket.SHUT_WR)
            return "result" in client.receive()  # or all connections are still taken

    wait_until(half_closed_client_is_answered)


def test_random_bytes(daemon):
    source = random.Random(20)
    for _ in range(100):
        with Rpc(daemon.socket) as client:
            try:
                client.send(source.randbytes(source.randrange(1, 3000)) + b"\n")
            except (BrokenPipeError, ConnectionResetError):
                pass
    assert daemon.call("system.hello")["pid"] == daemon.process.pid


def test_discover_describes_the_methods(client):
    document = client.call("rpc.discover")
    assert document["openrpc"].startswith("1.2")
    methods = {method["name"]: method for method in document["methods"]}
    assert {"system.hello", "rpc.discover", "port.list", "port.show", "port.add", "port.remove",
            "port.probe", "flow.list", "flow.set", "flow.append", "flow.remove", "flow.frame",
            "traffic.start", "traffic.stop", "traffic.pause", "traffic.resume",
            "stats.get"} <= set(methods)
    for method in methods.values():
        assert method["paramStructure"] == "by-name" and method["summary"]
        for param in method["params"]:
            assert param["name"] and "schema" in param
    required = {p["name"] for p in methods["port.add"]["params"] if p.get("required")}
    assert required == {"name", "location"}
