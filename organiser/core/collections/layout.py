"""Where in a collection a photo goes: layout templates, names every file system takes, names that never clash. Pure.

A photo's place follows from the set of wanted photos alone: never from their order, from earlier syncs, or from files
of other people that happen to lie there. When several photos want one name, *all* of them get `stem~digest8.ext`, so a
third one that joins renames nobody, and only the step from one to two (or back) renames a file.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import TypeVar

from organiser.errors import LayoutError

Key = TypeVar("Key", bound=Hashable)

DEFAULT_LAYOUT = "{name}"

UNDATED = "undated"
"""Stands for a moment that is not known; such components in a row are one."""

UNKNOWN = "unknown"
"""Stands for a camera or an emotion that is not known."""

_FIELDS = ("name", "folder", "taken", "emotion", "camera")
_FORBIDDEN = re.compile('[<>:"/\\\\|?*\x00-\x1f\x7f\ud800-\udfff]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)|\.organiser-", re.IGNORECASE)
_LONGEST_EXTENSION = 16
_DIGITS = (0, 8, 16, 64)


@dataclass(frozen=True, slots=True)
class Naming:
    """What the file system at a collection's target makes of names.

    Attributes:
        folds_case: 'A.jpg' and 'a.jpg' are one file.
        folds_form: composed and decomposed accents are one name.
        limit: longest name of a file or folder, in bytes of UTF-8.
    """

    folds_case: bool = False
    folds_form: bool = False
    limit: int = 255

    def key(self, path: str) -> str:
        """Return what two paths have in common iff they mean the same file there."""
        if self.folds_form:
            path = unicodedata.normalize("NFC", path)
        if self.folds_case:
            path = path.casefold()
        return unicodedata.normalize("NFC", path) if self.folds_form else path


@dataclass(frozen=True, slots=True)
class Subject:
    """What of a photo decides its place.

    Attributes:
        name: of its file.
        digest: of its picture, in hex; no two photos share it.
        folder: of its file, relative to the root, '/' between parts; '' for the root itself.
    """

    name: str
    digest: str
    folder: str = ""
    taken: datetime | None = None
    emotion: str | None = None
    camera: str | None = None


_EXAMPLE = Subject("name", "0" * 64, "folder", datetime(2024, 5, 17), "emotion", "camera")  # noqa: DTZ001 - a wall clock's

Layout = Callable[[Subject], str]
"""Gives a photo's relative path before clashes are resolved, '/' between parts, not yet made safe."""


def parse_layout(template: str | None) -> Layout:
    """Return what a template such as `{taken:%Y}/{taken:%m}/{name}` means; None means `{name}`.

    Fields are name, folder, taken (with a strftime format), emotion and camera; the last part must hold `{name}`.

    Raises:
        LayoutError: an unknown field, a bad format, or a path that leaves the target.

    >>> parse_layout("{taken:%Y}/{name}")(Subject("a.jpg", "0" * 64, taken=datetime(2024, 5, 17)))
    '2024/a.jpg'
    """
    template = DEFAULT_LAYOUT if template is None else template
    try:
        pieces = [_piece(*piece) for piece in Formatter().parse(template)]
        example = "".join(piece(_EXAMPLE) for piece in pieces)
    except ValueError as error:
        raise LayoutError(f"layout {template!r}: {error}") from error
    if "{name}" not in template.rpartition("/")[2]:
        raise LayoutError(f"layout {template!r}: the last part must hold {{name}}, which keeps the extension")
    if any(not part.strip(" .") for part in example.split("/")):
        raise LayoutError(
            f"layout {template!r}: a leading '/', an empty part, '.' or '..' names no folder below a target"
        )

    def place(subject: Subject) -> str:
        parts = "".join(piece(subject) for piece in pieces).split("/")
        return "/".join(part for at, part in enumerate(parts) if part != UNDATED or at == 0 or part != parts[at - 1])

    return place


def _piece(literal: str, field: str | None, form: str | None, conversion: str | None) -> Layout:
    """Return the function that writes one literal and the field after it."""
    if field is None:
        return lambda _: literal
    if field not in _FIELDS:
        raise ValueError(f"unknown field {{{field}}}; there are {', '.join(_FIELDS)}")
    if conversion or (form and field != "taken"):
        raise ValueError(f"{{{field}}} takes no format")
    return lambda subject: literal + _value(subject, field, form or "%Y-%m-%d")


def _value(subject: Subject, field: str, form: str) -> str:
    if field == "taken":
        return UNDATED if subject.taken is None else subject.taken.strftime(form)
    if field == "folder":
        return subject.folder
    value = subject.name if field == "name" else subject.emotion if field == "emotion" else subject.camera
    return (value or UNKNOWN).replace("/", "_")


def safe_path(path: str, limit: int = 255) -> str:
    """Return `path` with every part a name that FAT, NTFS, APFS and ext4 take; empty parts go.

    >>> safe_path("2024//who?.jpg"), safe_path("con.jpg")
    ('2024/who_.jpg', '_con.jpg')
    """
    return "/".join(_safe_name(part, limit) for part in path.split("/") if part)


def _safe_name(name: str, limit: int) -> str:
    name = _FORBIDDEN.sub("_", name)
    kept = name.rstrip(" .")
    name = kept + "_" * (len(name) - len(kept)) if kept != name else name
    return _fitted("_" + name if _RESERVED.match(name) else name, "", limit)


def _fitted(name: str, suffix: str, limit: int) -> str:
    """Return `name` with `suffix` between its stem and its extension, the stem cut so that all fits `limit` bytes."""
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    tail = suffix + dot + extension
    room = max(limit - len(tail.encode()), 1)
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode(errors="ignore").rstrip(" .") or "_"
    return stem + tail


def name_apart(
    subjects: Mapping[Key, Subject], layout: Layout, naming: Naming, taken: Container[str] = ()
) -> dict[Key, str]:
    """Return a relative path for each subject, no two of which mean the same file.

    Subjects whose paths clash all get the first 8 digits of their digest; were that not enough, 16, then 64. What is in
    `taken` (keys of paths that cannot be had) counts as one more claimant.
    """
    plain = {key: safe_path(layout(subject), naming.limit) for key, subject in subjects.items()}
    paths = dict(plain)
    level = dict.fromkeys(subjects, 0)
    while clashing := _clashing(paths, naming, taken):
        for key in clashing:
            level[key] += 1
            paths[key] = _suffixed(plain[key], subjects[key].digest, level[key], naming.limit)
    return paths


def _clashing(paths: Mapping[Key, str], naming: Naming, taken: Container[str]) -> list[Key]:
    claims: dict[str, list[Key]] = {}
    for key, path in paths.items():
        claims.setdefault(naming.key(path), []).append(key)
    return [key for path, keys in claims.items() if len(keys) > 1 or path in taken for key in keys]


def _suffixed(path: str, digest: str, level: int, limit: int) -> str:
    folder, slash, name = path.rpartition("/")
    digits = digest[: _DIGITS[level]] if level < len(_DIGITS) else digest + "~" * (level - len(_DIGITS) + 1)
    return folder + slash + _fitted(name, f"~{digits}", limit)
