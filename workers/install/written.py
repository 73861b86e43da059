"""Files that we wrote elsewhere on a person's machine and may therefore take away again: each proves it by its last line.

The last line holds the digest of all before it. A file that was changed since, or that somebody else wrote, is left alone.
"""

import hashlib
import os
import stat
from enum import StrEnum
from pathlib import Path
from secrets import token_hex

from organiser.errors import OrganiserError

_MARK = "written by `organiser service`, sha256 "


class Whose(StrEnum):
    """Whose a file is."""

    NOBODY = "not there"
    OURS = "ours"
    CHANGED = "ours, and changed since by somebody"
    FOREIGN = "not ours"


def sealed(text: str, comment: tuple[str, str]) -> str:
    """Return `text` (which ends in a line break) with the last line that proves who wrote it.

    Args:
        comment: what begins and ends a comment in this kind of file.
    """
    return f"{text}{comment[0]}{_MARK}{_digest(text)}{comment[1]}\n"


def whose(path: Path) -> Whose:
    """Return whose the file at `path` is; a link, or what is no file, is never ours."""
    try:
        found = os.lstat(path)
        text = path.read_text("utf-8") if stat.S_ISREG(found.st_mode) else ""
    except FileNotFoundError:
        return Whose.NOBODY
    except (OSError, UnicodeDecodeError):
        return Whose.FOREIGN
    body, last = _split(text)
    if _MARK not in last:
        return Whose.FOREIGN
    return Whose.OURS if _digest(body) in last else Whose.CHANGED


def write(path: Path, text: str) -> None:
    """Write a sealed text in the place of nothing or of what was ours.

    Raises:
        OrganiserError: something else is there, or it cannot be written.
    """
    _refuse_others(path)
    draft = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OrganiserError(f"{path} cannot be written: {error.strerror}", "a system unit needs root: sudo") from error


def remove(path: Path) -> bool:
    """Remove the file if it is ours; return whether there was one.

    Raises:
        OrganiserError: it is not ours as we wrote it, or cannot be removed.
    """
    if whose(path) is Whose.NOBODY:
        return False
    _refuse_others(path)
    try:
        path.unlink()
    except OSError as error:
        raise OrganiserError(f"{path} cannot be removed: {error.strerror}", "a system unit needs root: sudo") from error
    return True


def _refuse_others(path: Path) -> None:
    found = whose(path)
    if found not in (Whose.NOBODY, Whose.OURS):
        raise OrganiserError(f"{path} is {found}: it is left alone", "look at it, and move or remove it yourself")


def _split(text: str) -> tuple[str, str]:
    """The text before its last line, and that line; nothing after the seal counts as the seal."""
    if not text.endswith("\n"):
        return text, ""
    cut = text[:-1].rfind("\n") + 1
    return text[:cut], text[cut:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
