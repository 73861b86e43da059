"""What kind of file system lies below a path, as far as that decides how to watch it and what may be kept on it.

Network file systems tell nobody what other hosts do, so they are polled; their inode numbers are not to be trusted and
SQLite's WAL does not work on them.
"""

import os
import re
import subprocess
from collections.abc import Iterable
from typing import NamedTuple

from organiser.files.names import is_junk

_NETWORK = frozenset(
    [
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afpfs", "afs", "webdav", "davfs", "ncpfs"),
        *("ceph", "glusterfs", "lustre", "beegfs", "gfs2", "ocfs2", "gpfs", "orangefs", "coda"),
        *("virtiofs", "vboxsf", "prl_fs", "fuse", "macfuse", "osxfuse"),
    ]
)
"""Where somebody else may write unseen: other hosts, the host of a virtual machine, or a program (FUSE)."""


_MOUNTINFO = "/proc/self/mountinfo"


class Mount(NamedTuple):
    """A mounted file system; `kind` is the system's name for its type."""

    point: str
    kind: str

    @property
    def network(self) -> bool:
        """Whether changes may come from elsewhere; a block device read through FUSE (`fuseblk`) is local."""
        return self.kind in _NETWORK or self.kind.startswith("fuse.")


def mounts() -> list[Mount]:
    """Return what is mounted, in mount order; nothing when the system does not say."""
    try:
        if os.path.exists(_MOUNTINFO):
            with open(_MOUNTINFO, encoding="utf-8", errors="surrogateescape") as file:
                return read_mountinfo(file.read())
        output = subprocess.run(["/sbin/mount"], capture_output=True, timeout=10, check=True)
        return read_mount_output(os.fsdecode(output.stdout))
    except (OSError, subprocess.SubprocessError):
        return []


def read_mountinfo(text: str) -> list[Mount]:
    """Read Linux's `/proc/self/mountinfo` (proc_pid_mountinfo(5)): field 5 is the point, the type follows a '-'."""
    found = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) > 4 and after:
            point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[4])
            found.append(Mount(point, after.split(" ")[0]))
    return found


def read_mount_output(text: str) -> list[Mount]:
    """Read what `mount` prints on macOS: `//user@host/share on /Volumes/share (smbfs, nodev, nosuid)`."""
    found = re.findall(r"^.+? on (/.*) \(([^,)]+)[^)]*\)$", text, re.MULTILINE)
    return [Mount(point, kind) for point, kind in found]


def mount_of(path: str, among: Iterable[Mount]) -> Mount | None:
    """Return the mount that `path`, absolute and without symbolic links, lies on; of two at one point, the later."""
    best: Mount | None = None
    for mount in among:
        if _holds(mount.point, path) and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def _holds(point: str, path: str) -> bool:
    return path == point or path.startswith(os.path.join(point, ""))


def is_network(path: str | os.PathLike[str]) -> bool:
    """Whether `path` (it need not exist yet) lies on a file system that other hosts or programs write to unseen."""
    mount = mount_of(os.path.realpath(path), mounts())
    return mount is not None and mount.network


def reaches_network(root: str | os.PathLike[str]) -> bool:
    """Whether a walk of `root` comes to a network file system: its own, or one mounted in a folder below."""
    top = os.path.realpath(root)
    here = mounts()
    mount = mount_of(top, here)
    if mount is not None and mount.network:
        return True
    below = [mount.point[len(top) :] for mount in here if mount.network and _holds(top, mount.point)]
    return any(not any(is_junk(name) for name in point.split("/") if name) for point in below)
