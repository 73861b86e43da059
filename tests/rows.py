"""Rows to start a test from: photos, files and looks put into a real index through its own writers."""

from datetime import datetime

from organiser.core.face import Box, Face, Quality
from organiser.core.library.reconcile import FoundFile
from organiser.core.photo import Capture, Detected, PhotoId, RootId, SeenFace
from organiser.index.db.engine import Transaction
from organiser.index.tables import library, roots

_LANDMARKS = ((0.3, 0.3), (0.4, 0.3), (0.35, 0.35), (0.32, 0.4), (0.38, 0.4))


def add_root(tx: Transaction, path: str = "/photos") -> RootId:
    """A root."""
    return roots.add(tx, path, now=1.0)


def found(relpath: str, *, size: int = 100, mtime_ns: int = 1, inode: int | None = None) -> FoundFile:
    """A file as a walk gives it; its inode follows from its path unless given."""
    return FoundFile(relpath, size, mtime_ns, 1, inode if inode is not None else abs(hash(relpath)) % 10**9)


def add_photo(tx: Transaction, root_id: RootId, relpath: str, digest: str | None = None) -> PhotoId:
    """A photo with one present file."""
    (file_id,) = library.insert_files(tx, root_id, [found(relpath)])
    seen = [(file_id, found(relpath), digest or f"digest of {relpath!a}")]
    return library.identify(tx, seen, now=2.0)[0]


def detected(*boxes: Box, taken: datetime | None = None, gate: str | None = None) -> Detected:
    """What a look saw: a face at each box."""
    quality = Quality(80.0, 120.0, gate)
    seen = tuple(SeenFace(Face(box, _LANDMARKS, 0.9, quality), b"crop %d" % at) for at, box in enumerate(boxes))
    return Detected(640, 480, Capture(taken, "Camera"), seen, b"thumbnail")
