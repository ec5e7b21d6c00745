# SPDX-License-Identifier: BSD-2-Clause
"""pktgenctl: what it sends, what it prints where, and how it exits (daemon of paper)."""

import json
import os
import re
import socket
import subprocess
import time

import pytest

from paper_daemon import (
    HANG_UP, PKTGENCTL, SILENCE, Raw, all_stats, ctl, daemon, flow_stats, one_json, port_stats,
    raising)

__all__ = ["daemon"]  # a fixture
BIG = 18446744073709551615  # 2^64-1
ODD = 9007199254740993  # no double has this value


# Exit status and errors

@pytest.mark.parametrize("reason, status", [
    ("invalid", 5), ("not-found", 5), ("exists", 5), ("busy", 1), ("not-running", 6),
    ("not-permitted", 4), ("needs-force", 5), ("unsupported", 5), ("link-down", 7), ("device", 7),
    ("limit", 5), ("internal", 1), ("unheard-of", 1)])
def test_reason_decides_exit_status(daemon, reason, status):
    server = daemon(traffic_stop=raising(reason, "it is so", hint="do this"))
    text = ctl("stop", socket_path=server.path)
    assert (text.returncode, text.stdout) == (status, "")
    assert text.stderr == "pktgenctl: it is so\nhint: do this\n"
    as_json = ctl("stop", "--json", socket_path=server.path)
    assert (as_json.returncode, as_json.stderr) == (status, "")
    assert one_json(as_json.stdout) == {"error": {
        "code": -32001, "message": "it is so", "data": {"reason": reason, "hint": "do this"}}}


@pytest.mark.parametrize("code, status", [(-32602, 5), (-32601, 5), (-32603, 1), (-32700, 1)])
def test_error_without_reason(daemon, code, status):
    server = daemon(stats_get=raising(None, "plain", code))
    assert ctl("stats", socket_path=server.path).returncode == status


def test_bad_option_is_named_as_typed(daemon):
    server = daemon(traffic_start=raising(
        "invalid", '"20" is too small', -32602, param="size", hint="60 to 1514"))
    run = ctl("start", "--size", "20", socket_path=server.path)
    assert run.returncode == 5
    assert run.stderr == 'pktgenctl: --size: "20" is too small\nhint: 60 to 1514\n'


@pytest.mark.parametrize("param, args, prefix", [
    ("dst_mac", ["--dst-mac", "x"], "--dst-mac: "),
    ("dst-mac", ["--dst-mac", "x"], "--dst-mac: "),
    ("flows", ["--flow", "x"], "--flow: "),
    ("ports", ["p9"], "ports: ")])
def test_blame(daemon, param, args, prefix):
    server = daemon(traffic_start=raising("invalid", "bad", -32602, param=param))
    assert ctl("start", *args, socket_path=server.path).stderr == f"pktgenctl: {prefix}bad\n"


def test_a_missing_thing_needs_no_blame(daemon):
    server = daemon(port_show=raising("not-found", 'there is no port "p9"', param="name"))
    run = ctl("port", "show", "p9", socket_path=server.path)
    assert run.stderr == 'pktgenctl: there is no port "p9"\n'


def test_no_daemon(tmp_path):
    path = str(tmp_path / "none.sock")
    run = ctl("stats", socket_path=path)
    assert (run.returncode, run.stdout) == (3, "")
    assert run.stderr.startswith(f"pktgenctl: {path}: No such file or directory\nhint: ")
    as_json = ctl("--json", "-s", path, "stats")
    error = one_json(as_json.stdout)["error"]
    assert as_json.returncode == 3 and as_json.stderr == ""
    assert error["code"] == 3 and error["data"]["reason"] == "unreachable"


def test_stale_socket(tmp_path):
    path = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert ctl("stats", socket_path=str(path)).returncode == 3


def test_not_permitted_to_connect(daemon, tmp_path):
    server = daemon(stats_get=all_stats())
    os.chmod(server.path, 0)
    os.chmod(tmp_path, 0o700)
    other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        run = ctl("stats", socket_path=server.path, **other)
    except OSError as error:
        pytest.skip(f"pktgenctl cannot be run by an unprivileged user: {error}")
    assert run.returncode == 4
    assert "Permission denied\nhint: " in run.stderr


def test_socket_path_too_long():
    run = ctl("-s", "/" + "x" * 120, "stats")
    assert run.returncode == 2
    assert "has at most 107 bytes, not 121" in run.stderr


@pytest.mark.parametrize("answer, status, words", [
    (HANG_UP, 3, "the daemon went away"),
    (Raw("hello"), 1, "does not speak JSON-RPC"),
    (Raw("[1]"), 1, "does not speak JSON-RPC"),
    (Raw('{"jsonrpc":"2.0","id":1}'), 1, "neither result nor error")])
def test_strange_daemon(daemon, answer, status, words):
    server = daemon(stats_get=answer)
    run = ctl("stats", socket_path=server.path)
    assert run.returncode == status
    assert words in run.stderr


def test_silent_daemon(daemon):
    server = daemon(stats_get=SILENCE)
    before = time.monotonic()
    run = ctl("--timeout", "300ms", "stats", socket_path=server.path)
    assert 0.2 < time.monotonic() - before < 5
    assert run.returncode == 3
    assert run.stderr == "pktgenctl: no answer from the daemon in 0.3 s\n"


def test_answers_to_other_requests_are_passed_over(daemon):
    late = '{"jsonrpc":"2.0","id":77,"result":{"late":true}}\n'
    server = daemon(x_y=Raw(late + '{"jsonrpc":"2.0","id":1,"result":{"mine":true}}'))
    assert json.loads(ctl("call", "x.y", socket_path=server.path).stdout) == {"mine": True}


def test_error_about_an_unreadable_request(daemon):
    line = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}'
    server = daemon(x_y=Raw(line))
    run = ctl("call", "x.y", socket_path=server.path)
    assert (run.returncode, run.stderr) == (1, "pktgenctl: parse error\n")


def test_standard_output_full(daemon):
    server = daemon(stats_get=all_stats())
    with open("/dev/full", "w", encoding="ascii") as full:
        run = subprocess.run([PKTGENCTL, "-s", server.path, "stats"], stdout=full,
                             stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    assert run.returncode == 1
    assert run.stderr == "pktgenctl: standard output: No space left on device\n"


# Usage and help

@pytest.mark.parametrize("args, words", [
    (["strat"], 'there is no command "strat"\nhint: did you mean "start"?\nusage: pktgenctl [-s'),
    (["replay"], 'there is no command "replay"'),
    (["port", "ad"], 'there is no command "port ad"\nhint: did you mean "port add"?'),
    (["prot"], 'hint: did you mean "port"?'),
    (["port"], "port needs a command of its own"),
    (["start", "--siez", "9"],
     "unknown option --siez\nhint: did you mean --size?\nusage: pktgenctl start [PORT...]"),
    (["start", "--size"], "--size needs a value"),
    (["start", "--wait=1"], "--wait takes no value"),
    (["start", "-z"], "unknown option -z"),
    (["flow", "set"], "flow set needs an argument\nusage: pktgenctl flow set FILE"),
    (["port", "add", "p0"], "port add needs two arguments"),
    (["status", "x"], 'status: "x" is one argument too many'),
    (["frame", "f", "-1"], "unknown option -1"),
    (["frame", "f", str(BIG + 1)], "is not the number of a frame"),
    (["stats", "--watch", "1x"], 'is not a time'),
    (["port", "add", "p0", "null:", "=1"], '"=1" is not KEY=VALUE'),
    (["call", "x", "{"], "usage: pktgenctl call METHOD [JSON]"),
    (["call", "x", "1"], "parameters are an object or an array"),
    (["--timeout", "soon", "stats"], '--timeout: "soon" is not a time')])
def test_usage(args, words):
    run = ctl(*args)
    assert (run.returncode, run.stdout) == (2, "")
    assert words in run.stderr
    as_json = ctl("--json", *args)
    assert (as_json.returncode, as_json.stderr) == (2, "")
    assert one_json(as_json.stdout)["error"]["data"]["usage"].startswith("pktgenctl ")


def test_alone_and_help():
    alone, help_page = ctl(), ctl("--help")
    assert (alone.returncode, alone.stdout) == (2, "")
    assert (help_page.returncode, help_page.stderr) == (0, "")
    assert alone.stderr == help_page.stdout == ctl("help").stdout
    assert "\n  port list  " in help_page.stdout


def test_help_of_commands():
    for name in [row["name"] for row in one_json(ctl("--json", "help").stdout)["commands"]]:
        page = ctl(*name.split(), "--help")
        assert page.returncode == 0 and page.stdout.startswith(f"usage: pktgenctl {name}")
        assert page.stdout == ctl("help", *name.split()).stdout
        assert "\nExit status:\n  0  done\n" in page.stdout
        assert all(len(line) <= 100 for line in page.stdout.splitlines())
    assert "--vlan-priority PCP" in ctl("start", "--help").stdout
    assert ctl("help", "stratt").returncode == 2


def test_version(daemon, tmp_path):
    server = daemon(system_hello={"name": "pktgend", "version": "7.8.9", "pid": 1})
    run = ctl("version", socket_path=server.path)
    assert run.returncode == 0
    assert re.fullmatch(r"pktgenctl  \d+\.\d+\.\d+\npktgend    7\.8\.9\n", run.stdout)
    assert one_json(ctl("version", "--json", socket_path=server.path).stdout)["pktgend"] == "7.8.9"
    none = ctl("version", "--json", socket_path=str(tmp_path / "none"))
    assert none.returncode == 3
    assert set(one_json(none.stdout)) == {"pktgenctl", "error"}
    assert ctl("--version").returncode == 0


# What is sent

def test_start_sends_options_as_typed(daemon):
    server = daemon(traffic_start={"ports": ["p0"]})
    run = ctl("start", "p0", "--size", "0060", "--dst-mac=02:00:00:00:00:0b", "--on-full", "drop",
              "--flow", "a", "--flow", "b", "--mode", "both", "--force", "--rate", "9",
              "--rate", "1.5Mpps", socket_path=server.path)
    assert (run.returncode, run.stdout, run.stderr) == (0, "started p0\n", "")
    assert server.requests == [("traffic.start", {
        "ports": ["p0"], "size": "0060", "dst_mac": "02:00:00:00:00:0b", "on_full": "drop",
        "flows": ["a", "b"], "mode": "both", "force": True, "rate": "1.5Mpps"})]


def test_plain_start_and_resume(daemon):
    server = daemon(traffic_start={}, traffic_resume={})
    assert ctl("start", socket_path=server.path).returncode == 0
    assert ctl("resume", "--", "p0", "p1", socket_path=server.path).stdout == "resumed\n"
    assert server.requests == [("traffic.start", {}), ("traffic.resume", {"ports": ["p0", "p1"]})]


def test_port_add(daemon):
    server = daemon(port_add={"name": "p1"})
    run = ctl("port", "add", "p1", "packet:eth1", "pool-objects=128", "--cpu", "1",
              "rate_limit=1Mpps", "queues=", socket_path=server.path)
    assert (run.returncode, run.stdout) == (0, "")
    assert server.called("port.add") == [{"name": "p1", "location": "packet:eth1", "cpu": "1",
                                          "pool_objects": "128", "rate_limit": "1Mpps",
                                          "queues": ""}]


def test_options_before_and_after(daemon):
    server = daemon(port_list={"ports": []})
    for words in ("--json port list", "port --json list", "port list --json"):
        args = words.split()
        assert one_json(ctl("-s", server.path, *args).stdout) == {"ports": []}


@pytest.mark.parametrize("text, flows", [
    ('{"flows":[{"name":"a","count":%d}]}' % ODD, [{"name": "a", "count": ODD}]),
    ('[{"name":"a"},{"name":"b"}]', [{"name": "a"}, {"name": "b"}]),
    ('{"name":"a","size":60}', [{"name": "a", "size": 60}]),
    ("[]", [])])
def test_flow_files(daemon, tmp_path, text, flows):
    server = daemon(flow_set={"flows": []}, flow_append={"flows": []})
    path = tmp_path / "flows.json"
    path.write_text(text)
    assert ctl("flow", "set", str(path), socket_path=server.path).returncode == 0
    run = ctl("flow", "append", "-", socket_path=server.path, input=text)
    assert run.returncode == 0
    assert server.requests == [("flow.set", {"flows": flows}), ("flow.append", {"flows": flows})]


@pytest.mark.parametrize("text", ['{"name":"a",}', "", "60", '[{"n":1}] x', "[" * 40, "x" * 65536])
def test_bad_flow_file_is_not_sent(daemon, tmp_path, text):
    server = daemon(flow_set={"flows": []})
    path = tmp_path / "flows.json"
    path.write_text(text)
    run = ctl("flow", "set", str(path), socket_path=server.path)
    assert run.returncode == 1
    assert run.stderr.startswith(f"pktgenctl: {path}: ")
    assert not server.requests


def test_flow_file_missing(tmp_path):
    run = ctl("flow", "set", str(tmp_path / "none.json"))
    assert run.returncode == 1
    assert "none.json: No such file or directory" in run.stderr


def test_call(daemon):
    server = daemon(any_thing=lambda params: {"n": ODD, "text": "a\x1bb", "got": params})
    run = ctl("call", "any.thing", '{"n":%d}' % BIG, socket_path=server.path)
    assert run.returncode == 0 and "\x1b" not in run.stdout
    assert json.loads(run.stdout) == {"n": ODD, "text": "a\x1bb", "got": {"n": BIG}}
    assert ctl("call", "no.thing", socket_path=server.path).returncode == 5


def test_request_longer_than_the_daemon_takes(daemon):
    server = daemon(any_thing={})
    run = ctl("call", "any.thing", json.dumps({"a": "x" * 65536}), socket_path=server.path)
    assert run.returncode == 5
    assert "is more than the daemon takes" in run.stderr
    assert not server.requests


# What is shown

def test_integers_are_exact(daemon):
    server = daemon(stats_get=all_stats([port_stats(frames_tx=BIG, frames_rx=ODD)]))
    port = one_json(ctl("stats", "--json", socket_path=server.path).stdout)["ports"][0]
    assert (port["frames_tx"], port["frames_rx"]) == (BIG, ODD)
    text = ctl("stats", socket_path=server.path).stdout
    assert str(BIG) in text and str(ODD) in text


def test_stats_page(daemon):
    port = port_stats("p0", "link-down", 12, drops={"tx-ring-full": 3, "rx-no-buffer": 0,
                                                    "tx-error": 1})
    port["pool"] = {"objects": 64, "free": 0, "exhausted": 9}
    flow = flow_stats("hello", frames_tx=12, frames_rx=10, bytes_rx=600, loss=2, duplicates=0,
                      out_of_order=0)
    server = daemon(stats_get=all_stats([port, port_stats("port-1")], [flow, flow_stats("quiet")]))
    run = ctl("stats", socket_path=server.path)
    assert run.returncode == 0
    assert run.stdout.splitlines() == [
        "PORT    STATE      LINK  TX pps  TX Mbit/s  RX pps  RX Mbit/s",
        "p0      link-down  up    1.49 M    1000.00       0       0.00",
        "port-1  running    up    1.49 M    1000.00       0       0.00",
        "",
        "PORT    TX frames  TX bytes  RX frames  RX bytes",
        "p0             12       720          0         0",
        "port-1          0         0          0         0",
        "p0 dropped: tx-ring-full 3, tx-error 1",
        "p0: its pool of 64 objects was empty 9 times, 0 are free now",
        "",
        "FLOW   PORT  TX frames  TX bytes  RX frames  RX bytes  lost  duplicate  out of order",
        "hello  p0           12       720         10       600     2          0             0",
        "quiet  p0            0         0          -         -     -          -             -"]


def test_nothing_to_show(daemon):
    server = daemon(stats_get=all_stats([]), port_list={"ports": []}, flow_list={"flows": []},
                    system_hello={"version": "1", "pid": 2, "uptime_seconds": 93784})
    assert ctl("stats", socket_path=server.path).stdout == "no ports\n"
    assert ctl("port", "list", socket_path=server.path).stdout == ""
    page = ctl("status", socket_path=server.path).stdout
    assert page.startswith("pktgend 1, process 2, up 1d 2h 3m 4s\n\nno ports; ")


def test_status(daemon):
    def show(params):
        return {"name": params["name"], "location": "packet:x", "state": "device-lost",
                "link": "down", "reason": "x went away", "settings": {"cpu": "auto"}}
    hello = {"name": "pktgend", "version": "0.1.0", "pid": 7, "uptime_seconds": 61}
    server = daemon(system_hello=hello, port_list={"ports": [{"name": "p0"}]}, port_show=show,
                    flow_list={"flows": [{"name": "f", "port": "p0", "size": 60, "rate": "1kpps"}]},
                    stats_get=all_stats())
    page = ctl("status", socket_path=server.path).stdout
    assert "up 1m 1s" in page and "p0: x went away\n" in page and "1kpps" in page
    document = one_json(ctl("status", "--json", socket_path=server.path).stdout)
    assert set(document) == {"daemon", "ports", "flows", "stats"}
    assert document["ports"][0]["reason"] == "x went away"


def test_show(daemon):
    flow = {"name": "f", "size": 60, "metrics": True}
    device = {"driver": "veth", "cpus": [0, 1]}
    server = daemon(flow_list={"flows": [flow]}, port_list={"ports": [{"name": "p0"}]},
                    port_show=lambda params: {"name": params["name"], "device": device})
    assert ctl("flow", "show", "f", socket_path=server.path).stdout == (
        "name     f\nsize     60\nmetrics  yes\n")
    assert one_json(ctl("flow", "show", "f", "--json", socket_path=server.path).stdout) == flow
    missing = ctl("flow", "show", "g", socket_path=server.path)
    assert (missing.returncode, missing.stderr) == (5, 'pktgenctl: there is no flow "g"\n')
    assert ctl("port", "show", socket_path=server.path).stdout == (
        "name  p0\ndevice\n  driver  veth\n  cpus    0, 1\n")


def test_probe(daemon):
    server = daemon(port_probe=lambda params: {
        "location": params["location"], "usable": params["location"] == "null:",
        "findings": ["device: none", "rate: high"]})
    good, bad = (ctl("probe", where, socket_path=server.path) for where in ("null:", "xdp:x"))
    assert (good.returncode, good.stdout) == (0, "null:: usable\n  device: none\n  rate: high\n")
    assert bad.returncode == 7 and bad.stdout.startswith("xdp:x: not usable\n")


def test_frame(daemon):
    data = bytes(range(0x30, 0x30 + 20))
    server = daemon(flow_frame=lambda params: {**params, "length": 20, "hex": data.hex()})
    run = ctl("frame", "f", str(BIG), socket_path=server.path)
    assert run.stdout.splitlines() == [
        f"flow f, frame {BIG}, 20 bytes",
        "0000  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  |0123456789:;<=>?|",
        "0010  40 41 42 43                                       |@ABC|"]
    assert server.called("flow.frame") == [{"name": "f", "n": BIG}]
    assert one_json(ctl("frame", "f", "--json", socket_path=server.path).stdout)["n"] == 0


@pytest.mark.parametrize("evil", ["\x1b]0;x\x07", "\x7f", "\x9b31m", "a\nb"])
def test_terminal_is_safe(daemon, evil):
    server = daemon(stats_get=all_stats([port_stats(evil, drops={evil: 1})]),
                    port_list={"ports": [{"name": evil, "location": evil}]},
                    traffic_stop=raising("device", evil, hint=evil))
    for args in (["stats"], ["port", "list"], ["stop"], ["stats", "--json"], ["stop", "--json"]):
        run = ctl(*args, socket_path=server.path)
        shown = run.stdout + run.stderr
        assert evil not in shown
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)
    names = one_json(ctl("stats", "--json", socket_path=server.path).stdout)["ports"][0]
    assert names["name"] == evil
