"""Pictures made for the screen and kept for the next time, in the organiser's folder: bounded, and gone with a word.

Nothing is lost with them. They show the photos, so whoever forgets photos clears them.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

_FOLDER = ("cache", "pictures")
_KEPT_SHARE = 0.8


class RenderedPictures:
    """JPEGs by the digest of their photo and their longest side.

    Args:
        home: the organiser's folder.
        most: bytes above which the pictures that were used longest ago go.
    """

    def __init__(self, home: Path, most: int) -> None:
        self._folder = home.joinpath(*_FOLDER)
        self._most = most
        self._size = sum(status.st_size for _, status in self._files())

    def get(self, digest: str, size: int) -> bytes | None:
        """Return a kept picture, or None."""
        path = self._path(digest, size)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return data

    def put(self, digest: str, size: int, data: bytes) -> None:
        """Keep a picture; where that cannot be, it is made again the next time.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / f".{secrets.token_hex(8)}.part"
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
            draft.replace(self._path(digest, size))
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        self._size += len(data)
        if self._size > self._most:
            self._make_room()

    def drop(self, digest: str) -> None:
        """Forget what is kept of a photo."""
        for path, _ in list(self._files()):
            if path.name.startswith(f"{digest}-"):
                path.unlink(missing_ok=True)

    def _make_room(self) -> None:
        oldest = sorted(self._files(), key=lambda pair: pair[1].st_mtime_ns)
        self._size = sum(status.st_size for _, status in oldest)
        for path, status in oldest:
            if self._size <= self._most * _KEPT_SHARE:
                return
            path.unlink(missing_ok=True)
            self._size -= status.st_size

    def _path(self, digest: str, size: int) -> Path:
        return self._folder / f"{digest}-{size}.jpg"

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        try:
            entries = list(self._folder.iterdir())
        except OSError:
            return
        for path in entries:
            try:
                yield path, path.stat()
            except OSError:
                continue  # another process dropped it


def clear_rendered(home: Path) -> None:
    """Remove every picture that was made for the screen."""
    for path in home.joinpath(*_FOLDER).glob("*"):
        path.unlink(missing_ok=True)
