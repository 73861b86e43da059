"""Keywords inside the picture file itself, for those who ask for it: on a verified copy that replaces atomically.

Never through a link, and only where the tag can be taken out again byte for byte. The copy must decode to the same
pixels, hold the same EXIF, IPTC and colour profile, and be the same picture to the caller, or nothing is written. The
file's mtime becomes the present, so that backups notice.
"""

import hashlib
import io
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from organiser.core.collections.placement import Medium, Stamp, Tag
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.operations import check_room, digest_at, digest_of, remove_quietly, stamp_of
from organiser.placing.disk.within import Spot
from organiser.placing.metadata import exiv2, jpeg, png, xmp
from organiser.placing.metadata.rdf import NotXmpError
from organiser.placing.metadata.writer import Change, swap

SamePicture = Callable[[Path, Path], bool]
"""Whether two files hold the same picture data, whatever their metadata."""


class EmbeddedWriter:
    """Keeps our keywords in the XMP packet of the picture file.

    Args:
        same_picture: the organiser's own idea of a photo's identity, which the tag must not change.
    """

    medium = Medium.EMBEDDED

    def __init__(self, same_picture: SamePicture) -> None:
        self._same_picture = same_picture
        self._drafted: dict[str, str] = {}

    def place(self, picture: str) -> str:
        return picture

    def read(self, path: str) -> bytes | None:
        with translate_os_errors(path):
            if not os.path.lexists(path):
                return None
            if not os.path.isfile(path):
                raise refusal(Cause.MALFORMED, path, "it is no regular file")
            return _packet_of(path, Path(path).read_bytes())

    def writing(self, picture: str, tag: Tag) -> Change | None:
        _refuse_links(picture)
        before = self.read(picture)
        change = _change(picture, before, lambda: xmp.tagged(before, tag))
        if change is not None:
            _check_the_way_back(change)
        return change

    def clearing(self, picture: str, keyword: str | None = None) -> Change | None:
        before = self.read(picture)
        if before is None:
            return None
        change = _change(picture, before, lambda: xmp.untagged(before, keyword))
        if change is not None:
            _refuse_links(picture)
        return change

    def draft(self, change: Change, temporary: str) -> None:
        _refuse_links(change.path)
        with translate_os_errors(change.path):
            old = Path(change.path).read_bytes()
            new = _with_packet(change.path, old, change.after)
            _check_the_rest(change.path, old, new)
            try:
                self._write(change.path, temporary, new)
            except BaseException:
                remove_quietly(temporary)
                raise
            self._drafted[temporary] = hashlib.sha256(old).hexdigest()

    def _write(self, path: str, temporary: str, data: bytes) -> None:
        check_room(os.path.dirname(temporary), len(data))
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(data)
            file.flush()
            status = os.stat(path)
            shutil.copymode(path, temporary)
            if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
        if digest_of(temporary) != hashlib.sha256(data).hexdigest():
            raise refusal(Cause.MACHINE, temporary, "the copy does not hold what was written")
        if not self._same_picture(Path(path), Path(temporary)):
            raise refusal(Cause.PICTURE_CHANGED, path)

    def carry_out(self, change: Change, temporary: str) -> Stamp | None:
        with translate_os_errors(change.path):
            drafted_from = self._drafted.pop(temporary, None)
            _refuse_links(change.path)
            swap(Spot.at(change.path), Spot.at(temporary), lambda found: digest_at(found) == drafted_from)
            return stamp_of(change.path, digest_of(change.path))


def _refuse_links(path: str) -> None:
    with translate_os_errors(path, path):
        status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode) or status.st_nlink > 1:
        raise refusal(Cause.LINKED, path)


def _change(path: str, before: bytes | None, edit: Callable[[], bytes | None]) -> Change | None:
    try:
        after = edit()
    except NotXmpError as error:
        raise refusal(Cause.MALFORMED, path, f"its XMP cannot be edited, so it was left: {error}") from error
    return None if after == before else Change(path, before, after)


def _packet_of(path: str, data: bytes) -> bytes | None:
    try:
        if jpeg.is_jpeg(data):
            return jpeg.packet_of(data)
        return png.packet_of(data) if png.is_png(data) else exiv2.packet_of(data)
    except ValueError as error:
        raise refusal(Cause.MALFORMED, path, f"its metadata cannot be read: {error}") from error


def _with_packet(path: str, data: bytes, packet: bytes | None) -> bytes:
    try:
        if jpeg.is_jpeg(data):
            return jpeg.with_packet(data, packet)
        return png.with_packet(data, packet) if png.is_png(data) else exiv2.with_packet(data, packet)
    except ValueError as error:
        raise refusal(Cause.UNSUPPORTED, path, f"its metadata cannot be written: {error}") from error


def _check_the_way_back(change: Change) -> None:
    """Make sure that undoing a tag will give the very bytes that are there now.

    Raises:
        PlacingError: it will not, in this format or this file.
    """
    path = change.path
    with translate_os_errors(path):
        old = Path(path).read_bytes()
    new = _with_packet(path, old, change.after)
    if _packet_of(path, new) != change.after or _with_packet(path, new, change.before) != old:
        reason = "a tag in it could not be taken out again without a trace; nothing was written"
        raise refusal(Cause.UNSUPPORTED, path, reason, "use sidecars: place.embed = false")


def _check_the_rest(path: str, old: bytes, new: bytes) -> None:
    """Make sure that nothing but the XMP packet differs: pixels of every frame, EXIF, IPTC, colour profile.

    Raises:
        PlacingError: something does, or the pixels cannot be decoded to prove it.
    """
    try:
        same = _pixels(old) == _pixels(new) and _rest(old) == _rest(new)
    except (OSError, ValueError, SyntaxError) as error:
        raise refusal(Cause.UNSUPPORTED, path, f"it cannot be decoded, so nothing was written: {error}") from error
    if not same:
        raise refusal(Cause.PICTURE_CHANGED, path)


def _rest(data: bytes) -> object:
    return jpeg.with_packet(data, None) if jpeg.is_jpeg(data) else exiv2.rest_of(data)


def _pixels(data: bytes) -> list[tuple[str, tuple[int, int], str]]:
    """Return mode, size and digest of every frame as decoded."""
    from PIL import Image, ImageSequence  # noqa: PLC0415 - heavy, and only needed by --embed

    try:
        with Image.open(io.BytesIO(data)) as picture:
            return [
                (frame.mode, frame.size, hashlib.sha256(frame.tobytes()).hexdigest())
                for frame in ImageSequence.Iterator(picture)
            ]
    except Image.DecompressionBombError as error:
        raise ValueError(str(error)) from error
