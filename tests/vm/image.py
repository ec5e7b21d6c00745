# SPDX-License-Identifier: BSD-2-Clause
"""The kernel and the initramfs of the guests.

The kernel is Debian's from bookworm-backports: newer than the machine's own, so it has netkit and
whatever a test must not load on the host. It is fetched and unpacked once, into build/vm at the top
of the tree, and used from there ever after, without a network. Nothing is installed and no setting
of the machine's apt is touched.

The initramfs has busybox, dash, a few programs and pktgend itself with the libraries that they
need, and some modules of that kernel. It is made anew for each run of the tests, in less time than
it takes to find out whether that is needed.
"""
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "vm")
SOURCE = ("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
          "http://deb.debian.org/debian bookworm-backports main\n")
PACKAGE = re.compile(r"linux-image-(6\.12\.\d+)\+deb12-amd64")
FETCH_TIMEOUT = 300

# With what they depend on. What the kernel has built in is passed over.
MODULES = ["virtio_net", "vhost_net", "tun", "vfio-pci", "vfio_iommu_type1", "uio_pci_generic",
           "veth", "pktgen"]
PROGRAMS = ["/bin/dash", "/sbin/ip", "/sbin/ethtool"]
BUILT = ["pktgend", "pktgenctl", "tests/vm/guest/netkit-count"]
BUSYBOX = "/bin/busybox"  # statically linked, as Debian's busybox-static has it


class Unavailable(Exception):
    """There can be no guest here; the text says why."""


def _run(*command, **options):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True,
                              timeout=FETCH_TIMEOUT, **options).stdout
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"no end within {FETCH_TIMEOUT} s: {' '.join(command)}") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or [f"exit status {error.returncode}"]
        raise Unavailable(f"{' '.join(command[:1] + command[-2:])}: {lines[-1]}") from None


# The kernel

def _fetch_package(folder):
    """Downloads the newest kernel package into folder; its path."""
    sources = os.path.join(folder, "sources.list")
    with open(sources, "w", encoding="utf-8") as f:
        f.write(SOURCE)
    for name in ("lists/partial", "cache"):
        os.makedirs(os.path.join(folder, name))
    options = [f"-oDir::Etc::SourceList={sources}", "-oDir::Etc::SourceParts=-",
               f"-oDir::State::Lists={folder}/lists", f"-oDir::Cache={folder}/cache",
               "-oAPT::Sandbox::User=root", "-oAPT::Update::Error-Mode=any"]
    _run("apt-get", *options, "-q", "update")
    found = PACKAGE.findall(_run("apt-cache", *options, "pkgnames", "linux-image-6.12."))
    if not found:
        raise Unavailable("bookworm-backports has no linux-image-6.12.*+deb12-amd64")
    version = max(found, key=lambda v: [int(part) for part in v.split(".")])
    _run("apt-get", *options, "-q", "download", f"linux-image-{version}+deb12-amd64", cwd=folder)
    return next(e.path for e in os.scandir(folder) if e.name.endswith(".deb"))


def _extract_vmlinux(bz_image):
    """The kernel in a bzImage; where it is stands in the setup header (x86/boot in the kernel's
    Documentation: setup_sects, payload_offset, payload_length). Its last 4 bytes are its size."""
    start = (bz_image[0x1F1] + 1) * 512 + int.from_bytes(bz_image[0x248:0x24C], "little")
    length = int.from_bytes(bz_image[0x24C:0x250], "little")
    payload = bz_image[start:start + length - 4]
    return subprocess.run(["zstd", "-qdc"], input=payload, check=True, capture_output=True).stdout


def _fetch_kernel():
    """Makes the folder CACHE/kernel: vmlinux and modules. Complete or not at all."""
    for program in ("apt-get", "dpkg", "zstd"):
        if not shutil.which(program):
            raise Unavailable(f"{program} is not installed, which the kernel package needs")
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="fetch-") as folder:
        tree = os.path.join(folder, "tree")
        _run("dpkg", "-x", _fetch_package(folder), tree)
        version = os.listdir(os.path.join(tree, "lib/modules"))[0]
        os.rename(os.path.join(tree, "lib/modules", version), os.path.join(folder, "kernel"))
        with open(os.path.join(tree, f"boot/vmlinuz-{version}"), "rb") as f:
            vmlinux = _extract_vmlinux(f.read())
        with open(os.path.join(folder, "kernel/vmlinux"), "wb") as f:
            f.write(vmlinux)
        with open(os.path.join(folder, "kernel/version"), "w", encoding="utf-8") as f:
            f.write(version)
        os.rename(os.path.join(folder, "kernel"), os.path.join(CACHE, "kernel"))


class Kernel:
    """The unpacked package, fetched when it isn't there yet."""

    def __init__(self):
        self.folder = os.path.join(CACHE, "kernel")
        if not os.path.isdir(self.folder):
            _fetch_kernel()
        self.vmlinux = os.path.join(self.folder, "vmlinux")
        with open(os.path.join(self.folder, "version"), encoding="utf-8") as f:
            self.version = f.read()
        with open(os.path.join(self.folder, "modules.builtin"), encoding="utf-8") as f:
            self.builtin = {self._name(line.strip()) for line in f}
        self.paths = {self._name(name): os.path.join(folder, name)
                      for folder, _, names in os.walk(self.folder) for name in names
                      if ".ko" in name}

    @staticmethod
    def _name(path):
        return os.path.basename(path).split(".ko")[0].replace("-", "_")

    def load(self, names):
        """{name: (ELF image, names of the modules it needs)} for modules and all they need."""
        loaded, wanted = {}, [self._name(name) for name in names]
        while wanted:
            name = wanted.pop()
            if name in loaded or name in self.builtin:
                continue
            with lzma.open(self.paths[name]) as f:
                elf = f.read()
            needs = re.search(rb"\0depends=([^\0]*)\0", elf)[1].decode().split(",")
            loaded[name] = elf, [self._name(need) for need in needs if need]
            wanted += loaded[name][1]
        return loaded


# The initramfs

class Cpio:
    """An archive in the format "newc" (the kernel's Documentation: initramfs buffer format)."""

    def __init__(self):
        self.parts = []
        self.names = set()

    def _add(self, name, mode, data):
        for folder in self._parents(name):
            self._add(folder, 0o40755, b"")
        self.names.add(name)
        path = name.encode() + b"\0"
        fields = [len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0]
        self.parts += [b"070701" + b"".join(b"%08x" % field for field in fields) + path,
                       b"\0" * (-(110 + len(path)) % 4), data, b"\0" * (-len(data) % 4)]

    def _parents(self, name):
        folder = os.path.dirname(name)
        return [folder] if folder and folder not in self.names else []

    def file(self, name, data, mode=0o644):
        if name.lstrip("/") not in self.names:
            self._add(name.lstrip("/"), 0o100000 | mode, data)

    def copy(self, path, name=None):
        with open(path, "rb") as f:
            self.file(name or path, f.read(), 0o755)

    def link(self, name, target):
        self._add(name.lstrip("/"), 0o120777, target.encode())

    def folder(self, name):
        self._add(name.lstrip("/"), 0o40755, b"")

    def write(self, path):
        self._add("TRAILER!!!", 0, b"")
        with open(path, "wb") as f:
            f.writelines(self.parts)


def _libraries(program):
    """What the program is linked with, as ldd names it."""
    return re.findall(r"(/\S+) \(0x", _run("ldd", program))


def _add_programs(cpio, programs):
    for name in ("bin", "sbin", "lib", "lib64"):
        cpio.folder(f"usr/{name}")
        cpio.link(name, f"usr/{name}")
    libraries = {}  # one of a name is enough, since that is what a program asks for
    for path, name in programs.items():
        if not os.path.exists(path):
            raise Unavailable(f"{path} is not installed")
        cpio.copy(path, _merged(name))
        libraries |= {os.path.basename(library): library
                      for library in _libraries(path) if _merged(library) not in cpio.names}
    for library in libraries.values():
        cpio.copy(library, _merged(library))


def _merged(path):
    """Where a file is in a merged /usr, without the first slash."""
    return f"usr/{path.removeprefix('/usr').lstrip('/')}"


def _add_modules(cpio, kernel):
    folder = f"usr/lib/modules/{kernel.version}"
    modules = kernel.load(MODULES)

    def closure(name):
        needs = modules[name][1]
        return needs + [n for need in needs for n in closure(need)]

    for name, (elf, _) in modules.items():
        cpio.file(f"{folder}/{name}.ko", elf)
    lines = (f"{name}.ko: {' '.join(f'{n}.ko' for n in closure(name))}\n" for name in modules)
    cpio.file(f"{folder}/modules.dep", "".join(lines).encode())


def write_initramfs(path, kernel, build, more=()):
    """Writes the initramfs with the programs of the build folder, and with more."""
    cpio = Cpio()
    programs = {program: program for program in (*PROGRAMS, *more)}
    programs |= {os.path.join(build, name): f"/bin/{os.path.basename(name)}" for name in BUILT}
    _add_programs(cpio, programs)
    cpio.link("usr/bin/sh", "dash")
    cpio.copy(BUSYBOX, "/usr/bin/busybox")
    cpio.copy(os.path.join(HERE, "guest", "init"), "init")
    _add_modules(cpio, kernel)
    cpio.write(path)


if __name__ == "__main__":
    try:
        Kernel()
    except Unavailable as reason:
        sys.exit(f"no kernel for guests: {reason}")
