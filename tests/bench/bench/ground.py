# SPDX-License-Identifier: BSD-2-Clause
"""Namespaces, links and processes. Nothing of them outlives the program, whatever ends it.

isolate() moves the program into process and mount namespaces of its own, with a fresh /run. It is
process 1 there, so the kernel ends all that it started when it ends; named network namespaces,
sockets and scratch files live under that /run and vanish with it.
"""
import ctypes
import os
import re
import signal
import subprocess
import sys

CLONE_NEWNS, CLONE_NEWPID = 0x20000, 0x20000000
PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SCRATCH = "/run/bench"

# The two ends of the link, each in a network namespace of the name.
NEAR, FAR = "near", "far"
NEAR_IF, FAR_IF, IFB_IF = "a0", "b0", "ifb0"
NEAR_MAC, FAR_MAC = "02:00:00:00:00:0a", "02:00:00:00:00:0b"


class MeasureError(Exception):
    """Something could not be measured; the text says what and why."""


def cpus():
    """The processor that does the work, and another one for all else."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[-1], usable[0]


def interrupt(_number, _frame):
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def pressure_us():
    """How long some task has waited for a processor since the machine began (PSI); 0: unknown."""
    try:
        with open("/proc/pressure/cpu", encoding="ascii") as file:
            return int(file.readline().split("total=")[1])
    except OSError:
        return 0


def wait_for(child):
    """The parent's whole life: it passes signals on and ends as the child does."""
    for number in SIGNALS:
        signal.signal(number, lambda number, _frame: os.kill(child, number))
    status = os.waitpid(child, 0)[1]
    sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1)


def take_precedence():
    """Other work makes way, where the kernel groups tasks by session (sched(7)) and where not."""
    os.nice(-20)
    try:
        with open("/proc/self/autogroup", "w", encoding="ascii") as file:
            file.write("-20")
    except OSError:
        pass


def isolate():
    """Goes on as process 1 of a process namespace of its own. Needs root.

    What it starts goes before other work, all of it alike; on a machine at rest that is no matter.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0:
        raise MeasureError("network namespaces and XDP programs need root")
    if len(os.sched_getaffinity(0)) < 2:
        raise MeasureError("a sender and a receiver need two processors")
    if libc.unshare(CLONE_NEWNS | CLONE_NEWPID) != 0:
        raise MeasureError(f"namespaces: {os.strerror(ctypes.get_errno())}")
    child = os.fork()
    if child:
        wait_for(child)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    for number in SIGNALS:
        signal.signal(number, interrupt)
    command("mount", "--make-rprivate", "/")
    command("mount", "-t", "proc", "proc", "/proc")
    command("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run")
    os.mkdir(SCRATCH)
    take_precedence()


def command(*words):
    """Runs a command to its end and returns what it printed."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise MeasureError(f"{words[0]} is not installed") from None
    if done.returncode != 0:
        raise MeasureError(f"{' '.join(words)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


class HugePages:
    """Sees to it that so many huge pages are free, and gives back what it took; a context manager.

    there is False where they cannot be had.
    """

    TOTAL, DIRECTORY = "/proc/sys/vm/nr_hugepages", "/run/hugepages"

    def __init__(self, wanted):
        self.wanted = wanted
        self.before = None
        self.there = False

    @staticmethod
    def _read(path):
        with open(path, encoding="ascii") as file:
            return file.read()

    def _free(self):
        return int(re.search(r"HugePages_Free:\s*(\d+)", self._read("/proc/meminfo"))[1])

    def _set_total(self, pages):
        with open(self.TOTAL, "w", encoding="ascii") as file:
            file.write(str(pages))

    def __enter__(self):
        try:
            total = int(self._read(self.TOTAL))
            if self._free() < self.wanted:
                self.before = total
                self._set_total(total + self.wanted - self._free())
            os.makedirs(self.DIRECTORY, exist_ok=True)
            command("mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", self.DIRECTORY)
            self.there = self._free() >= self.wanted
        except (OSError, MeasureError):
            pass
        return self

    def __exit__(self, *_exception):
        if self.before is not None:
            self._set_total(self.before)


class Process(subprocess.Popen):
    """A program in a network namespace. It leads a group, which close() ends as a whole."""

    def __init__(self, namespace, words, **options):
        self.words = words
        super().__init__(["ip", "netns", "exec", namespace, *map(str, words)], text=True,
                         stdin=subprocess.PIPE, process_group=0, **options)

    def close(self, number=signal.SIGINT):
        """Ends it, by force if it takes longer than three seconds. Returns the exit status."""
        try:
            self.send_signal(number)
            self.wait(3)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.pid, signal.SIGKILL)  # also children that outlive their parent
        except ProcessLookupError:
            pass
        self.stdin.close()
        return self.wait()


class Ground:
    """Two network namespaces and a veth pair between them; a context manager."""

    def __init__(self, builddir):
        self.builddir = builddir
        self.processes = []

    def __enter__(self):
        for name in (NEAR, FAR):
            command("ip", "netns", "add", name)
            self.inside(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                        "net.ipv6.conf.default.disable_ipv6=1")
        command("ip", "link", "add", NEAR_IF, "netns", NEAR, "address", NEAR_MAC, "type", "veth",
                "peer", "name", FAR_IF, "address", FAR_MAC, "netns", FAR)
        for name, interface in ((NEAR, NEAR_IF), (FAR, FAR_IF)):
            command("ip", "-n", name, "link", "set", interface, "up")
        return self

    def __exit__(self, *_exception):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.close()
        for name in (NEAR, FAR):
            subprocess.run(["ip", "netns", "del", name], check=False)

    def inside(self, namespace, *words):
        """Runs a command in a namespace and returns what it printed."""
        return command("ip", "netns", "exec", namespace, *map(str, words))

    def start(self, namespace, *words, **options):
        """Starts a program in a namespace; it ends with the ground at the latest."""
        try:
            process = Process(namespace, words, **options)
        except OSError as error:
            raise MeasureError(f"{words[0]}: {error}") from error
        self.processes.append(process)
        return process

    def tool(self, name):
        """The path of a tool of the benchmark's own."""
        return os.path.join(self.builddir, "tests/bench", name)
