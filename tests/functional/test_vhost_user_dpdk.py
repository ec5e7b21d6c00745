# SPDX-License-Identifier: BSD-2-Clause
"""vhost-user with DPDK on the other side: its figures, and the bytes that it wrote down."""
import os

import pytest
from scapy.utils import RawPcapReader

from harness import wait_until
from harness.namespace import Here
from harness.testpmd import Testpmd
from traffic import DAEMON, dropped, receive, send, set_flows, stop, wait_end

COUNT = 100_000
PACKED = pytest.mark.parametrize("packed", ["on", "off"])


@pytest.fixture
def path(directory):
    return os.path.join(directory, "s")


@pytest.fixture
def run_port(run_daemon):
    """A daemon with one port, p0."""
    def run(location, queues=1):
        return run_daemon(Here, f"{DAEMON}[port p0]\nlocation = {location}\nqueues = {queues}\n"
                                f"cpu = {min(os.sched_getaffinity(0))}\n")
    return run


@pytest.fixture
def testpmd(directory):
    made = []

    def make(*vdevs, **options):
        made.append(Testpmd(directory, *vdevs, **options))
        return made[-1]

    yield make
    for each in made:
        each.quit()
        print(each.output[-4000:])


@PACKED
@pytest.mark.parametrize("queues", [1, 2])
def test_testpmd_receives_every_frame(run_port, testpmd, path, packed, queues):
    peer = testpmd(f"net_vhost0,iface={path},queues={queues}", forward="rxonly",
                   arguments=[f"--rxq={queues}", f"--txq={queues}"])
    daemon = run_port(f"vhost-user:{path},packed={packed}", queues)
    send(daemon, count=COUNT)
    sent = wait_end(daemon)
    assert sent["frames_tx"] == COUNT and dropped(sent) == 0
    assert peer.statistics()["rx"] == COUNT


@PACKED
def test_testpmd_sends_and_every_frame_comes_in(run_port, testpmd, path, packed):
    peer = testpmd(f"net_vhost0,iface={path}", forward="txonly", arguments=["--txpkts=60"])
    daemon = run_port(f"vhost-user:{path},packed={packed}")
    receive(daemon, "p0")
    wait_until(lambda: daemon.port("p0")["frames_rx"] > COUNT, 30, "frames come in")
    sent = peer.stop()["tx"]
    wait_until(lambda: daemon.port("p0")["frames_rx"] >= sent, what="the last ones are in")
    received = stop(daemon, "p0")
    assert received["frames_rx"] == sent and dropped(received) == 0


@PACKED
def test_testpmd_as_the_driver(run_port, testpmd, path, packed):
    """pktgend is the device, and listens; testpmd's virtio-user is the driver."""
    daemon = run_port(f"vhost-user:{path},role=device,server=on")
    receive(daemon, "p0")
    peer = testpmd(f"net_virtio_user0,path={path},queue_size=256,packed_vq={int(packed == 'on')}",
                   forward="txonly", arguments=["--txpkts=60"])
    wait_until(lambda: daemon.port("p0")["frames_rx"] > COUNT, 30, "frames come in")
    sent = peer.stop()["tx"]
    wait_until(lambda: daemon.port("p0")["frames_rx"] >= sent, what="the last ones are in")
    assert daemon.port("p0")["frames_rx"] == sent
    stop(daemon, "p0")
    peer.start("rxonly")
    send(daemon, count=COUNT)
    assert wait_end(daemon)["frames_tx"] == COUNT
    wait_until(lambda: peer.statistics()["rx"] == COUNT, what="testpmd received them")


SHAPES = {
    "constant": {"size": 60},
    "fields": {"size": 60, "src_port": "1-1000", "dst_ip": "10.0.0.1-10.0.0.255"},
    "long": {"size": 1514, "vlan": "5", "src_mac": "02:00:00:00:00:01-02:00:00:00:00:ff"},
    "IPv6": {"size": 100, "src_ip": "2001:db8::1", "dst_ip": "2001:db8::2-2001:db8::ff"},
}


@PACKED
@pytest.mark.parametrize("build", ["generate", "copy", "zerocopy"])
@pytest.mark.parametrize("shape", SHAPES)
def test_bytes_are_those_of_the_frame(run_port, testpmd, path, directory, shape, build, packed):
    """testpmd forwards what it receives to a file; more frames than the ring has entries."""
    count = 600
    pcap = os.path.join(directory, "out.pcap")
    peer = testpmd(f"net_vhost0,iface={path}", f"net_pcap0,tx_pcap={pcap}", forward="io")
    daemon = run_port(f"vhost-user:{path},packed={packed}")
    set_flows(daemon, {"name": "f", "count": count, "build": build, **SHAPES[shape]})
    send(daemon)
    assert wait_end(daemon)["frames_tx"] == count
    wait_until(lambda: peer.statistics(1)["tx"] == count, what="testpmd wrote them")
    peer.quit()
    frames = [bytes(data) for data, _ in RawPcapReader(pcap)]
    wanted = [bytes.fromhex(daemon.call("flow.frame", name="f", n=n)["hex"])
              for n in range(count)]
    assert frames == wanted


@PACKED
def test_testpmd_is_restarted(run_port, testpmd, path, packed):
    peer = testpmd(f"net_vhost0,iface={path}", forward="rxonly")
    daemon = run_port(f"vhost-user:{path},packed={packed}")
    send(daemon, rate="20kpps")
    wait_until(lambda: daemon.port("p0")["frames_tx"] > 2000, what="frames are sent")
    peer.quit()
    wait_until(lambda: daemon.port("p0")["link"] != "up", 1, "the link goes down")
    frames = daemon.port("p0")["frames_tx"]
    peer = testpmd(f"net_vhost0,iface={path}", forward="rxonly")
    wait_until(lambda: daemon.port("p0")["frames_tx"] > frames + 2000, what="sending goes on")
    sent = stop(daemon, "p0")
    assert peer.statistics()["rx"] == sent["frames_tx"] - frames
