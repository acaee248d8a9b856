"""Walks the tree by its own system calls, as a device plugin does, and hears uevents on a netlink socket while it changes things.

What it finds wrong is an AssertionError or an OSError; the exit status is 0 when nothing is. Nothing of libudev is used.
"""

import os
import re
import socket
import stat
import struct
import threading

AP = "/sys/bus/ap"
CARDS = "/sys/devices/ap"
MATRIX = "/sys/devices/vfio_ap/matrix"
CREATE = MATRIX + "/mdev_supported_types/vfio_ap-passthrough/create"
CONTROL = "/sys/kernel/debug/apmatrix"
UUID = "669d9b23-fe1b-4ecb-be08-a2fabca99b71"
DOMAINS = "0004", "0047", "00ab", "00ff"


def read(path, dir_fd=None):
    """All that a file holds, in reads of a page."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        parts = []
        while part := os.read(fd, 4096):
            parts.append(part)
        return b"".join(parts).decode()
    finally:
        os.close(fd)


def write(path, text):
    """One write, which the kernel takes whole."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        assert os.write(fd, text.encode()) == len(text), path
    finally:
        os.close(fd)


def last_name(link):
    return os.path.basename(os.readlink(link))


# The walk


def walk(path):
    """Every file below a directory, by openat, getdents and fstatat; of each the path and, where it can be read, the text."""
    files = {}
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                below = path + "/" + entry.name
                status = os.stat(entry.name, dir_fd=fd, follow_symlinks=False)
                # what getdents says of the kind, lstat says
                assert entry.is_dir(follow_symlinks=False) == stat.S_ISDIR(status.st_mode), below
                assert entry.is_symlink() == stat.S_ISLNK(status.st_mode), below
                assert entry.inode() == status.st_ino, below
                if entry.is_symlink():
                    # every link leads somewhere, and to where its text says
                    target = os.path.normpath(path + "/" + os.readlink(entry.name, dir_fd=fd))
                    assert os.path.samestat(os.stat(below), os.stat(target)), below
                elif entry.is_dir():
                    files |= walk(below)
                else:
                    assert status.st_size == 4096 and status.st_uid == 0, below
                    files[below] = read(entry.name, dir_fd=fd) if status.st_mode & 0o444 else None
    finally:
        os.close(fd)
    return files


def plugin():
    """What a device plugin offers: for each matrix device its UUID, its queues, and the node to give to a guest."""
    found = []
    with os.scandir(MATRIX) as entries:
        for entry in entries:
            if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", entry.name):
                continue
            assert last_name(entry.path + "/driver") == "vfio_ap_mdev"
            group = last_name(entry.path + "/iommu_group")
            node = "/dev/vfio/" + group
            status = os.stat(node)
            assert stat.S_ISCHR(status.st_mode), node
            number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}\n"
            assert number == read(f"/sys/class/vfio/{group}/dev"), node
            assert os.path.samefile(f"/sys/kernel/iommu_groups/{group}/devices/{entry.name}", entry.path)
            found.append((entry.name, read(entry.path + "/matrix").split(), node))
    return found


# Uevents


class Uevents:
    """A netlink socket. Group 1 has the kernel's messages, group 2 those of udev."""

    KERNEL, UDEV = 1, 2
    # of the headers of Linux, where this Python has no names for them
    NETLINK_KOBJECT_UEVENT, SO_PASSCRED, SCM_CREDENTIALS = 15, 16, 2

    def __init__(self, group):
        self.group = group
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, self.NETLINK_KOBJECT_UEVENT)
        self.socket.setsockopt(socket.SOL_SOCKET, self.SO_PASSCRED, 1)
        self.socket.bind((0, group))
        self.socket.settimeout(10)

    def next(self):
        """The next event of the emulated machine, as a dictionary; the host's own may come between."""
        while True:
            message, ancillary, _, (_, group) = self.socket.recvmsg(8192, socket.CMSG_SPACE(12))
            assert group == self.group
            credentials = [data for level, kind, data in ancillary if (level, kind) == (socket.SOL_SOCKET, self.SCM_CREDENTIALS)]
            assert struct.unpack("3i", credentials[0])[1] == 0, "a message that is not root's"
            event = self.properties(message)
            if event["DEVPATH"].startswith(("/devices/ap", "/devices/vfio_ap", "/devices/virtual/vfio")):
                return event

    def properties(self, message):
        if self.group == self.KERNEL:
            head, *words = message.decode().split("\0")[:-1]
        else:
            # in front are a name, a magic number, and where the properties are
            name, (magic,) = message[:8], struct.unpack_from(">I", message, 8)
            assert name == b"libudev\0" and magic == 0xFEEDCAFE, message
            _, offset, length = struct.unpack_from("3I", message, 12)
            head, words = None, message[offset : offset + length].decode().split("\0")[:-1]
        event = dict(word.split("=", 1) for word in words)
        assert head in (None, event["ACTION"] + "@" + event["DEVPATH"]), head
        return event


kernel, udev = Uevents(Uevents.KERNEL), Uevents(Uevents.UDEV)
seen = 0


def expect(change, *expected):
    """Makes a change, and expects these events: (action, path below /sys/devices, what the tree shows by then)."""
    global seen
    errors = []

    def make():
        try:
            change()
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    for action, path, shown in expected:
        event = kernel.next()
        assert (event["ACTION"], event["DEVPATH"]) == (action, "/devices/" + path), f"{event} instead of {action} {path}"
        # whoever hears of it finds it done
        assert shown(event), f"the tree does not show yet: {event}"
        assert int(event["SEQNUM"]) > seen, event
        seen = int(event["SEQNUM"])
        # udev says the same, and of a node the whole path
        told = udev.next()
        same = event | {"DEVNAME": "/dev/" + event["DEVNAME"]} if "DEVNAME" in event else event
        assert same.items() <= told.items(), f"{told} instead of {same}"
    thread.join()
    assert not errors, errors


def is_there(event):
    return os.path.isdir("/sys" + event["DEVPATH"])


def is_gone(event):
    return not os.path.lexists("/sys" + event["DEVPATH"])


def has_node(event):
    status = os.stat("/dev/" + event["DEVNAME"])
    return is_there(event) and (os.major(status.st_rdev), os.minor(status.st_rdev)) == (int(event["MAJOR"]), int(event["MINOR"]))


def has_no_node(event):
    return is_gone(event) and not os.path.lexists("/dev/" + event["DEVNAME"])


def bound(driver):
    return lambda event: event["DRIVER"] == driver == last_name("/sys" + event["DEVPATH"] + "/driver")


def unbound(event):
    return "DRIVER" not in event


def deconfigured(event):
    return event["CONFIG"] + "\n" == "0\n" == read("/sys" + event["DEVPATH"] + "/config")


def complete(event):
    return event["BINDINGS"] == "complete" and read(AP + "/bindings").endswith("(complete)\n")


def main():
    files = walk(CARDS) | walk(AP) | walk("/sys/devices/vfio_ap") | walk("/sys/class/mdev_bus")
    assert files[CARDS + "/card05/type"] == "CEX8C\n"
    assert files[CARDS + "/card05/05.0047/config"] == "1\n"
    assert files[CREATE] is None
    assert len([path for path in files if path.endswith("/hwtype")]) == 4
    assert plugin() == []

    # the masks give a card to vfio_ap
    mask = "0xfb" + "f" * 62 + "\n"
    queues = [f"ap/card05/05.{domain}" for domain in DOMAINS]
    expect(
        lambda: write(AP + "/apmask", "-5\n"),
        *[step for queue in queues for step in (("unbind", queue, unbound), ("bind", queue, bound("vfio_ap")))],
        ("change", "ap", lambda event: event["APMASK"] == mask == read(AP + "/apmask")),
    )

    # a matrix device comes
    device = "vfio_ap/matrix/" + UUID
    expect(
        lambda: write(CREATE, UUID),
        ("add", device, is_there),
        ("add", "virtual/vfio/0", has_node),
        ("add", device + "/vfio-dev/vfio0", has_node),
        ("bind", device, lambda event: bound("vfio_ap_mdev")(event) and os.path.exists(f"/sys/devices/{device}/assign_adapter")),
    )
    write(f"/sys/devices/{device}/assign_adapter", "5")
    write(f"/sys/devices/{device}/assign_domain", "0x47")
    assert plugin() == [(UUID, ["05.0047"], "/dev/vfio/0")], plugin()
    assert sorted(os.listdir("/dev/vfio")) == ["0", "devices", "vfio"]
    assert walk(MATRIX)[f"{MATRIX}/{UUID}/matrix"] == "05.0047\n"

    # nobody can open it: that is the part of a kernel, and of a guest
    for node in "/dev/vfio/vfio", "/dev/vfio/0", "/dev/vfio/devices/vfio0":
        try:
            os.close(os.open(node, os.O_RDWR | os.O_CLOEXEC))
        except PermissionError:
            continue
        raise AssertionError(node + " was opened")

    # a queue is switched off, a card is deconfigured; what that does to its queues comes with the next scan
    queue = "ap/card03/03.0004"
    expect(
        lambda: write(f"/sys/devices/{queue}/online", "0"),
        ("change", queue, lambda event: event["ONLINE"] + "\n" == "0\n" == read(f"/sys/devices/{queue}/online")),
    )
    expect(
        lambda: write(f"{CARDS}/card03/config", "0"),
        ("change", "ap/card03", deconfigured),
    )
    expect(
        lambda: write(AP + "/scans", "1"),
        *[("change", f"ap/card03/03.{domain}", deconfigured) for domain in DOMAINS],
        ("change", "ap", complete),
    )

    # a card is plugged, and pulled
    queues = [f"ap/card0b/0b.{domain}" for domain in DOMAINS]

    def plug():
        write(CONTROL + "/machine", "adapter 0b type=CEX8P\n")
        write(AP + "/scans", "1")

    expect(
        plug,
        ("add", "ap/card0b", is_there),
        ("bind", "ap/card0b", bound("cex4card")),
        *[step for queue in queues for step in (("add", queue, is_there), ("bind", queue, bound("cex4queue")))],
        ("change", "ap", complete),
    )

    def pull():
        write(CONTROL + "/machine", "adapter 0b unplug\n")
        write(AP + "/scans", "1")

    expect(
        pull,
        *[step for queue in queues for step in (("unbind", queue, unbound), ("remove", queue, is_gone))],
        ("unbind", "ap/card0b", unbound),
        ("remove", "ap/card0b", is_gone),
    )

    # the matrix device goes
    expect(
        lambda: write(f"/sys/devices/{device}/remove", "1"),
        ("remove", device + "/vfio-dev/vfio0", has_no_node),
        ("remove", "virtual/vfio/0", has_no_node),
        ("unbind", device, unbound),
        ("remove", device, is_gone),
    )
    assert plugin() == []
    assert os.listdir("/dev/vfio") == ["vfio"]
    assert not os.path.exists("/sys/class/vfio/0")


main()
