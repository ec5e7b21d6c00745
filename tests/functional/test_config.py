# SPDX-License-Identifier: BSD-2-Clause
"""The configuration file: strict, and every error at once with its place."""
import os
import re
import subprocess

import pytest

from harness import PKTGEND

GOOD = """\
; a comment
[daemon]
status-interval = 2s

[port p0]
location = packet:eth1
cpu = 1
pool-objects = 1024
rate-limit = 1Mpps

[flow hello]
port = p0
size = 60
dst-mac = 02:00:00:00:00:0b
src-ip = 10.0.0.1-10.0.0.9
dst-ip = 10.0.0.2
src-port = random(1000-2000,7)
rate = 100kpps
count = 18446744073709551615
autostart = no
"""
PORT = "[port p0]\nlocation = null:\n"


def check(directory, text):
    path = os.path.join(directory, "pktgend.conf")
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    done = subprocess.run([PKTGEND, "-c", path, "--check-config"], capture_output=True, text=True,
                          timeout=30)
    return done, path


def error_lines(done, path):
    """The numbers of the lines that have an error."""
    return [int(n) for n in re.findall(rf"^.*{re.escape(path)}:(\d+): ", done.stderr, re.M)]


def test_good_file(directory):
    done, _ = check(directory, GOOD)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr


def test_empty_file_is_good(directory):
    assert check(directory, "")[0].returncode == 0


@pytest.mark.parametrize("line, hint", [
    ("siez = 60", "size"),
    ("size = 59", ""),
    ("size = 9999999", ""),
    ("size = sixty", ""),
    ("size =", ""),
    ("count = 18446744073709551616", ""),
    ("count = -1", ""),
    ("rate = 100 parsecs", ""),
    ("rate = 0pps", ""),
    ("duration = 5 fortnights", ""),
    ("dst-mac = 02:00:00:00:00", ""),
    ("src-ip = 10.0.0.256", ""),
    ("src-ip = 10.0.0.9-10.0.0.1", ""),
    ("dst-port = 65536", ""),
    ("dst-port = 9-5", ""),
    ("vlan = 4095", ""),
    ("burst = 0", ""),
    ("burst = 513", ""),
    ("build = zerocoppy", "zerocopy"),
    ("on-full = explode", ""),
    ("autostart = perhaps", ""),
    ("port = p1", ""),
    ("size = 60 = 61", ""),
    ("a line without an equals sign", ""),
    pytest.param("dst-mac = " + "0" * 5000, "", id="too-long"),
])
def test_bad_line_of_a_flow(directory, line, hint):
    done, path = check(directory, f"{PORT}[flow f]\n{line}\nttl = 9\n")
    assert done.returncode == 1
    assert error_lines(done, path) == [4], done.stderr
    assert hint in done.stderr


@pytest.mark.parametrize("line, hint", [
    ("locaton = null:", "location"),
    ("cpu = -2", ""),
    ("queues = 0", ""),
    ("queues = 17", ""),
    ("pool-objects = 63", ""),
    ("pool-object-size = 64", ""),
    ("rate-limit = fast", ""),
    ("promiscuous = maybe", ""),
])
def test_bad_line_of_a_port(directory, line, hint):
    done, path = check(directory, f"{PORT}{line}\n")
    assert done.returncode == 1
    assert error_lines(done, path) == [3], done.stderr
    assert hint in done.stderr


@pytest.mark.parametrize("text, lines", [
    ("size = 60\n", [1]),
    ("[prot p0]\nlocation = null:\n", [1]),
    ("[port p0\nlocation = null:\n", [1]),
    ("[daemon]\nmetrics = nowhere\n", [2]),
    ("[daemon]\nsocket = " + "/x" * 60 + "\n", [2]),
    ("[daemon]\nstatus-interval = often\n", [2]),
    ("[port p0]\nlocation =\n", [2]),
])
def test_bad_text(directory, text, lines):
    done, path = check(directory, text)
    assert done.returncode == 1
    assert sorted(set(error_lines(done, path))) == lines, done.stderr


@pytest.mark.parametrize("text", [
    "[port p0]\ncpu = 1\n",
    PORT + PORT,
    PORT + "[flow f]\nsize = 60\n[flow f]\nsize = 61\n",
    PORT + "[flow f]\nsrc-ip = 10.0.0.1\ndst-ip = 2001:db8::1\n",
    "[port " + "x" * 200 + "]\nlocation = null:\n",
    "[port ]\nlocation = null:\n",
])
def test_sections_that_do_not_fit(directory, text):
    done, path = check(directory, text)
    assert done.returncode == 1
    assert error_lines(done, path), done.stderr


def test_every_error_is_reported_at_once(directory):
    text = ("[daemon]\nnonsense = 1\n"       # 2
            "[port p0]\nlocation = null:\n"
            "cpu = many\n"                   # 5
            "queues = 99\n"                  # 6
            "[flow a]\nsize = 1\n"           # 8
            "rate = none\n"                  # 9
            "[unheard-of]\n")                # 10
    done, path = check(directory, text)
    assert done.returncode == 1
    assert sorted(set(error_lines(done, path))) == [2, 5, 6, 8, 9, 10], done.stderr


@pytest.mark.parametrize("text", [
    pytest.param(b"[port p0]\nlocation = null:\0x\n", id="NUL"),
    pytest.param(b"\xff\xfe\x00\x01", id="UTF-16"),
    pytest.param(b"[" * 10000, id="brackets"),
    pytest.param(b"=" * 300, id="equals"),
    pytest.param(b"\n" * 100000, id="newlines"),
    pytest.param(bytes(range(256)) * 20, id="every-byte"),
])
def test_hostile_bytes_end_in_a_verdict(directory, text):
    done, _ = check(directory, text)
    assert done.returncode in (0, 1), done.stderr


def test_daemon_does_not_start_with_errors(namespace, make_daemon):
    daemon = make_daemon(namespace, "[port p0]\nlocation = null:\nqueues = 99\n").launch()
    assert daemon.wait() == 1
    assert f"{daemon.config}:3: " in daemon.log
    assert not os.path.exists(daemon.socket)
