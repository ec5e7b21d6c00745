# SPDX-License-Identifier: BSD-2-Clause
"""A guest under QEMU's software emulation, and pktgend in it.

A guest is a process of the host: it ends with Guest.stop(), or when a command in it takes too long.
Commands go to guest/init over a serial line. Everything that a guest can reach is the test's own.
"""
import base64
import json
import os
import select
import shlex
import socket
import subprocess
import time

from harness import wait_until
from harness.daemon import Remote

QEMU = "qemu-system-x86_64"
# One host thread for both of the guest's processors: with a thread for each, the QEMU of Debian 12
# loses against a kernel that patches its own code, about once in ten boots ("Oops: int3").
ACCELERATOR = "tcg,thread=single"
BOOT_TIMEOUT = 120
COMMAND_TIMEOUT = 60
KERNEL_ARGUMENTS = ("console=ttyS0 quiet panic=-1 tsc=reliable mitigations=off nokaslr "
                    "random.trust_cpu=on ipv6.disable=1")


class Guest:
    """A booted guest. devices are arguments of QEMU, which runs in the namespace when one is given;
    append goes to the kernel's command line."""

    def __init__(self, directory, kernel, initramfs, *devices, machine="q35", memory=512,
                 append="", namespace=None):
        self.console_path = os.path.join(directory, "console.log")
        path = os.path.join(directory, "agent.sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        command = [
            QEMU, "-accel", ACCELERATOR, "-machine", machine, "-cpu", "max", "-smp", "2",
            "-m", str(memory), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", kernel.vmlinux, "-initrd", initramfs,
            "-append", f"{KERNEL_ARGUMENTS} {append}",
            "-serial", f"file:{self.console_path}", "-serial", f"unix:{path}", *devices]
        if namespace:
            command = namespace.command(*command)
        with open(os.path.join(directory, "qemu.log"), "wb") as log:
            self.log_path = log.name
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        self.line = self._accept(listener)
        self.pending = b""
        self.kernel_version = self._answer(BOOT_TIMEOUT).stdout.strip()

    def _accept(self, listener):
        """The connection that QEMU makes as soon as it starts."""
        with listener:
            wait_until(lambda: select.select([listener], [], [], 0.1)[0] or not self.is_running(),
                       what="QEMU starts")
            assert self.is_running(), f"QEMU does not start: {self.log}"
            return listener.accept()[0]

    def is_running(self):
        return self.process.poll() is None

    @property
    def log(self):
        """What QEMU and the guest's kernel said."""
        texts = []
        for path in (self.log_path, self.console_path):
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    texts.append(f.read())
        return "".join(texts)

    def stop(self):
        """Ends the guest as if its power failed."""
        self.process.kill()
        self.process.wait()
        self.line.close()

    # Commands

    def _read(self, is_complete, deadline):
        while not is_complete(self.pending):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.line], [], [], left)[0]:
                self.stop()
                raise AssertionError(f"the guest did not answer in time:\n{self.log}")
            data = self.line.recv(1 << 16)
            if not data:
                self.process.wait()
                raise AssertionError(f"the guest is gone:\n{self.log}")
            self.pending += data

    def _answer(self, timeout):
        deadline = time.monotonic() + timeout
        self._read(lambda data: b"\n" in data, deadline)
        head, self.pending = self.pending.split(b"\n", 1)
        status, out, err = map(int, head.split())
        self._read(lambda data: len(data) >= out + err, deadline)
        data, self.pending = self.pending[:out + err], self.pending[out + err:]
        return subprocess.CompletedProcess(None, status, data[:out], data[out:])

    def run(self, command, check=True, timeout=COMMAND_TIMEOUT, text=True):
        """Runs lines of shell to their end; what they printed is in the result."""
        self.line.sendall(base64.b64encode(command.encode()) + b"\n")
        done = self._answer(timeout)
        if text:
            done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == 0 or not check, \
            f"in the guest: {command}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def write(self, path, text):
        self.run(f"cat >{path} <<'END-OF-FILE'\n{text}\nEND-OF-FILE")

    def read(self, path):
        """The bytes of a file in the guest."""
        return self.run(f"cat {path}", text=False).stdout

    def start(self, command, name, namespace=None):
        """Starts a program; what it prints goes to /tmp/NAME.log in the guest."""
        enter = f"ip netns exec {namespace} " if namespace else ""
        self.run(f"""
            rm -f /tmp/{name}.status
            {{
                sh -c 'echo $$ >/tmp/{name}.pid; exec {enter}{command}'
                echo $? >/tmp/{name}.new && mv /tmp/{name}.new /tmp/{name}.status
            }} >>/tmp/{name}.log 2>&1 &""")

    def wait_log(self, name, text):
        """Waits until a program that start() started has printed text."""
        log = f"/tmp/{name}.log"
        done = self.run(f"""
            until grep -q '{text}' {log}; do
                [ ! -e /tmp/{name}.status ] || exit 1
                sleep 0.05
            done""", check=False)
        assert done.returncode == 0, f"{name} ended:\n{self.run(f'cat {log}').stdout}"

    def end(self, name, signal="TERM"):
        """Ends a program that start() started; its exit status."""
        return int(self.run(f"""
            kill -{signal} $(cat /tmp/{name}.pid) 2>/dev/null
            until [ -e /tmp/{name}.status ]; do sleep 0.02; done
            cat /tmp/{name}.status""").stdout)

    # Interfaces

    def counters(self, name, namespace=None):
        """The kernel's counters, as harness.namespace.Namespace.counters() has them."""
        where = f"-n {namespace} " if namespace else ""
        output = self.run(f"ip {where}-j -s link show dev {name}").stdout
        return json.loads(output)[0]["stats64"]


class GuestDaemon(Remote):
    """pktgend in a guest, and in one of the guest's network namespaces when that is named."""

    def __init__(self, guest, config, name="pktgend", namespace=None):
        self.guest = guest
        self.name = name
        self.namespace = namespace
        self.socket = f"/run/{name}.sock"
        self.status = None  # how it ended
        guest.write(f"/tmp/{name}.conf", config)

    @property
    def log(self):
        if not self.guest.is_running():
            return "gone with the guest"
        return self.guest.run(f"cat /tmp/{self.name}.log").stdout

    def start(self):
        """Starts it; it answers on the control socket when this returns."""
        self.status = None
        self.guest.start(f"pktgend -c /tmp/{self.name}.conf -s {self.socket}", self.name,
                         self.namespace)
        done = self.guest.run(f"""
            until pktgenctl -s {self.socket} version >/dev/null 2>&1; do
                [ ! -e /tmp/{self.name}.status ] || exit 1
                sleep 0.05
            done""", check=False)
        assert done.returncode == 0, f"pktgend does not start in the guest; its log:\n{self.log}"
        return self

    def stop(self, signal="TERM"):
        """Ends the daemon as systemd would, unless it has ended. The exit status; None when it went
        with its guest."""
        if self.status is None and self.guest.is_running():
            self.status = self.guest.end(self.name, signal)
        return self.status

    def kill(self):
        """Ends it as the kernel would; start() starts it again."""
        self.stop("KILL")

    def ctl(self, *arguments, status=0):
        """Runs pktgenctl in the guest; its exit status must be status."""
        command = f"pktgenctl -s {self.socket} {shlex.join(arguments)}"
        done = self.guest.run(command, check=False)
        assert done.returncode == status, \
            f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}\n{self.log}"
        return done

    def call(self, method, **params):
        return json.loads(self.ctl("--json", "call", method, json.dumps(params)).stdout)
