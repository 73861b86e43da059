"""What the file system at a target can do, found out by trying, leaving nothing behind.

Tables of file system names lie (network shares, FUSE, case-folding folders); an attempt does not. The original is only
opened for reading, and never gets another name by a probe.
"""

import contextlib
import os
import secrets
import stat
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from organiser.core.collections.layout import Naming
from organiser.core.collections.placement import TEMPORARY_PREFIX, PlacementMode
from organiser.placing.disk.clone import clone
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.within import Spot, folder_in

_SCRATCH = TEMPORARY_PREFIX + "probe-"
_SAMPLE = b"sample"
_LONGEST_NAME = 255
_COMPOSED = "\u00e9"
_TRIES = frozenset({"sample", "clone", "link", "symlink", _COMPOSED, unicodedata.normalize("NFD", _COMPOSED)})
_ODD_MOMENT = 1_000_000_001_123_456_789
_COARSE = (1, 100, 1_000, 1_000_000, 1_000_000_000, 2_000_000_000)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a folder's file system can do.

    Attributes:
        reflink, hardlink: of the original that was asked about, to this folder.
        symlink: at all.
        naming: which names it takes for one.
        mtime_step: how coarse its modification times are, in nanoseconds; two seconds on FAT.
    """

    reflink: bool
    hardlink: bool
    symlink: bool
    naming: Naming
    mtime_step: int


class Probes:
    """Capabilities by folder and by the device of the original, each found out once in this object's life."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Capabilities] = {}

    def of(self, folder: str, source: str) -> Capabilities:
        """Return what the file system of `folder` can do with the original `source`.

        Raises:
            PlacingError: the folder is not there or nothing can be written to it, or the original is gone.
        """
        with translate_os_errors(folder, source):
            key = (folder, os.stat(source).st_dev)
            if key not in self._known:
                self._known[key] = probe(folder, source)
            return self._known[key]


def probe(folder: str, source: str | None = None) -> Capabilities:
    """Find out what the file system of `folder` can do; with no `source`, within itself.

    Raises:
        PlacingError: the folder is not there, or nothing can be written to it.
    """
    with folder_in(folder) as handle, translate_os_errors(folder, source):
        if handle is None:
            raise refusal(Cause.TARGET_GONE, folder)
        for left in [name for name in os.listdir(handle) if name.startswith(_SCRATCH.rstrip("-"))]:
            _clear(Spot(handle, left, os.path.join(folder, left)))  # of a probe that was killed
        name = _SCRATCH + secrets.token_hex(8)
        scratch = Spot(handle, name, os.path.join(folder, name))
        os.mkdir(name, 0o700, dir_fd=handle)
        try:
            with folder_in(folder, [name]) as inside:
                if inside is None:
                    raise refusal(Cause.TARGET_GONE, scratch.path)
                return _tried(inside, scratch.path, source)
        finally:
            _clear(scratch)


def require_able(target: str, mode: PlacementMode, originals: Sequence[str]) -> None:
    """Make sure that a folder can be made at `target`, or written to, and that `mode` can be done there.

    Args:
        originals: one of each file system that photos lie on; what works for one of them is allowed.

    Raises:
        PlacingError: it cannot.
    """
    folder = os.path.realpath(target)
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    able = [probe(folder, original) for original in originals] or [probe(folder)]
    if mode is PlacementMode.HARDLINK and not any(each.hardlink for each in able):
        apart = all(os.stat(original).st_dev != os.stat(folder).st_dev for original in originals) and originals
        raise refusal(Cause.OTHER_DEVICE if apart else Cause.UNSUPPORTED, target)
    if mode is PlacementMode.REFLINK and not any(each.reflink for each in able):
        raise refusal(Cause.UNSUPPORTED, target, "its file system cannot make reflinks of the originals")
    if mode is PlacementMode.SYMLINK and not any(each.symlink for each in able):
        raise refusal(Cause.UNSUPPORTED, target, "its file system has no symlinks")


def _clear(scratch: Spot) -> None:
    """Remove a scratch folder and what a probe puts there, but neither along a link nor anything else."""
    with contextlib.suppress(OSError):
        handle = scratch.open(os.O_RDONLY | os.O_DIRECTORY)
        try:
            for name in set(os.listdir(handle)) & _TRIES:
                if name == "clone" or _is_a_try(Spot(handle, name, os.path.join(scratch.path, name))):
                    os.unlink(name, dir_fd=handle)
        finally:
            os.close(handle)
        os.rmdir(scratch.name, dir_fd=scratch.folder)


def _is_a_try(spot: Spot) -> bool:
    """Whether a file in a scratch folder holds what a probe writes; a clone holds what its original does."""
    status = spot.status()
    if status is None or stat.S_ISLNK(status.st_mode):
        return status is not None and spot.link_text() == "sample"
    if not stat.S_ISREG(status.st_mode) or status.st_size > len(_SAMPLE):
        return False
    with open(spot.open(os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        return file.read(len(_SAMPLE) + 1) in (b"", _SAMPLE)


def _tried(folder: int, path: str, source: str | None) -> Capabilities:
    sample = Spot(folder, "sample", os.path.join(path, "sample"))
    with open(sample.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        file.write(_SAMPLE)
    original = source or sample.path
    same_device = os.stat(original).st_dev == os.fstat(folder).st_dev
    return Capabilities(
        reflink=_works(lambda: clone(original, sample.beside("clone"))),
        hardlink=same_device and _works(lambda: os.link("sample", "link", src_dir_fd=folder, dst_dir_fd=folder)),
        symlink=_works(lambda: os.symlink("sample", "symlink", dir_fd=folder)),
        naming=Naming(
            folds_case=_is_there("SAMPLE", folder),
            folds_form=_folds_form(folder),
            limit=min(_name_limit(folder), _LONGEST_NAME),
        ),
        mtime_step=_mtime_step(folder),
    )


def _is_there(name: str, folder: int) -> bool:
    return Spot(folder, name, name).status() is not None


def _works(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _folds_form(folder: int) -> bool:
    with contextlib.suppress(OSError):
        os.close(Spot(folder, _COMPOSED, _COMPOSED).open(os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        return _is_there(unicodedata.normalize("NFD", _COMPOSED), folder)
    return False


def _name_limit(folder: int) -> int:
    try:
        return os.fpathconf(folder, "PC_NAME_MAX")
    except OSError:
        return _LONGEST_NAME


def _mtime_step(folder: int) -> int:
    os.utime("sample", ns=(_ODD_MOMENT, _ODD_MOMENT), dir_fd=folder)
    lost = abs(_ODD_MOMENT - os.stat("sample", dir_fd=folder).st_mtime_ns)
    return next((step for step in _COARSE if lost < step), _COARSE[-1])
