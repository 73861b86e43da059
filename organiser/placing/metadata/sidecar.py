"""XMP sidecars: which file is a picture's, and replacing it atomically.

A new one begins with all that the picture says in its own XMP packet and IPTC block: many programs read the sidecar
instead of the picture once there is one.

The name is `photo.jpg.xmp`. A `photo.xmp`, as Adobe's programs write it, is followed when it is the only sidecar and
no other file shares the stem: beside `photo.cr2` and `photo.jpg` it speaks of the raw file.
"""

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable

from organiser.core.collections.placement import Medium, Stamp, Tag
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.operations import check_room, remove_quietly, stamp_of
from organiser.placing.disk.rename import rename_without_replacing
from organiser.placing.disk.within import Spot
from organiser.placing.metadata import xmp
from organiser.placing.metadata.carried import embedded_packet
from organiser.placing.metadata.rdf import NotXmpError
from organiser.placing.metadata.writer import Change, swap, take_away

LARGEST = 64 << 20
"""Most bytes that a sidecar may hold."""


def sidecar_of(picture: str) -> str:
    """Return the path of the picture's sidecar, whether it exists or not; the end of any symlink.

    Raises:
        OSError: the folder cannot be read.
    """
    own = picture + ".xmp"
    stem = os.path.splitext(picture)[0]
    if not os.path.lexists(own) and os.path.lexists(stem + ".xmp") and not _shared(picture, stem):
        own = stem + ".xmp"
    return os.path.realpath(own)


def _shared(picture: str, stem: str) -> bool:
    folder, name = os.path.split(stem)
    with os.scandir(folder or ".") as entries:
        siblings = {entry.name for entry in entries if os.path.splitext(entry.name)[0] == name}
    return bool(siblings - {os.path.basename(picture), name + ".xmp"})


class SidecarWriter:
    """Keeps our keywords in the XMP file beside a picture; the picture itself is only read, and only for a new one."""

    medium = Medium.SIDECAR

    def place(self, picture: str) -> str:
        with translate_os_errors(picture):
            return sidecar_of(picture)

    def read(self, path: str) -> bytes | None:
        return Spot.at(path).read(LARGEST)

    def writing(self, picture: str, tag: Tag) -> Change | None:
        with translate_os_errors(picture, picture):
            os.stat(picture)
        path = self.place(picture)
        before = self.read(path)
        carried = embedded_packet(picture) if before is None else None
        return self._change(picture, path, before, lambda: xmp.tagged(before, tag, carried))

    def clearing(self, picture: str, keyword: str | None = None) -> Change | None:
        path = self.place(picture)
        before = self.read(path)
        return None if before is None else self._change(picture, path, before, lambda: xmp.untagged(before, keyword))

    def draft(self, change: Change, temporary: str) -> None:
        if change.after is None:
            return
        with translate_os_errors(temporary):
            try:
                check_room(os.path.dirname(temporary), len(change.after))
                with open(_created(temporary, change.picture), "wb") as file:
                    _keep_owner_and_permissions(change, file.fileno())
                    file.write(change.after)
                    file.flush()
            except BaseException:
                remove_quietly(temporary)
                raise

    def carry_out(self, change: Change, temporary: str) -> Stamp | None:
        spot, draft = Spot.at(change.path), Spot.at(temporary)
        with translate_os_errors(change.path):
            if change.after is None:
                take_away(spot, draft, lambda found: self.read(found.path) == change.before)
                return None
            if change.before is None:
                rename_without_replacing(draft, spot)
            else:
                swap(spot, draft, lambda found: self.read(found.path) == change.before)
            return stamp_of(change.path, hashlib.sha256(change.after).hexdigest())

    def _change(self, picture: str, path: str, before: bytes | None, edit: Callable[[], bytes | None]) -> Change | None:
        try:
            after = edit()
        except NotXmpError as error:
            raise refusal(Cause.MALFORMED, path, f"it was left, because it cannot be edited: {error}") from error
        return None if after == before else Change(path, before, after, picture)


def _created(path: str, picture: str | None) -> int:
    """Open a new draft that nobody can read who cannot read the picture, and return its descriptor."""
    return Spot.at(path).open(os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 | (_readers(picture) & 0o666))


def _readers(picture: str | None) -> int:
    """Return the permission bits of a picture; when it is gone, those of a file for everybody."""
    with contextlib.suppress(OSError):
        if picture is not None:
            return stat.S_IMODE(os.stat(picture).st_mode)
    return 0o666


def _keep_owner_and_permissions(change: Change, descriptor: int) -> None:
    """Give the open draft what the file it will replace has, but no readers that the picture has not."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        status = os.stat(change.path)
        shared = 0o600 | _readers(change.picture) | 0o022
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & shared)
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, status.st_uid, status.st_gid)
