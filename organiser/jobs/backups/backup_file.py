"""The file of a backup: a ZIP of members, a manifest with the digest of each, and the manifest's own in the comment.

Members with rows are JSON lines, the first of which names the columns. Owns the format and that no damage goes
unnoticed; refuses to know what the members are about.
"""

import errno
import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import IO, Any
from zlib import error as ZlibError  # noqa: N812 - the module's own name for it is `error`

from organiser.errors import Permanent, Transient

FORMAT = 1
"""Raised when the version before would misread the file."""

_MANIFEST = "manifest.json"
_MARK = "organiser backup"
_BLOCK = 1 << 20


@dataclass(slots=True)
class BackupWriter:
    """A backup being written; `counts` are the rows of each member so far."""

    _archive: zipfile.ZipFile
    counts: dict[str, int] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)

    def add_rows(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write a member of rows."""
        digest, count = hashlib.sha256(), -1
        with self._archive.open(name, "w", force_zip64=True) as member:
            for values in _headed(columns, rows):
                line = json.dumps(values, separators=(",", ":")).encode("ascii") + b"\n"
                digest.update(line)
                member.write(line)
                count += 1
        self.counts[name], self._digests[name] = count, digest.hexdigest()

    def add_bytes(self, name: str, data: bytes) -> None:
        """Write a member that is no rows."""
        self._archive.writestr(name, data)
        self._digests[name] = hashlib.sha256(data).hexdigest()

    def seal(self, facts: Mapping[str, Any]) -> None:
        """Write the manifest, with what there is to say of the whole; nothing is added afterwards."""
        manifest = json.dumps({**facts, "rows": self.counts, "digests": self._digests}, indent=1).encode("ascii")
        self._archive.writestr(_MANIFEST, manifest)
        self._archive.comment = f"{_MARK} {FORMAT} {hashlib.sha256(manifest).hexdigest()}".encode("ascii")


def _headed(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield columns
    yield from rows


@contextmanager
def written(path: Path) -> Iterator[BackupWriter]:
    """Write a backup to `path`, readable by its owner alone, as a whole or not at all; an older backup gives way.

    Raises:
        Permanent: something that is no backup of ours is there.
        Transient: it cannot be written.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not _is_backup(path):
        raise Permanent(f"{path} is there and no backup of the organiser", "name another file, or move that one away")
    draft = path.with_name(f".{path.name}.{token_hex(4)}.part")
    try:
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                yield BackupWriter(archive)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise Transient(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            draft.unlink()


@dataclass(frozen=True, slots=True)
class BackupReader:
    """A backup whose every byte was found as it was written."""

    _archive: zipfile.ZipFile
    manifest: Mapping[str, Any]

    @property
    def names(self) -> Sequence[str]:
        """The members there are."""
        return list(self.manifest["digests"])

    def rows(self, name: str) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return the columns of a member of rows, and its rows."""
        lines = self._lines(name)
        return next(lines), lines

    def read(self, name: str) -> bytes:
        """Return a member that is no rows."""
        return self._archive.read(name)

    def _lines(self, name: str) -> Iterator[Sequence[Any]]:
        with self._archive.open(name) as member:
            for line in member:
                yield json.loads(line)


@contextmanager
def opened(path: Path) -> Iterator[BackupReader]:
    """Open a backup and check it from end to end.

    Raises:
        Permanent: it is no backup, damaged, or of a newer format.
        Transient: it cannot be read.
    """
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            yield BackupReader(archive, _checked(path, archive))
    except OSError as error:
        if error.errno == errno.EINVAL:  # a damaged directory tells of places before the file's beginning
            raise _damaged(path, str(error)) from error
        raise Transient(f"cannot read {path}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, ZlibError, EOFError, NotImplementedError) as error:
        raise _damaged(path, str(error)) if _begins_as_zip(path) else _foreign(path) from error


def _checked(path: Path, archive: zipfile.ZipFile) -> Mapping[str, Any]:
    mark, _, rest = archive.comment.decode("ascii", "replace").rpartition(" ")[0].rpartition(" ")
    if mark != _MARK or not rest.isdecimal():
        raise _foreign(path)
    if int(rest) > FORMAT:
        raise Permanent(f"{path} is a backup of format {rest}, this version reads {FORMAT}", "use the newer organiser")
    names = set(archive.namelist())
    data = archive.read(_MANIFEST) if _MANIFEST in names else b""
    if hashlib.sha256(data).hexdigest() != archive.comment.decode("ascii").rpartition(" ")[2]:
        raise _damaged(path, "its manifest is not the one it was sealed with")
    manifest: Mapping[str, Any] = json.loads(data)
    if names != {*manifest["digests"], _MANIFEST}:
        raise _damaged(path, "members are missing, or there are others")
    for name, digest in manifest["digests"].items():
        with archive.open(name) as member:
            if _digest(member) != digest:
                raise _damaged(path, f"{name} is altered")
    return manifest


def _digest(member: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := member.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _is_backup(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment.startswith(_MARK.encode())
    except (OSError, zipfile.BadZipFile):
        return False


def _begins_as_zip(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"PK"


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems flush no folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged(path: Path, what: str) -> Permanent:
    return Permanent(f"{path} is damaged: {what}", "nothing was restored; take another copy of the backup")


def _foreign(path: Path) -> Permanent:
    return Permanent(f"{path} is no backup of the organiser", "organiser backup FILE writes one")
