# SPDX-License-Identifier: BSD-2-Clause
"""/metrics, judged by promtool and by Debian's real Prometheus."""
import json
import subprocess
import urllib.parse

import pytest

from harness import wait_until

CONFIG = """\
[port p0]
location = packet:p0
[port p1]
location = packet:p1
[flow hello]
port = p0
size = 60
rate = 5kpps
metrics = yes
"""
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
PROMETHEUS = ("127.0.0.1", 9090)
SCRAPE_CONFIG = """\
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: pktgend
    static_configs:
      - targets: ["127.0.0.1:10478"]
"""


@pytest.fixture
def traffic(pair, run_daemon):
    """A daemon that sends 5000 frames a second from p0 to p1."""
    daemon = run_daemon(pair, CONFIG)
    daemon.call("traffic.start")
    wait_until(lambda: daemon.port("p1")["frames_rx_rate"] > 0)
    return daemon


def families(text):
    """{name: type} as the TYPE lines say."""
    return dict(line.split()[2:4] for line in text.splitlines() if line.startswith("# TYPE"))


def value(text, name, **labels):
    """The value of the one sample with that name that has those labels."""
    wanted = [f'{key}="{word}"' for key, word in labels.items()]
    found = [line.rsplit(" ", 1)[1] for line in text.splitlines()
             if line.split("{")[0].split(" ")[0] == name and all(w in line for w in wanted)]
    assert len(found) == 1, f"{len(found)} samples of {name} {labels}"
    return float(found[0])


def test_text_format_passes_promtool(traffic):
    status, headers, text = traffic.get("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 0 and done.stderr == "", done.stdout + done.stderr


def test_openmetrics_format(traffic):
    status, headers, text = traffic.get("/metrics", Accept=OPENMETRICS)
    assert status == 200
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("\n# EOF\n") and text.count("# EOF") == 1
    counters = [name for name, kind in families(text).items() if kind == "counter"]
    assert "pktgend_tx_packets" in counters
    assert not any(name.endswith("_total") for name in counters)
    assert value(text, "pktgend_tx_packets_total", port="p0") > 0


def test_both_formats_show_the_same(traffic):
    traffic.call("traffic.stop")
    plain = traffic.get("/metrics")[2]
    openmetrics = traffic.get("/metrics", Accept=OPENMETRICS)[2]

    def samples(text):
        return {line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")}

    assert {s for s in samples(plain) if s.startswith("pktgend_")} == \
        {s for s in samples(openmetrics) if s.startswith("pktgend_")}


def test_the_promised_names_are_there(traffic):
    text = traffic.get("/metrics")[2]
    for direction in ("tx", "rx"):
        for name in ("packets_total", "bytes_total", "pps", "mbit_per_second"):
            value(text, f"pktgend_{direction}_{name}", port="p0", backend="packet")
    assert value(text, "pktgend_port_up", port="p0") == 1
    assert value(text, "pktgend_pool_objects_free", port="p0") > 0
    assert 'pktgend_drops_total{' in text and 'reason="' in text
    assert value(text, "pktgend_build_info") == 1
    assert value(text, "process_start_time_seconds") > 1e9
    assert "02:00" not in text  # addresses would be labels without bound


def test_metrics_agree_with_stats(traffic):
    traffic.call("traffic.stop")
    text = traffic.get("/metrics")[2]
    for port in ("p0", "p1"):
        stats = traffic.port(port)
        for key, name in (("frames_tx", "tx_packets"), ("bytes_tx", "tx_bytes"),
                          ("frames_rx", "rx_packets"), ("bytes_rx", "rx_bytes")):
            assert value(text, f"pktgend_{name}_total", port=port) == stats[key]


def test_other_pages(traffic):
    assert traffic.get("/healthz")[0] == 200
    assert traffic.get("/readyz")[0] == 200
    status, headers, text = traffic.get("/")
    assert status == 200 and headers["Content-Type"].startswith("text/html")
    assert "/metrics" in text
    assert traffic.get("/nowhere")[0] == 404


def test_not_ready_while_an_interface_is_missing(namespace, run_daemon):
    daemon = run_daemon(namespace, "[port p0]\nlocation = packet:later0\n")
    assert daemon.get("/healthz")[0] == 200
    assert daemon.get("/readyz")[0] == 503
    namespace.veth("later0", "later1")
    wait_until(lambda: daemon.get("/readyz")[0] == 200, what="/readyz says 200")


def query(daemon, expression):
    """The value of an instant query; None while there is none."""
    path = "/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    try:
        status, _, text = daemon.get(path, address=PROMETHEUS)
    except ConnectionRefusedError:
        return None
    if status != 200:
        return None
    result = json.loads(text)["data"]["result"]
    return float(result[0]["value"][1]) if result else None


@pytest.fixture
def prometheus(traffic, directory):
    """Debian's Prometheus, scraping the daemon of traffic every second."""
    path = f"{directory}/prometheus.yml"
    with open(path, "w", encoding="utf-8") as f:
        f.write(SCRAPE_CONFIG)
    with open(f"{directory}/prometheus.log", "w", encoding="utf-8") as log:
        process = traffic.namespace.popen(
            "prometheus", f"--config.file={path}", f"--storage.tsdb.path={directory}/tsdb",
            "--web.listen-address=%s:%d" % PROMETHEUS, stdout=log, stderr=log)
    yield traffic
    process.terminate()
    process.wait(30)
    with open(f"{directory}/prometheus.log", encoding="utf-8") as log:
        print(log.read())


def test_prometheus_agrees(prometheus):
    """rate() of the counter, the daemon's own gauge and the rate that was asked for are one."""
    wait_until(lambda: query(prometheus, "up") == 1, 60, "Prometheus has scraped the daemon")

    def agree():
        rate = query(prometheus, 'rate(pktgend_tx_packets_total{port="p0"}[10s])')
        gauge = query(prometheus, 'pktgend_tx_pps{port="p0"}')
        return rate and gauge and abs(rate / gauge - 1) < 0.02 and abs(rate / 5000 - 1) < 0.02

    wait_until(agree, 60, "rate() agrees with pktgend_tx_pps within 2 %")
