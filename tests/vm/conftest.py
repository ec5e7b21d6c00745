# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the tests in guests: whatever a test makes with them is gone after it."""
import os
import shutil
import subprocess
import tempfile

import pytest

import image
from guest import QEMU, Guest, GuestDaemon
from harness import BUILD, PKTGEND
from harness.daemon import Daemon
from harness.namespace import Namespace


@pytest.fixture(scope="session")
def room():
    """The kernel and the initramfs; without them the tests are skipped, and say why."""
    if not shutil.which(QEMU):
        pytest.skip(f"{QEMU} is not installed")
    with tempfile.TemporaryDirectory(prefix="pktgend-vm-") as path:
        initramfs = os.path.join(path, "initramfs.cpio")
        try:
            kernel = image.Kernel()
            image.write_initramfs(initramfs, kernel, BUILD)
        except image.Unavailable as reason:
            pytest.skip(str(reason))
        yield kernel, initramfs


@pytest.fixture(scope="session")
def require_backend():
    """Skips the test when the pktgend under test was built without a backend."""
    def require(word):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
            config.write(f"[port p0]\nlocation = {word}:x\n")
            config.flush()
            done = subprocess.run([PKTGEND, "--check-config", "-c", config.name],
                                  capture_output=True, text=True)
        if "no backend is called" in done.stderr:
            pytest.skip(f"this build has no backend {word}")
    return require


@pytest.fixture
def directory():
    """A folder for the test; short, since the path of a UNIX socket must be."""
    with tempfile.TemporaryDirectory(prefix="pktgend-test-") as path:
        yield path


@pytest.fixture
def boot(room, directory):
    """Boots guests: boot(*devices, machine=…, memory=…, append=…)."""
    booted = []

    def start(*devices, **options):
        folder = os.path.join(directory, f"guest{len(booted)}")
        os.mkdir(folder)
        booted.append(Guest(folder, *room, *devices, **options))
        return booted[-1]

    yield start
    for guest in booted:
        guest.stop()
        print(f"console of the guest:\n{guest.log}")


@pytest.fixture
def run_daemon():
    """Starts daemons in guests: run_daemon(guest, config, …)."""
    started = []

    def run(*arguments, **options):
        started.append(GuestDaemon(*arguments, **options).start())
        return started[-1]

    yield run
    statuses = [daemon.stop() for daemon in started]
    for daemon in started:
        print(f"log of {daemon.name} in the guest:\n{daemon.log}")
    assert not any(statuses), f"exit status {statuses}"


@pytest.fixture
def run_host_daemon(directory):
    """Starts daemons on the host, in a network namespace without any interface or in the given."""
    started, made = [], []

    def run(config, namespace=None):
        if not namespace:
            namespace = Namespace()
            made.append(namespace)
        started.append(Daemon(namespace, directory, config, name=f"host{len(started)}"))
        return started[-1].start()

    yield run
    statuses = [daemon.stop() for daemon in started]
    for namespace in made:
        namespace.close()
    for daemon in started:
        print(f"log of pktgend on the host:\n{daemon.log}")
    assert all(status in (None, 0) for status in statuses), f"exit status {statuses}"
