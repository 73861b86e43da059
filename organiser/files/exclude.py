"""Writes the rule that keeps a file or folder from being scanned into the `.organiser-ignore` beside it.

The one place where something is written into a person's folders that they did not ask to have placed there; so it is
written whole or not at all, and never loses a line that was there.
"""

import os
import re
import tempfile

from organiser.files.ignore import read_rules, rule_lines
from organiser.files.names import IGNORE_FILE

_SPECIAL = re.compile(r"([\\*?\[\]!#])")


def exclude(path: str, *, root: str) -> str | None:
    """Make scans of `root` leave out `path`, a file or folder below it or `root` itself.

    Returns the ignore file that was written, or None when one already covered the path or its folder is gone.

    Raises:
        OSError: the folder cannot be written.
    """
    whole = path == root
    folder, name = (path, "") if whole else os.path.split(path)
    if not os.path.isdir(folder):
        return None
    rule = "*" if whole else f"/{escape(name)}{'/' if os.path.isdir(path) and not os.path.islink(path) else ''}"
    target = os.path.join(folder, IGNORE_FILE)
    before = _read(target)
    if before is not None and (rule in rule_lines(before) or not _has_patterns(before)):
        return None
    text = before or ""
    _replace(target, text + ("\n" if text and not text.endswith("\n") else "") + rule + "\n")
    return target


def escape(name: str) -> str:
    r"""Return the gitignore pattern that means this name and no other.

    What no pattern can say, a line break or blank space other than " " at the end, is "?", which means any character.

    >>> print(escape("what [now] #1?.jpg"))
    what \[now\] \#1\?.jpg
    """
    escaped = _SPECIAL.sub(r"\\\1", name).replace("\n", "?").replace("\r", "?")
    escaped = re.sub(r"[^\S ](?= *$)", "?", escaped)
    return re.sub(r" +$", lambda spaces: "\\ " * len(spaces[0]), escaped)


def _has_patterns(text: str) -> bool:
    """Whether a file says more than "the whole folder", which is what one without patterns says."""
    return any(line.strip() and not line.startswith("#") for line in rule_lines(text))


def _read(path: str) -> str | None:
    try:
        return read_rules(path)
    except FileNotFoundError:
        return None


def _replace(path: str, text: str) -> None:
    folder = os.path.dirname(path)
    handle, draft = tempfile.mkstemp(prefix=".organiser-", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, _mode(path))
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


def _mode(path: str) -> int:
    """The mode of the file that is replaced; of a new one, what the umask leaves of 0666."""
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
