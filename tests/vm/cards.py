# SPDX-License-Identifier: BSD-2-Clause
"""PCI cards of guests, of every kind that pktgend drives, and what makes them usable."""
import collections
import os

CARDS = ["0000:00:08.0", "0000:00:09.0"]
MACS = ["52:54:00:00:00:08", "52:54:00:00:00:09"]

Kind = collections.namedtuple("Kind", "driver options")
VFIO = "iommu_platform=on,disable-legacy=on"
KINDS = {
    "vfio-split": Kind("vfio-pci", f"{VFIO},ats=on"),
    "vfio-packed": Kind("vfio-pci", f"{VFIO},ats=on,packed=on"),
    "vfio-no-ats": Kind("vfio-pci", f"{VFIO},mrg_rxbuf=off"),
    "uio-legacy": Kind("uio_pci_generic", "disable-modern=on"),
    "uio-transitional": Kind("uio_pci_generic", "disable-modern=off,disable-legacy=off"),
    "uio-modern": Kind("uio_pci_generic", "disable-legacy=on"),
    "uio-packed": Kind("uio_pci_generic", "disable-legacy=on,packed=on"),
}
MACHINES = {
    "vfio-pci": {"machine": "q35,kernel-irqchip=split", "memory": 1024, "append": "intel_iommu=on"},
    "uio_pci_generic": {"machine": "q35", "append": "hugepages=64"},
}
IOMMU = ["-device", "intel-iommu,intremap=on,caching-mode=on,device-iotlb=on"]


def machine(driver):
    """(arguments of QEMU that come before the cards, options of the guest)"""
    return IOMMU if driver == "vfio-pci" else [], MACHINES[driver]


def back_to_back(directory, options):
    """Arguments of QEMU for the two cards."""
    arguments = []
    for i, other in ((0, 1), (1, 0)):
        own, its = (os.path.join(directory, f"wire{n}") for n in (i, other))
        arguments += [
            "-netdev", f"dgram,id=n{i},local.type=unix,local.path={own},"
            f"remote.type=unix,remote.path={its}",
            "-device", f"virtio-net-pci,netdev=n{i},mac={MACS[i]},addr=0x{8 + i},{options}"]
    return arguments


def bind(guest, driver, *cards):
    """What the administrator does: pktgend itself never binds a driver."""
    guest.run(f"modprobe {driver}" + (" && modprobe vfio_iommu_type1" if "vfio" in driver else ""))
    for card in cards:
        guest.run(f"""
            device=/sys/bus/pci/devices/{card}
            echo {driver} >$device/driver_override
            [ ! -e $device/driver ] || echo {card} >$device/driver/unbind
            echo {card} >/sys/bus/pci/drivers_probe
            [ "$(basename "$(readlink $device/driver)")" = {driver} ]""")
