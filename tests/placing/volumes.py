"""Real trouble: volumes that are full, read-only or elsewhere, limits on file sizes, and a user without rights.

As root a small tmpfs is mounted. Others get the same refusals from what every account can do: a limit on the size of
files instead of a full disk, a folder without write permission instead of a read-only file system.
"""

import contextlib
import fcntl
import os
import resource
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = os.geteuid() == 0
CAN_MOUNT = ROOT and os.path.exists("/proc/self/mounts")
_NOBODY = 65534


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """Mount an empty tmpfs at `folder`."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


@contextlib.contextmanager
def little_room(folder: Path, room: int) -> Iterator[Path]:
    """Give a folder in which no more than `room` bytes, or no file above that size, can be written."""
    if CAN_MOUNT:
        with mounted(folder, f"size={room}") as volume:
            yield volume
        return
    folder.mkdir()
    with file_limit(room):
        yield folder


@contextlib.contextmanager
def file_limit(size: int) -> Iterator[None]:
    """Make every write beyond `size` bytes of a file fail, in the middle of it, for any account."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Make an existing folder one in which nothing can be written: read-only for root, without permission for others."""
    if CAN_MOUNT:
        bind = ["mount", "--bind", str(folder), str(folder)]
        subprocess.run(bind, check=True, capture_output=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True, capture_output=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)
        return
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


@contextlib.contextmanager
def elsewhere(near: Path) -> Iterator[Path]:
    """Give an empty folder on another file system than `near`, or, where an account has only one, on the same."""
    device = near.stat().st_dev
    for place in ("/dev/shm", "/var/tmp", os.path.expanduser("~"), "/tmp"):
        if os.path.isdir(place) and os.access(place, os.W_OK) and os.stat(place).st_dev != device:
            with tempfile.TemporaryDirectory(dir=place) as folder:
                yield Path(folder)
                return
    if CAN_MOUNT:
        with mounted(near / "elsewhere", "size=16m") as volume:
            yield volume
        return
    with tempfile.TemporaryDirectory(dir=near) as folder:
        yield Path(folder)


@contextlib.contextmanager
def elsewhere_named(folder: Path, other: Path) -> Iterator[Path]:
    """Give a folder a second name: by a mount, or for whom cannot mount by a link."""
    if not CAN_MOUNT:
        other.symlink_to(folder)
        yield other
        return
    other.mkdir()
    subprocess.run(["mount", "--bind", str(folder), str(other)], check=True, capture_output=True)
    try:
        yield other
    finally:
        subprocess.run(["umount", "-l", str(other)], check=True, capture_output=True)


@contextlib.contextmanager
def without_rights() -> Iterator[None]:
    """Act as somebody who owns nothing here, when that can be arranged."""
    if not ROOT:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def reflinking() -> list[str]:
    """Return which file systems with reflinks this account can make in a file and mount here."""
    if not CAN_MOUNT:
        return []
    kinds = [kind for kind in _SMALLEST if shutil.which(f"mkfs.{kind}")]
    for kind in kinds if shutil.which("modprobe") else ():
        subprocess.run(["modprobe", "-q", kind], check=False)
    known = Path("/proc/filesystems").read_text().split()
    return [kind for kind in kinds if kind in known]


@contextlib.contextmanager
def formatted(folder: Path, kind: str) -> Iterator[Path]:
    """Mount a new file system of that kind at `folder`, kept in a file beside it."""
    image = folder.with_name(f"{folder.name}.{kind}")
    with image.open("xb") as file:
        file.truncate(_SMALLEST[kind])
    folder.mkdir()
    subprocess.run([f"mkfs.{kind}", "-q", str(image)], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)
        image.unlink()


def fat() -> list[str]:
    """Return which file systems of the FAT family this account can make in a file and mount here: vfat, exfat by FUSE."""
    if not CAN_MOUNT:
        return []
    known = Path("/proc/filesystems").read_text().split()
    by_fuse = shutil.which("mount.exfat-fuse") and shutil.which("mkfs.exfat") and os.path.exists("/dev/fuse")
    kinds = {"vfat": "vfat" in known and shutil.which("mkfs.vfat"), "exfat": by_fuse}
    return [kind for kind, possible in kinds.items() if possible]


@contextlib.contextmanager
def fat_image(folder: Path, kind: str) -> Iterator[Path]:
    """Make a disk of the FAT family in a file, to be mounted by `fat_mounted`, and give the loop device."""
    image = folder.with_name(f"{folder.name}.{kind}")
    with image.open("xb") as file:
        file.truncate(32 << 20)
    folder.mkdir()
    subprocess.run([f"mkfs.{kind}", str(image)], check=True, capture_output=True)
    device = subprocess.run(["losetup", "-f", "--show", str(image)], check=True, capture_output=True, text=True)
    try:
        yield Path(device.stdout.strip())
    finally:
        subprocess.run(["losetup", "-d", device.stdout.strip()], check=True, capture_output=True)


@contextlib.contextmanager
def fat_mounted(device: Path, folder: Path, kind: str) -> Iterator[Path]:
    """Mount a disk that `fat_image` made."""
    mount = ["mount.exfat-fuse"] if kind == "exfat" else ["mount", "-t", kind]
    subprocess.run([*mount, str(device), str(folder)], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)


_SMALLEST = {"btrfs": 128 << 20, "xfs": 320 << 20}


def extents(path: Path) -> list[tuple[int, int, bool]]:
    """Return where on its device a file's bytes lie: offset, length, and whether another file has them too."""
    most = 64
    request = bytearray(_FIEMAP.pack(0, _WHOLE, _SYNC, 0, most, 0) + bytes(most * _EXTENT.size))
    with path.open("rb") as file:
        fcntl.ioctl(file, _FS_IOC_FIEMAP, request)
    count = _FIEMAP.unpack_from(request)[3]
    assert count < most
    found = [_EXTENT.unpack_from(request, _FIEMAP.size + at * _EXTENT.size) for at in range(count)]
    return [(physical, length, bool(flags & _SHARED)) for _, physical, length, flags in found]


_FS_IOC_FIEMAP = 0xC020660B
_FIEMAP = struct.Struct("=QQLLLL")
_EXTENT = struct.Struct("=QQQ16xL12x")
_WHOLE, _SYNC, _SHARED = 2**64 - 1, 1, 0x2000
