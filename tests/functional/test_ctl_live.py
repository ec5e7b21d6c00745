# SPDX-License-Identifier: BSD-2-Clause
"""pktgenctl's commands that go on: start --wait, stats --watch, top (daemon of paper)."""

import json
import os
import re
import signal
import termios
import time

import pytest

from paper_daemon import (
    SILENCE, RpcError, Terminal, all_stats, ctl, daemon, flow_stats, one_json, port_stats, raising,
    start_ctl, wait_for)

__all__ = ["daemon"]  # a fixture


class Run:
    """Traffic that has sent 1000 frames after a number of looks."""

    def __init__(self, looks):
        self.left = looks
        self.stopped = False

    def get(self, _params):
        self.left -= 1
        return self.document()

    def stop(self, _params):
        if self.left <= 0 or self.stopped:
            raise RpcError("not-running", "nothing runs")
        self.stopped = True
        return self.document()

    def document(self):
        over = self.left <= 0 or self.stopped
        state = "configured" if over else "running"
        return all_stats([port_stats("p0", state, 1000 if self.left <= 0 else 10)],
                         [flow_stats(running=not over)])

def test_start_wait(daemon):
    run = Run(3)
    server = daemon(traffic_start={"ports": ["p0"]}, stats_get=run.get, traffic_stop=run.stop)
    done = ctl("start", "--wait", "--count", "1000", socket_path=server.path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("mean rates and totals since the start\n")
    assert re.search(r"^p0 +1000 ", done.stdout, re.M)
    assert server.called("stats.get") == 3 * [{"ports": ["p0"]}]
    assert not server.called("traffic.stop")


def test_start_wait_json(daemon):
    run = Run(2)
    server = daemon(traffic_start={}, stats_get=run.get)
    document = one_json(ctl("start", "--wait", "--json", socket_path=server.path).stdout)
    assert document["interrupted"] is False and document["ports"][0]["frames_tx"] == 1000


def test_start_wait_refused(daemon):
    server = daemon(traffic_start=raising("needs-force", "it carries the default route",
                                          hint="--force"))
    run = ctl("start", "--wait", socket_path=server.path)
    assert (run.returncode, len(server.requests)) == (5, 1)


def test_start_wait_stops_what_only_receives(daemon):
    state = {"p1": "running", "looks": 0}

    def get(_params):
        state["looks"] += 1
        sending = state["looks"] < 3
        ports = [port_stats("p0", "running" if sending else "configured", 5),
                 port_stats("p1", state["p1"])]
        return all_stats(ports, [flow_stats(running=sending, frames_tx=5)])

    def stop(params):
        assert params == {"ports": ["p1"]}
        state["p1"] = "configured"
        return all_stats()

    server = daemon(traffic_start={}, stats_get=get, traffic_stop=stop)
    assert ctl("start", "--wait", socket_path=server.path).returncode == 0
    assert len(server.called("traffic.stop")) == 1


@pytest.mark.parametrize("state", ["paused", "link-down", "stalled"])
def test_start_wait_waits_for_what_is_held(daemon, state):
    looks = iter([state, state, "running", "configured"])

    def get(_params):
        now = next(looks)
        return all_stats([port_stats("p0", now)],
                         [flow_stats(running=now == "running", frames_tx=1)])

    server = daemon(traffic_start={}, stats_get=get)
    assert ctl("start", "--wait", socket_path=server.path).returncode == 0
    assert [name for name, _ in server.requests] == ["traffic.start"] + 4 * ["stats.get"]


def test_start_wait_device_lost(daemon):
    lost = all_stats([port_stats("p0", "device-lost"), port_stats("p1", "configured")])
    server = daemon(traffic_start={}, stats_get=lost, traffic_stop=lost)
    run = ctl("start", "--wait", socket_path=server.path)
    message = "pktgenctl: p0: its device went away: stopping the traffic\n"
    assert (run.returncode, run.stderr) == (7, message)
    assert server.called("traffic.stop") == [{"ports": ["p0"]}]
    as_json = ctl("start", "--wait", "--json", socket_path=server.path)
    assert one_json(as_json.stdout)["device_lost"] == "p0"

@pytest.mark.parametrize("args", [[], ["--json"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_start_wait_interrupted(daemon, args, number):
    run = Run(10**6)
    server = daemon(traffic_start={"ports": ["p0"]}, stats_get=run.get, traffic_stop=run.stop)
    with start_ctl("-s", server.path, "start", "--wait", *args) as process:
        wait_for(lambda: server.called("stats.get"))
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 1
    assert server.called("traffic.stop") == [{"ports": ["p0"]}]
    if args:
        assert one_json(out)["interrupted"] is True and err == ""
    else:
        assert err == "pktgenctl: interrupted: stopping the traffic\n"
        assert re.search(r"^p0 +10 ", out, re.M)


def test_start_wait_daemon_goes_away(daemon):
    run = Run(10**6)
    server = daemon(traffic_start={}, stats_get=run.get)
    with start_ctl("-s", server.path, "start", "--wait", "--json") as process:
        wait_for(lambda: len(server.called("stats.get")) > 1)
        server.close()
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 3
    assert one_json(out)["error"]["code"] == 3


def test_interrupt_does_not_wait_for_a_silent_daemon(daemon):
    server = daemon(traffic_start={}, stats_get=SILENCE, traffic_stop=all_stats())
    with start_ctl("-s", server.path, "stats", "--watch") as process:
        wait_for(lambda: server.requests)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=5)
    assert process.returncode == 1


@pytest.mark.parametrize("command", [["stats", "--watch", "50ms"], ["top"]])
def test_watch_json(daemon, command):
    server = daemon(stats_get=all_stats())
    with start_ctl("-s", server.path, "--json", *command) as process:
        assert json.loads(process.stdout.readline())["ports"]
        assert json.loads(process.stdout.readline())["ports"]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")
    for line in out.splitlines():
        json.loads(line)


def test_watch_text(daemon):
    server = daemon(stats_get=all_stats())
    with start_ctl("-s", server.path, "stats", "p0", "--watch=20ms", "--flow", "f") as process:
        wait_for(lambda: len(server.requests) > 3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "pktgenctl: interrupted\n")
    assert out.count("STATE") > 3 and "\x1b" not in out
    assert "mean rates and totals since the start" in out
    assert server.requests[0] == ("stats.get", {"flows": ["f"], "ports": ["p0"]})


def test_watch_takes_the_next_word_only_if_it_is_a_time(daemon):
    server = daemon(stats_get=raising("not-found", 'there is no port "p0"'))
    assert ctl("stats", "--watch", "p0", socket_path=server.path).returncode == 5
    assert server.requests == [("stats.get", {"ports": ["p0"]})]


def test_watch_daemon_goes_away(daemon):
    server = daemon(stats_get=all_stats())
    with start_ctl("-s", server.path, "--json", "stats", "--watch", "20ms") as process:
        wait_for(lambda: len(server.requests) > 1)
        server.close()
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 3
    assert json.loads(out.splitlines()[-1])["error"]["data"]["reason"] == "unreachable"

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"


@pytest.mark.parametrize("end", ["q", "\x03", signal.SIGTERM, signal.SIGHUP])
def test_top_restores_the_terminal(daemon, end):
    server = daemon(stats_get=all_stats())
    terminal = Terminal("-s", server.path, "top")
    terminal.read_until(r"q: quit[\s\S]*p0[\s\S]*\x1b\[J")
    mode = termios.tcgetattr(terminal.fd)
    assert not mode[3] & termios.ECHO and not mode[3] & termios.ICANON
    if isinstance(end, str):
        os.write(terminal.fd, end.encode())
    else:
        os.kill(terminal.pid, end)
    terminal.read_until(re.escape(LEAVE))
    wait_for(lambda: termios.tcgetattr(terminal.fd)[3] & termios.ECHO)
    assert termios.tcgetattr(terminal.fd) == terminal.before
    assert terminal.finish() == 0
    after = terminal.output.split(LEAVE)[1]
    assert "mean rates and totals since the start" in after
    assert ("interrupted" in after) == (end != "q")


def test_top_fits_the_window(daemon):
    ports = [port_stats(f"p{i}") for i in range(30)]
    server = daemon(stats_get=all_stats(ports))
    terminal = Terminal("-s", server.path, "--no-color", "top")
    terminal.resize(10, 20)
    terminal.read_until(r"\x1b\[H\x1b\[K(?:[^\r\n]{0,20}\r+\n\x1b\[K){9}")
    terminal.output = ""
    terminal.resize(50, 132)
    terminal.read_until(r"p29")
    os.write(terminal.fd, b"q")
    assert terminal.finish() == 0


def test_top_daemon_goes_away(daemon):
    server = daemon(stats_get=all_stats())
    terminal = Terminal("-s", server.path, "top")
    terminal.read_until(r"q: quit")
    server.close()
    assert terminal.finish() == 3
    assert "the daemon went away" in terminal.output.split(LEAVE)[1]


def test_top_suspends(daemon):
    server = daemon(stats_get=all_stats())
    terminal = Terminal("-s", server.path, "top")
    terminal.read_until(r"q: quit")
    os.kill(terminal.pid, signal.SIGTSTP)
    terminal.read_until(re.escape(LEAVE))
    assert os.WIFSTOPPED(os.waitpid(terminal.pid, os.WUNTRACED)[1])
    terminal.output = ""
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.read_until(re.escape(ENTER) + r"[\s\S]*q: quit")
    os.write(terminal.fd, b"q")
    assert terminal.finish() == 0


def test_top_without_terminal_prints_blocks(daemon):
    server = daemon(stats_get=all_stats())
    with start_ctl("-s", server.path, "top") as process:
        assert process.stdout.readline().startswith("PORT")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 0 and "\x1b" not in out


@pytest.mark.parametrize("args, env, coloured", [
    ([], {}, True), (["--no-color"], {}, False), ([], {"NO_COLOR": "1"}, False),
    ([], {"NO_COLOR": ""}, True), (["--json"], {}, False)])
def test_colour(daemon, args, env, coloured):
    server = daemon(stats_get=all_stats([port_stats(state="stalled")]))
    terminal = Terminal("-s", server.path, "stats", *args, **env)
    assert terminal.finish() == 0
    assert ("\x1b[31mstalled\x1b[m" in terminal.output) == coloured
    assert ("\x1b" in terminal.output) == coloured


def test_progress_on_a_terminal(daemon):
    run = Run(4)
    server = daemon(traffic_start={}, stats_get=run.get)
    terminal = Terminal("-s", server.path, "start", "--wait")
    assert terminal.finish() == 0
    assert "sent 10 (1.49 Mpps, 1000.00 Mbit/s), received 0 (" in terminal.output
    assert "\r\x1b[Kmean rates and totals" in terminal.output
