# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the functional tests: whatever a test makes with them is gone after it."""
import tempfile

import pytest

from harness import PKTGEND
from harness.capture import Capture
from harness.daemon import Daemon
from harness.namespace import Namespace


@pytest.fixture
def directory():
    """A folder for the test; short, since the path of a UNIX socket must be."""
    with tempfile.TemporaryDirectory(prefix="pktgend-test-") as path:
        yield path


@pytest.fixture(scope="session")
def namespaces_work():
    """None, or why no network namespace can be made."""
    try:
        Namespace().close()
    except OSError as error:
        return str(error)
    return None


@pytest.fixture
def make_namespace(namespaces_work):
    """Makes network namespaces."""
    if namespaces_work:
        pytest.skip(namespaces_work)
    made = []

    def make():
        made.append(Namespace())
        return made[-1]

    yield make
    for namespace in made:
        namespace.close()


@pytest.fixture
def namespace(make_namespace):
    return make_namespace()


@pytest.fixture
def pair(namespace):
    """A namespace with a veth pair p0–p1."""
    namespace.veth("p0", "p1")
    return namespace


@pytest.fixture
def make_daemon(directory):
    """Makes daemons, not started yet; each that a test leaves running must end cleanly."""
    made = []

    def make(namespace, config, *arguments, **options):
        made.append(Daemon(namespace, directory, config, *arguments, **options))
        return made[-1]

    yield make
    statuses = [daemon.stop() for daemon in made]
    for daemon in made:
        if daemon.process:
            print(f"log of {PKTGEND} {daemon.config}:\n{daemon.log}")
    assert all(status in (None, 0) for status in statuses), f"exit status {statuses}"


@pytest.fixture
def run_daemon(make_daemon):
    """Starts a daemon: run_daemon(namespace, config, …)."""
    return lambda *arguments, **options: make_daemon(*arguments, **options).start()


@pytest.fixture
def capture(directory):
    """Starts captures: capture(namespace, interface, direction)."""
    started = []

    def start(namespace, interface, direction="in"):
        started.append(Capture(namespace, interface, directory, direction))
        return started[-1]

    yield start
    for each in started:
        each.stop()
