# SPDX-License-Identifier: BSD-2-Clause
"""Header fields on the wire: ranges exact at their ends, checksums right, frame N as described."""
import collections
import ipaddress
import itertools

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether

from traffic import DAEMON, PORTS, captured_run, send, set_flows

V6 = {"src_ip": "2001:db8::1", "dst_ip": "2001:db8::2", "size": 80}


def mac_number(text):
    return int(text.replace(":", ""), 16)


def ip_number(text):
    return int(ipaddress.ip_address(text))


# setting: (where scapy shows it, that as a number)
FIELDS = {
    "dst_mac": (lambda p: p.dst, mac_number),
    "src_mac": (lambda p: p.src, mac_number),
    "src_ip": (lambda p: p[1].src, ip_number),
    "dst_ip": (lambda p: p[1].dst, ip_number),
    "src_port": (lambda p: p[UDP].sport, int),
    "dst_port": (lambda p: p[UDP].dport, int),
}

RANGES = [
    ("dst_mac", "02:00:00:00:00:fd", "02:00:00:00:01:02"),
    ("dst_mac", "00:00:00:00:00:00", "00:00:00:00:00:03"),
    ("dst_mac", "ff:ff:ff:ff:ff:fc", "ff:ff:ff:ff:ff:ff"),
    ("src_mac", "02:ff:ff:ff:ff:fe", "03:00:00:00:00:01"),
    ("src_ip", "10.0.0.254", "10.0.1.3"),
    ("src_ip", "0.0.0.0", "0.0.0.1"),
    ("dst_ip", "9.255.255.254", "10.0.0.2"),
    ("dst_ip", "255.255.255.252", "255.255.255.255"),
    ("src_ip", "2001:db8::fffe", "2001:db8::1:4"),
    ("src_ip", "2001:db8:0:0:ffff:ffff:ffff:fffc", "2001:db8:0:0:ffff:ffff:ffff:ffff"),
    ("dst_ip", "2001:db8::ffff:ffff", "2001:db8::1:0:4"),
    ("src_port", "0", "6"),
    ("src_port", "255", "258"),
    ("dst_port", "65530", "65535"),
]


@pytest.fixture
def daemon(pair, run_daemon):
    return run_daemon(pair, PORTS)


@pytest.fixture
def frames_of(daemon, capture, pair):
    """The frames of a run of p0, as bytes, in the order in which they arrived."""
    return lambda **options: captured_run(daemon, capture, pair, **options)


def values(frames, setting):
    show, number = FIELDS[setting]
    return [number(show(Ether(frame))) for frame in frames]


def options_for(setting, text):
    return {setting: text, **({"size": 80} if "::" in text or "2001" in text else {})}


@pytest.mark.parametrize("setting, first, last", RANGES)
def test_range_counts_up_and_starts_again(frames_of, setting, first, last):
    number = FIELDS[setting][1]
    low, high = number(first), number(last)
    frames = frames_of(**options_for(setting, f"{first}-{last}"), count=2 * (high - low + 1) + 1)
    assert values(frames, setting) == 2 * list(range(low, high + 1)) + [low]


@pytest.mark.parametrize("setting, first, last", RANGES[::3] + RANGES[-1:])
def test_random_range_stays_inside_and_reaches_both_ends(frames_of, setting, first, last):
    number = FIELDS[setting][1]
    frames = frames_of(**options_for(setting, f"random({first}-{last},5)"), count=300)
    seen = values(frames, setting)
    assert set(seen) == set(range(number(first), number(last) + 1))
    assert seen[:20] != sorted(seen[:20])


@pytest.mark.parametrize("setting, text", [
    ("dst_mac", "02:00:00:00:00:00-02:00:00:00:00:ff"), ("src_ip", "10.0.0.0-10.0.0.255"),
    ("dst_ip", "2001:db8::-2001:db8::ff"), ("src_port", "0-65535"),
])
def test_random_is_repeated_with_its_seed_and_not_with_another(frames_of, setting, text):
    def run(arguments):
        return values(frames_of(**options_for(setting, f"random({arguments})"), count=64), setting)

    first = run(f"{text},1")
    assert run(f"{text},1") == first
    assert run(f"{text},2") != first
    assert run(f"{text},18446744073709551615") != first
    assert run(f"{text},0") == run(text)  # a seed that is left out is 0


def test_every_port_number_once(namespace, run_daemon):
    """All 65536 values, and the one UDP checksum that may not be written as it is (RFC 768).

    By a TAP, which loses nothing however slowly it is read.
    """
    tap = namespace.tap("t0")
    daemon = run_daemon(namespace, DAEMON + "[port p0]\nlocation = packet:t0\n")
    send(daemon, src_port="0-65535", count=65537)
    frames = [tap.read() for _ in range(65537)]
    tap.close()
    assert [int.from_bytes(f[34:36], "big") for f in frames] == [*range(65536), 0]
    sums = collections.Counter(f[40:42] for f in frames)
    assert sums[b"\x00\x00"] == 0 and sums[b"\xff\xff"] >= 1


def test_several_ranges_of_different_length_run_side_by_side(frames_of):
    ranges = {"dst_mac": (1, 3), "src_ip": (0x0A000001, 0x0A000005), "src_port": (10, 16)}
    frames = frames_of(dst_mac="00:00:00:00:00:01-00:00:00:00:00:03", src_ip="10.0.0.1-10.0.0.5",
                       src_port="10-16", count=3 * 5 * 7)
    for setting, (low, high) in ranges.items():
        assert values(frames, setting) == [low + n % (high - low + 1) for n in range(105)]
    assert len(set(frames)) == 105  # 3, 5 and 7 have no common divisor: no frame comes twice


@pytest.mark.parametrize("vlan", [1, 100, 4094])
@pytest.mark.parametrize("priority", [0, 7])
@pytest.mark.parametrize("version", [4, 6])
def test_vlan_tag(frames_of, vlan, priority, version):
    (frame,) = frames_of(vlan=vlan, vlan_priority=priority, count=1, **(V6 if version == 6 else {}))
    packet = Ether(frame)
    assert packet.type == 0x8100
    tag = packet[Dot1Q]
    assert (tag.vlan, tag.prio, tag.id) == (vlan, priority, 0)
    assert tag.type == (0x86DD if version == 6 else 0x0800)
    assert UDP in packet


@pytest.mark.parametrize("ttl, dscp", [(1, 0), (64, 1), (128, 46), (255, 63)])
def test_ttl_and_dscp(frames_of, ttl, dscp):
    (frame,) = frames_of(ttl=ttl, dscp=dscp, count=1)
    header = Ether(frame)[IP]
    assert (header.ttl, header.tos >> 2, header.tos & 3) == (ttl, dscp, 0)
    (frame,) = frames_of(ttl=ttl, dscp=dscp, count=1, **V6)
    header = Ether(frame)[IPv6]
    assert (header.hlim, header.tc >> 2, header.tc & 3) == (ttl, dscp, 0)


def test_frame_that_nobody_described_is_sensible(daemon, frames_of, pair):
    frames = frames_of(size=60, count=2)
    assert frames[0] == frames[1] and len(frames[0]) == 60
    packet = Ether(frames[0])
    assert packet.src == pair.link("p0")["address"] != packet.dst
    assert packet[IP].src != packet[IP].dst
    assert (packet[IP].len, packet[UDP].len, packet[IP].ttl) == (46, 26, 64)
    assert daemon.call("flow.list")["flows"][0]["name"] == "default"


VARYING_V4 = {
    "dst_mac": "02:00:00:00:00:00-02:00:00:00:00:06",
    "src_mac": "random(02:00:00:00:01:00-02:00:00:00:01:ff,3)",
    "src_ip": "random(1.0.0.0-223.255.255.255,4)", "dst_ip": "10.0.255.250-10.1.0.9",
    "src_port": "random(0-65535)", "dst_port": "1-11",
}
VARYING_V6 = {**VARYING_V4, "size": 99, "src_ip": "random(2001:db8::-2001:db8::ffff:ffff:ffff,4)",
              "dst_ip": "2001:db8::fff0-2001:db8::1:3"}
# name: settings; the sizes are odd and even
SHAPES = {
    "v4": {**VARYING_V4, "size": 61},
    "v4-vlan": {**VARYING_V4, "vlan": 5, "vlan_priority": 3, "size": 1514},
    "v6": VARYING_V6,
    "v6-vlan": {**VARYING_V6, "vlan": 4094, "dscp": 46},
    "constant": {"size": 777},
}


def with_new_checksums(frame):
    """The frame as scapy would write it."""
    packet = Ether(frame)
    if IP in packet:
        del packet[IP].chksum
    del packet[UDP].chksum
    return bytes(packet)


@pytest.mark.parametrize("metrics", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_checksums(daemon, capture, pair, shape, metrics):
    settings = {**SHAPES[shape], "metrics": metrics}
    if settings["size"] == 61 and metrics:
        settings["size"] = 81
    far_end = capture(pair, "p1")
    frames = captured_run(daemon, capture, pair, count=200, **settings)
    assert [with_new_checksums(frame) for frame in frames] == frames
    rows = far_end.wait(200).stop().tshark("ip.checksum.status", "udp.checksum.status",
                                           "udp.length")
    good = "1"
    headers = 14 + 4 * ("vlan" in settings) + (40 if "v6" in shape else 20)
    assert set(rows) == {("" if "v6" in shape else good, good,
                          str(settings["size"] - headers))}


@pytest.mark.parametrize("shape", SHAPES)
def test_wire_carries_frame_n_however_it_is_built(daemon, frames_of, shape):
    """generate, copy and zerocopy, pool and heap: the bytes are those of flow.frame."""
    set_flows(daemon, {"name": "f", "count": 150, "burst": 8, **SHAPES[shape]})
    wanted = [daemon.call("flow.frame", name="f", n=n) for n in range(150)]
    assert all(frame["length"] == len(frame["hex"]) // 2 for frame in wanted)
    wanted = [bytes.fromhex(frame["hex"]) for frame in wanted]
    for build, alloc in itertools.product(("generate", "copy", "zerocopy"), ("pool", "heap")):
        assert frames_of(build=build, alloc=alloc) == wanted, (build, alloc)


def test_pktgenctl_prints_the_frame_of_the_wire(daemon, frames_of):
    set_flows(daemon, {"name": "f", "count": 12, **SHAPES["v4"]})
    frames = frames_of()
    for n in (0, 1, 11):
        assert daemon.ctl_json("frame", "f", str(n))["hex"] == frames[n].hex()
    printed = daemon.ctl("frame", "f", "11").stdout
    assert frames[11][:2].hex() in printed.replace(" ", "")


def test_signature_carries_flow_sequence_and_time(daemon, frames_of):
    set_flows(daemon, *({"name": name, "count": 50, "size": 80, "metrics": True,
                         "src_port": str(port)} for name, port in (("a", 1), ("b", 2))))
    numbers = collections.defaultdict(list)
    times = []
    for frame in frames_of():
        signature = frame[-16:]
        assert signature[:2] == bytes.fromhex("a751")
        flow, sequence = int.from_bytes(signature[2:4], "big"), signature[4:8]
        numbers[(int.from_bytes(frame[34:36], "big"), flow)].append(int.from_bytes(sequence, "big"))
        times.append(int.from_bytes(signature[8:], "big"))
    assert sorted(port for port, _ in numbers) == [1, 2]  # one number for each flow
    assert len({flow for _, flow in numbers}) == 2
    assert all(sequence == list(range(50)) for sequence in numbers.values())
    assert times == sorted(times) and times[0] > 0
