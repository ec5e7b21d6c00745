# SPDX-License-Identifier: BSD-2-Clause
"""The life of the daemon: options, start, stop, crash, restart."""
import os
import signal
import socket
import stat
import subprocess
import time

import pytest

from harness import PKTGEND, wait_until
from harness.rpc import Rpc

CONFIG = "[port p0]\nlocation = null:\n"


def run_pktgend(*arguments):
    return subprocess.run([PKTGEND, *arguments], capture_output=True, text=True, timeout=30)


def test_version():
    done = run_pktgend("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("pktgend 0.") and done.stdout.count("\n") == 1


def test_help_names_every_option():
    done = run_pktgend("--help")
    assert done.returncode == 0 and done.stderr == ""
    for option in ("-c", "-s", "-m", "--check-config", "-v", "--version", "--help"):
        assert option in done.stdout


@pytest.mark.parametrize("arguments", [["--nonsense"], ["-c"], ["surplus"], ["-x"]])
def test_wrong_options_are_refused(arguments):
    done = run_pktgend(*arguments)
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr != ""


def test_missing_configuration_is_named(directory):
    path = os.path.join(directory, "absent.conf")
    for extra in ([], ["--check-config"]):
        done = run_pktgend("-c", path, "-s", os.path.join(directory, "s"), *extra)
        assert done.returncode == 1
        assert path in done.stderr and "No such file" in done.stderr


def test_start_and_first_answer(namespace, run_daemon):
    daemon = run_daemon(namespace, CONFIG)
    hello = daemon.call("system.hello")
    assert hello["name"] == "pktgend"
    assert run_pktgend("--version").stdout == f"pktgend {hello['version']}\n"
    assert [p["name"] for p in daemon.call("port.list")["ports"]] == ["p0"]
    assert daemon.port("p0")["state"] == "configured"


def test_socket_is_for_owner_and_group_only(namespace, run_daemon):
    daemon = run_daemon(namespace, CONFIG)
    assert stat.S_IMODE(os.stat(daemon.socket).st_mode) == 0o660


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("running", [False, True])
def test_signal_ends_it_cleanly(namespace, run_daemon, number, running):
    daemon = run_daemon(namespace, CONFIG)
    if running:
        daemon.call("traffic.start", size=60)
        wait_until(lambda: daemon.port("p0")["frames_tx"] > 0)
    assert daemon.stop(number) == 0
    assert not os.path.exists(daemon.socket)


def test_killed_and_started_again(namespace, run_daemon):
    daemon = run_daemon(namespace, CONFIG)
    daemon.call("traffic.start", size=60)
    daemon.kill()
    assert os.path.exists(daemon.socket)  # nobody could remove it
    daemon.start()
    assert daemon.port("p0")["state"] == "configured"
    assert daemon.port("p0")["frames_tx"] == 0


def test_second_daemon_on_the_same_socket_is_refused(namespace, run_daemon):
    daemon = run_daemon(namespace, CONFIG)
    second = subprocess.run(namespace.command(os.path.abspath(PKTGEND), "-c", daemon.config, "-s",
                                              daemon.socket, "-m", "127.0.0.1:10479"),
                            capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert daemon.socket in second.stderr
    with Rpc(daemon.socket) as client:
        assert client.call("system.hello")["pid"] == daemon.process.pid


def test_file_in_place_of_the_socket_is_kept(namespace, make_daemon):
    daemon = make_daemon(namespace, CONFIG)
    with open(daemon.socket, "w", encoding="utf-8") as f:
        f.write("precious")
    daemon.launch()
    assert daemon.wait() == 1
    assert daemon.socket in daemon.log
    with open(daemon.socket, encoding="utf-8") as f:
        assert f.read() == "precious"


def test_metrics_address_in_use_is_reported(namespace, make_daemon):
    taken = namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.bind(("127.0.0.1", 10478))
    taken.listen()
    daemon = make_daemon(namespace, CONFIG).launch()
    assert daemon.wait() == 1
    assert "10478" in daemon.log
    assert not os.path.exists(daemon.socket)
    taken.close()


def test_idle_daemon_uses_no_cpu(pair, run_daemon):
    daemon = run_daemon(pair, "[port p0]\nlocation = packet:p0\n[port p1]\nlocation = packet:p1\n")

    def ticks():
        with open(f"/proc/{daemon.process.pid}/stat", encoding="utf-8") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    time.sleep(3)
    assert ticks() - before <= 0.01 * 3 * os.sysconf("SC_CLK_TCK")
