# SPDX-License-Identifier: BSD-2-Clause
"""Captures: what is in the file is what came in, judged by tshark, scapy and a packet socket."""
import json
import os
import re
import signal
import struct
import subprocess

import pytest
from scapy.utils import RawPcapNgReader, RawPcapReader

from harness import PKTGEND, wait_until
from harness.rpc import RpcError
from traffic import PORTS, receive, send, stop, wait_end, wait_sent

TOTALS = re.compile(r"(\S+): (\d+) frames, (\d+) bytes; (\d+) filtered out, (\d+) dropped, "
                    r"(\d+) missed\n")


@pytest.fixture
def daemon(pair, run_daemon):
    return run_daemon(pair, PORTS)


@pytest.fixture
def path(directory):
    return os.path.join(directory, "a.pcapng")


@pytest.fixture
def disk(pair, directory):
    """Mounts a file system of a size for the daemon; what runs in the namespace sees it."""
    def mount(*arguments):
        where = os.path.join(directory, "disk")
        os.mkdir(where)
        done = pair.run("mount", *arguments, where, check=False, stderr=subprocess.PIPE)
        if done.returncode:
            pytest.skip(f"cannot mount here: {done.stderr}")
        return where

    yield mount
    pair.run("umount", "--lazy", os.path.join(directory, "disk"), check=False,
             stderr=subprocess.DEVNULL)


def start(daemon, path, port="p1", **options):
    return daemon.call("capture.start", port=port, write=path, **options)


def end(daemon, port="p1"):
    return daemon.call("capture.stop", port=port)


def shown(daemon, port="p1"):
    return daemon.call("port.show", name=port)["capture"]


def wait_over(daemon, state="ended", port="p1"):
    """The document of a capture that ends by itself."""
    wait_until(lambda: shown(daemon, port)["state"] == state, what=f"the capture has {state}")
    return shown(daemon, port)


def transfer(daemon, **options):
    """p0 sends and ends by itself; how many frames that were."""
    send(daemon, **options)
    return wait_end(daemon)["frames_tx"]


def refusal(daemon, path, **options):
    with pytest.raises(RpcError) as caught:
        start(daemon, path, **options)
    return caught.value


def tshark(namespace, path, *fields):
    """A tuple of texts per frame; tshark must not complain."""
    command = ["env", f"HOME={os.path.dirname(path)}", "tshark", "-n", "-r", path, "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    done = namespace.run(*command, stderr=subprocess.PIPE)
    complaints = [line for line in done.stderr.splitlines() if "Running as user" not in line]
    assert complaints == []
    return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


def blocks(namespace, path):
    """(type, body) of each block of a pcapng file, whose sizes at both ends agree."""
    data = namespace.run("cat", path, text=False).stdout
    found, at = [], 0
    while at < len(data):
        kind, size = struct.unpack_from("=II", data, at)
        assert struct.unpack_from("=I", data, at + size - 4)[0] == size
        found.append((kind, data[at + 8:at + size - 4]))
        at += size
    return found


def statistics(namespace, path):
    """The numbers of the last block: received, dropped, accepted by the filter, delivered."""
    kind, body = blocks(namespace, path)[-1]
    assert kind == 5
    options, at = {}, 12
    while True:
        code, size = struct.unpack_from("=HH", body, at)
        if code == 0:
            return tuple(options[code] for code in (4, 5, 6, 8))
        if size == 8:
            options[code] = struct.unpack_from("=Q", body, at + 4)[0]
        at += 4 + (size + 3) // 4 * 4


def test_every_byte_of_every_frame_in_order(daemon, pair, path, capture):
    witness = capture(pair, "p1")
    start(daemon, path)
    count = transfer(daemon, count=3000, rate="50kpps", size=123, vlan=7,
                     src_port="1-1000", dst_ip="random(10.0.0.1-10.0.0.250)")
    assert count == 3000
    totals = end(daemon)
    assert (totals["frames"], totals["filtered"], totals["dropped"], totals["missed"]) == \
        (3000, 0, 0, 0)
    assert totals["bytes"] == os.path.getsize(path)
    frames = [data for data, _ in RawPcapNgReader(path)]
    assert frames == witness.wait(3000).stop().frames
    assert statistics(pair, path) == (3000, 0, 3000, 3000)


def test_tshark_finds_interface_lengths_and_nanoseconds(daemon, pair, path):
    start(daemon, path, snaplen=60)
    transfer(daemon, count=500, rate="10kpps", size=200)
    end(daemon)
    rows = tshark(pair, path, "frame.interface_name", "frame.interface_description", "frame.len",
                  "frame.cap_len", "frame.time_epoch", "frame.packet_flags_direction")
    assert len(rows) == 500
    assert {row[:4] for row in rows} == {("p1", "port p1 at packet:p1", "200", "60")}
    assert {int(row[5], 0) for row in rows} == {1}  # inbound
    times = [row[4] for row in rows]
    assert all(re.fullmatch(r"\d+\.\d{9}", when) for when in times)
    assert times == sorted(times)
    assert any(when[-3:] != "000" for when in times)
    about = pair.run("env", f"HOME={os.path.dirname(path)}", "capinfos", path).stdout
    assert re.search(r"^File timestamp precision: +nanoseconds", about, re.M)
    assert re.search(r"^Capture application: +pktgend 0", about, re.M)


def test_pcap_by_suffix(daemon, pair, directory):
    path = os.path.join(directory, "a.pcap")
    start(daemon, path, snaplen=20)
    transfer(daemon, count=100, rate="10kpps", size=64)
    end(daemon)
    rows = tshark(pair, path, "frame.len", "frame.cap_len", "frame.time_epoch")
    assert {row[:2] for row in rows} == {("64", "20")} and len(rows) == 100
    reader = RawPcapReader(path)
    assert reader.nano and reader.linktype == 1 and reader.snaplen == 20
    reader.close()


def test_filter_counts_what_it_leaves_out(daemon, pair, path):
    start(daemon, path, filter="udp src port 3")
    transfer(daemon, count=1000, rate="50kpps", src_port="1-10")
    totals = end(daemon)
    assert (totals["frames"], totals["filtered"]) == (100, 900)
    assert {row[0] for row in tshark(pair, path, "udp.srcport")} == {"3"}
    assert statistics(pair, path) == (1000, 0, 100, 100)
    about = pair.run("env", f"HOME={os.path.dirname(path)}", "capinfos", path).stdout
    assert re.search(r"^ +Filter string = udp src port 3$", about, re.M)


def test_count_ends_the_capture_and_the_run_that_was_for_it(daemon, pair, path):
    start(daemon, path, count=10)
    assert daemon.port("p1")["state"] == "running"
    transfer(daemon, count=1000, rate="50kpps")
    assert wait_over(daemon)["frames"] == 10
    daemon.wait_state("p1", "configured")
    assert len(tshark(pair, path, "frame.number")) == 10
    with pytest.raises(RpcError) as caught:
        end(daemon)
    assert caught.value.data["reason"] == "not-running" and "10 frames" in caught.value.message


def test_port_that_receives_goes_on(daemon, path):
    receive(daemon)
    transfer(daemon, count=100)
    start(daemon, path)
    transfer(daemon, count=100)
    assert end(daemon)["frames"] == 100
    transfer(daemon, count=100)
    assert stop(daemon, "p1")["frames_rx"] == 300


def test_attached_while_frames_come_in(daemon, pair, path):
    receive(daemon)
    send(daemon, rate="20kpps")
    for _ in range(5):
        wait_sent(daemon, daemon.port("p0")["frames_tx"] + 500)
        start(daemon, path)
        wait_sent(daemon, daemon.port("p0")["frames_tx"] + 500)
        totals = end(daemon)
        assert totals["frames"] >= 500 and totals["dropped"] == 0
        assert len(tshark(pair, path, "frame.number")) == totals["frames"]
    stop(daemon, "p0", "p1")


def test_stop_of_the_port_completes_the_file(daemon, pair, path):
    start(daemon, path)
    transfer(daemon, count=2000, rate="50kpps")
    assert stop(daemon, "p1")["frames_rx"] == 2000
    assert shown(daemon)["state"] == "ended"
    assert statistics(pair, path)[3] == 2000


def test_end_of_the_daemon_completes_the_file(daemon, pair, path):
    start(daemon, path)
    transfer(daemon, count=2000, rate="50kpps")
    assert daemon.stop() == 0
    assert statistics(pair, path)[3] == 2000


def test_interface_that_goes_and_comes_back(daemon, pair, path):
    start(daemon, path)
    transfer(daemon, count=100)
    pair.delete("p0")
    daemon.wait_state("p1", "device-lost")
    pair.veth("p0", "p1")
    daemon.wait_state("p1", "running")
    transfer(daemon, count=100)
    assert end(daemon)["frames"] == 200
    assert len(tshark(pair, path, "frame.number")) == 200


def test_both_directions_captures_what_is_received(daemon, pair, path):
    daemon.call("traffic.start", ports=["p1"], mode="both", count=50, src_port="7")
    start(daemon, path)
    daemon.call("flow.append", flows=[{"name": "east", "port": "p0", "count": 100}])
    daemon.call("traffic.start", ports=["p0"], flows=["east"])
    wait_end(daemon)
    assert end(daemon)["frames"] == 100
    assert "7" not in {row[0] for row in tshark(pair, path, "udp.srcport")}


def test_frames_of_a_driver_that_need_not_copy_them(namespace, run_daemon, directory, path):
    """Nobody measures: the device would only count the frames, were they not captured."""
    socket = os.path.join(directory, "vhost.sock")
    daemon = run_daemon(namespace, f"[daemon]\nmetrics = none\n"
                        f"[port p0]\nlocation = vhost-user:{socket},server=on\n"
                        f"[port p1]\nlocation = vhost-user:{socket},role=device\n")
    receive(daemon)
    start(daemon, path)
    send(daemon, count=1000, rate="50kpps", src_port="1-10")
    wait_sent(daemon, 1000)
    wait_until(lambda: daemon.port("p1")["frames_rx"] == 1000, what="all frames received")
    assert end(daemon)["frames"] == 1000
    frame = daemon.call("flow.frame", name="default", n=13)["hex"]
    assert [data for data, _ in RawPcapNgReader(path)][13].hex() == frame
    location = f"vhost-user:{socket},role=device"
    assert set(tshark(namespace, path, "frame.interface_name")) == {(location,)}


def test_refusals_say_why_and_leave_files_alone(daemon, directory, path):
    with open(path, "w", encoding="ascii") as f:
        f.write("precious")
    bad = refusal(daemon, path, filter="udpp port 5")
    assert bad.data["param"] == "filter" and "syntax error" in bad.message
    assert "pcap-filter" in bad.data["hint"]
    assert refusal(daemon, path, snaplen=1 << 20).data["param"] == "snaplen"
    assert refusal(daemon, path, port="p9").data["reason"] == "not-found"
    assert refusal(daemon, "a.pcapng").data["param"] == "write"
    send(daemon, rate="10pps")
    only_sends = refusal(daemon, path, port="p0")
    assert only_sends.data["reason"] == "busy" and "--mode both" in only_sends.data["hint"]
    with open(path, encoding="ascii") as f:
        assert f.read() == "precious"
    fifo = os.path.join(directory, "fifo")
    os.mkfifo(fifo)
    for file, words in ((fifo, "not a regular file"), ("/dev/null", "not a regular file"),
                        (directory, "Is a directory"), ("/nowhere/a", "No such file")):
        assert words in refusal(daemon, file).message
    assert daemon.port("p1")["state"] == "configured"


def test_one_capture_of_a_port_and_one_port_for_a_file(daemon, directory, path):
    start(daemon, path)
    again = refusal(daemon, os.path.join(directory, "b"))
    assert again.data["reason"] == "busy" and path in again.message
    assert "capture stop p1" in again.data["hint"]
    assert "another capture writes to" in refusal(daemon, path, port="p0").message
    end(daemon)
    start(daemon, path, port="p0")
    end(daemon, "p0")


def test_full_disk_ends_the_capture_and_nothing_else(daemon, pair, disk):
    path = os.path.join(disk("-t", "tmpfs", "-o", "size=64k", "tmpfs"), "a.pcapng")
    receive(daemon)
    start(daemon, path)
    count = transfer(daemon, count=5000, rate="50kpps", size=100)
    failed = wait_over(daemon, "failed")
    assert failed["reason"] == "No space left on device"
    assert stop(daemon, "p1")["frames_rx"] == count
    assert len(tshark(pair, path, "frame.number")) == failed["frames"] > 0
    assert failed["dropped"] > 0
    assert "No space left on device" in daemon.log
    port = daemon.port("p1")
    assert port["capture"] == {"frames": failed["frames"], "dropped": failed["dropped"]}
    assert "No space left on device" in refusal(
        daemon, os.path.join(os.path.dirname(path), "b")).message


def test_frozen_disk_stops_nobody_and_what_is_dropped_is_counted(daemon, pair, directory, disk):
    """A ring holds 8 MiB; what comes while it is full is dropped, counted, and told in the file."""
    image = os.path.join(directory, "image")
    with open(image, "wb") as f:
        f.truncate(64 << 20)
    made = pair.run("sh", "-c", f"mkfs.ext4 -q {image}", check=False, stderr=subprocess.PIPE)
    if made.returncode:
        pytest.skip(f"no file system can be made here: {made.stderr}")
    where = disk("-o", "loop", image)
    path = os.path.join(where, "a.pcapng")
    start(daemon, path)
    transfer(daemon, count=100)
    pair.run("fsfreeze", "--freeze", where)
    try:
        count = transfer(daemon, count=12000, rate="5kpps", size=1500) + 100
        wait_until(lambda: daemon.port("p1")["frames_rx"] == count, what="all frames received")
        assert daemon.port("p1")["capture"]["dropped"] > 0
        assert shown(daemon)["state"] == "running"
    finally:
        pair.run("fsfreeze", "--unfreeze", where)
    totals = end(daemon)
    assert totals["frames"] + totals["dropped"] == count and totals["dropped"] > 0
    assert len(tshark(pair, path, "frame.number")) == totals["frames"]
    assert statistics(pair, path) == (count, totals["dropped"], count, totals["frames"])


def test_pktgenctl(daemon, pair, directory):
    relative = {"cwd": directory}
    path = os.path.join(os.path.realpath(directory), "a.pcapng")

    def ctl(*arguments, status=0):
        command = [os.path.join(os.path.dirname(os.path.abspath(PKTGEND)), "pktgenctl"),
                   "-s", daemon.socket, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, **relative)
        assert done.returncode == status, done
        return done

    assert ctl("capture", "start", "p1", "--write", "a.pcapng", "--filter", "udp", "--snaplen",
               "96", "--count", "100000").stdout == f"capturing what p1 receives into {path}\n"
    transfer(daemon, count=100)
    totals = TOTALS.fullmatch(ctl("capture", "stop", "p1").stdout)
    assert totals.groups() == (path, "100", str(os.path.getsize(path)), "0", "0", "0")
    ctl("capture", "stop", "p1", status=6)
    started = json.loads(ctl("--json", "capture", "start", "p1", "--write", path).stdout)
    assert started["port"] == "p1"
    ctl("capture", "stop", "p1")
    for wrong in (["p1"], ["--write", "x"], ["p1", "--write", "-"],
                  ["p1", "--write", "x", "--count", "many"]):
        assert "usage: pktgenctl capture start PORT --write FILE" in \
            ctl("capture", "start", *wrong, status=2).stderr
    bad = ctl("capture", "start", "p1", "--write", "x", "--filter", "udpp", status=5)
    assert bad.stderr.startswith("pktgenctl: --filter: ")


def one_shot(namespace, *arguments, hangup="--default-signal=HUP"):
    """As from a terminal, whether the tests run under nohup or not."""
    return namespace.popen("env", hangup, os.path.abspath(PKTGEND), *arguments,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def begun(process):
    assert process.stderr.readline().startswith("capturing what packet:p1 receives into ")
    return process


def finish(process, status=0):
    out, errors = process.communicate(timeout=20)
    assert process.returncode == status, errors
    return out, errors


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_shot_until_a_signal(daemon, pair, path, signal_number):
    process = begun(one_shot(pair, "--capture", path, "--port", "packet:p1", "--filter",
                             "udp port 5", "--snaplen", "50"))
    transfer(daemon, count=300, rate="10kpps", src_port="1-10")
    process.send_signal(signal_number)
    process.send_signal(signal_number)  # impatience spoils nothing
    out, _ = finish(process)
    assert TOTALS.fullmatch(out).groups() == \
        (path, "30", str(os.path.getsize(path)), "270", "0", "0")
    assert {row[0] for row in tshark(pair, path, "frame.cap_len")} == {"50"}
    assert statistics(pair, path) == (300, 0, 30, 30)


def test_one_shot_outlives_its_terminal_where_it_is_to(daemon, pair, path):
    process = begun(one_shot(pair, "--capture", path, "--port", "packet:p1",
                             hangup="--ignore-signal=HUP"))
    process.send_signal(signal.SIGHUP)
    transfer(daemon, count=300, rate="10kpps")
    process.send_signal(signal.SIGTERM)
    out, _ = finish(process)
    assert TOTALS.fullmatch(out)[2] == "300"


def test_one_shot_until_its_count(daemon, pair, path):
    process = begun(one_shot(pair, "--capture", path, "--port", "packet:p1", "--count", "20"))
    transfer(daemon, count=300, rate="10kpps")
    out, errors = finish(process)
    assert TOTALS.fullmatch(out)[2] == "20" and errors == ""
    assert len(tshark(pair, path, "frame.number")) == 20


def test_one_shot_on_a_full_disk_fails(daemon, pair, disk):
    path = os.path.join(disk("-t", "tmpfs", "-o", "size=64k", "tmpfs"), "a.pcap")
    process = begun(one_shot(pair, "--capture", path, "--port", "packet:p1"))
    transfer(daemon, count=3000, rate="20kpps", size=100)
    out, errors = finish(process, 1)
    assert int(TOTALS.fullmatch(out)[2]) == len(tshark(pair, path, "frame.number")) > 0
    assert re.fullmatch(rf".* error: .* {path} ended: No space left on device; .*\n", errors)


@pytest.mark.parametrize("arguments, status, words", [
    (["--capture", "x", "--port", "packet:nope"], 1, "no network interface nope"),
    (["--capture", "/nowhere/x", "--port", "packet:p1"], 1, "No such file"),
    (["--capture", "/dev/null", "--port", "packet:p1"], 1, "not a regular file"),
    (["--capture", "x", "--port", "packet:p1", "--filter", "udpp"], 1, "syntax error"),
    (["--capture", "x"], 2, "--port LOCATION is missing"),
    (["--port", "packet:p1"], 2, "--capture FILE is missing"),
    (["--filter", "udp"], 2, "--capture FILE is missing"),
    (["--capture", "x", "--port", "packet:p1", "--count", "1x"], 2, '--count: "1x" is no number'),
    (["--capture", "x", "--port", "packet:p1", "-m", "none"], 2, "needs no configuration"),
])
def test_one_shot_refuses(pair, directory, arguments, status, words):
    process = one_shot(pair, *arguments)
    out, errors = finish(process, status)
    assert out == "" and words in errors
    assert not os.path.exists(os.path.join(directory, "x"))
