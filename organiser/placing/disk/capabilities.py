"""What the file system at a target can do, found out by trying, leaving nothing behind.

Tables of file system names lie (network shares, FUSE, case-folding folders); an attempt does not. The original is only
opened for reading, and never gets another name by a probe.
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass

from organiser.core.layout import Naming
from organiser.core.placement import TEMPORARY_PREFIX
from organiser.placing.disk.clone import clone
from organiser.placing.disk.errors import translate_os_errors

_SCRATCH = TEMPORARY_PREFIX + "probe"
_LONGEST_NAME = 255
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
    with translate_os_errors(folder, source):
        scratch = os.path.join(folder, _SCRATCH)
        _clear(scratch)  # what a killed probe left
        os.mkdir(scratch)
        try:
            return _tried(scratch, source)
        finally:
            _clear(scratch)


def _clear(scratch: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(scratch):
            os.unlink(os.path.join(scratch, name))
        os.rmdir(scratch)


def _tried(scratch: str, source: str | None) -> Capabilities:
    sample = os.path.join(scratch, "sample")
    with open(sample, "xb") as file:
        file.write(b"sample")
    original = source or sample
    same_device = os.stat(original).st_dev == os.stat(scratch).st_dev
    return Capabilities(
        reflink=_works(lambda: clone(original, os.path.join(scratch, "clone"))),
        hardlink=same_device and _works(lambda: os.link(sample, os.path.join(scratch, "link"))),
        symlink=_works(lambda: os.symlink("sample", os.path.join(scratch, "symlink"))),
        naming=Naming(
            folds_case=os.path.exists(os.path.join(scratch, "SAMPLE")),
            folds_form=_folds_form(scratch),
            limit=min(_name_limit(scratch), _LONGEST_NAME),
        ),
        mtime_step=_mtime_step(sample),
    )


def _works(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _folds_form(scratch: str) -> bool:
    with contextlib.suppress(OSError), open(os.path.join(scratch, "\u00e9"), "xb"):
        return os.path.exists(os.path.join(scratch, "e\u0301"))
    return False


def _name_limit(scratch: str) -> int:
    try:
        return os.pathconf(scratch, "PC_NAME_MAX")
    except OSError:
        return _LONGEST_NAME


def _mtime_step(sample: str) -> int:
    os.utime(sample, ns=(_ODD_MOMENT, _ODD_MOMENT))
    lost = abs(_ODD_MOMENT - os.stat(sample).st_mtime_ns)
    return next((step for step in _COARSE if lost < step), _COARSE[-1])
