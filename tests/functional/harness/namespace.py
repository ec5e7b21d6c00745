# SPDX-License-Identifier: BSD-2-Clause
"""Network namespaces with interfaces of their own.

A namespace lives as long as its holder, a process that waits on a pipe from here: when this process
ends, however it ends, the pipe closes, the holder goes and the kernel removes all that was in it.
"""
import ctypes
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import threading

from . import wait_until

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000

# IPv6 is off, so that no frame appears that a test did not ask for.
HOLDER = """
mount -t sysfs sysfs /sys 2>/dev/null
for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do
    [ ! -w $f ] || echo 1 >$f
done
ip link set lo up && echo ready && exec cat
"""


class Namespace:
    def __init__(self):
        command = ["unshare", "--net", "--mount", "--", "sh", "-c", HOLDER]
        self.holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            reason = self.holder.communicate()[1].strip()
            raise OSError(f"no network namespace can be made here: {reason}")
        self.pid = self.holder.pid

    def close(self):
        self.holder.communicate()

    def command(self, *command):
        """The command line that runs command in here, in the same process."""
        return ["nsenter", f"--target={self.pid}", "--net", "--mount", "--wd=/", "--", *command]

    def run(self, *command, **options):
        """Runs a command to its end; its output is in the result's stdout, as text."""
        options = {"check": True, "stdout": subprocess.PIPE, "text": True, "timeout": 60, **options}
        return subprocess.run(self.command(*command), **options)

    def popen(self, *command, **options):
        return subprocess.Popen(self.command(*command), **options)

    def call(self, function, *arguments):
        """function(*arguments) in a thread that has moved in here: for sockets and devices."""
        results = []

        def enter_and_call():
            try:
                with open(f"/proc/{self.pid}/ns/net", "rb") as net:
                    libc = ctypes.CDLL(None, use_errno=True)
                    if libc.setns(net.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
                results.append((function(*arguments), None))
            except Exception as error:  # handed to the caller
                results.append((None, error))

        thread = threading.Thread(target=enter_and_call)
        thread.start()
        thread.join()
        value, error = results[0]
        if error:
            raise error
        return value

    def socket(self, *arguments):
        return self.call(socket.socket, *arguments)

    # Interfaces. All are up when they are returned.

    def ip(self, *arguments):
        self.run("ip", *arguments)

    def up(self, *names):
        for name in names:
            self.ip("link", "set", "dev", name, "up")

    def down(self, *names):
        for name in names:
            self.ip("link", "set", "dev", name, "down")

    def delete(self, name):
        self.ip("link", "delete", "dev", name)

    def veth(self, name, peer_name, peer=None, mtu=1500):
        """A pair; its other end is in the namespace peer, or in here too."""
        other = peer or self
        self.ip("link", "add", name, "mtu", str(mtu), "type", "veth",
                "peer", "name", peer_name, "mtu", str(mtu), "netns", str(other.pid))
        other.up(peer_name)
        self.up(name)
        wait_until(lambda: self.has_carrier(name), what=f"carrier on {name}")

    def bridge(self, name, *members):
        self.ip("link", "add", name, "type", "bridge", "mcast_snooping", "0")
        for member in members:
            self.ip("link", "set", "dev", member, "master", name)
        self.up(name)

    def macvlan(self, name, parent):
        self.ip("link", "add", name, "link", parent, "type", "macvlan", "mode", "bridge")
        self.up(name)

    def tap(self, name):
        """A TAP interface whose other side is the returned Tap; it goes when that is closed."""
        tap = self.call(Tap, name)
        self.up(name)
        return tap

    def link(self, name):
        """What `ip link` knows of an interface."""
        return json.loads(self.run("ip", "-j", "-s", "-d", "link", "show", "dev", name).stdout)[0]

    def has_carrier(self, name):
        return "LOWER_UP" in self.link(name)["flags"]

    def counters(self, name):
        """The kernel's counters: {"rx": {"packets", "bytes", "dropped", …}, "tx": {…}}."""
        return self.link(name)["stats64"]


class Here:
    """Stands for a network namespace where none is needed."""

    @staticmethod
    def command(*command):
        return list(command)


class Tap:
    """The far side of a TAP interface: what is written here, the interface receives."""

    def __init__(self, name):
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        request = struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI)
        fcntl.ioctl(self.fd, TUNSETIFF, request)

    def write(self, frame):
        os.write(self.fd, frame)

    def read(self, timeout=5):
        """The next frame that the interface sends; None when there is none in time."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        return os.read(self.fd, 65536) if ready else None

    def close(self):
        os.close(self.fd)
