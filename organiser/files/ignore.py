"""Which parts of a root are not scanned: junk, our own collections, and what the user's patterns leave out.

Patterns have gitignore's meaning. They come from the settings (relative to the root) and from a `.organiser-ignore` in
any folder (relative to it); the deepest file that says anything about a path decides, and nothing below an ignored
folder is looked at again. Without patterns a path costs one test of its name.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from organiser.core.collections.placement import COLLECTION_MARKER
from organiser.files.names import IGNORE_FILE, PICTURE_EXTENSIONS, is_junk
from organiser.regular_files import read_regular

_MOST_BYTES = 1 << 24
_ENGINE = "simple"
"""Of patterns: the others that pathspec takes where they are installed, RE2 for one, take no name that is no UTF-8."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What of a root is scanned.

    Attributes:
        patterns: gitignore lines from the settings, relative to the root.
        extensions: of files that may be pictures, in lower case, without the dot.
    """

    patterns: tuple[str, ...] = ()
    extensions: frozenset[str] = PICTURE_EXTENSIONS


PICTURES = Rules()
"""No patterns of the user's, every format that can be read."""


class Layer(NamedTuple):
    """The patterns of one folder; `prefix` is its relpath with a trailing '/', or '' for the root."""

    prefix: str
    spec: GitIgnoreSpec


Layers = tuple[Layer, ...]
"""From the root down; the last one that has an opinion decides."""


@lru_cache(maxsize=16)
def _compiled(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(patterns, backend=_ENGINE)


def outermost(rules: Rules) -> Layers:
    """Return the layers that hold in the root before any `.organiser-ignore` is read.

    Raises:
        ValueError: a pattern is invalid.
    """
    return (Layer("", _compiled(rules.patterns)),) if rules.patterns else ()


def excludes(layers: Layers, relpath: str, *, is_directory: bool) -> bool:
    """Whether the patterns leave out `relpath`, given that no folder above it is left out."""
    for prefix, spec in reversed(layers):
        include = spec.check_file(relpath[len(prefix) :] + ("/" if is_directory else "")).include
        if include is not None:
            return include
    return False


def entered(root: str, relpath: str, layers: Layers, names: Iterable[str]) -> Layers | None:
    """Return the layers that hold inside the folder `relpath`, or None when the folder asks to be left alone.

    Args:
        names: the names in the folder, or those of them that might matter here.

    Raises:
        OSError, ValueError: its `.organiser-ignore` cannot be read or holds a line that is no pattern; to be safe,
            nothing in that folder should be looked at then.
    """
    if COLLECTION_MARKER in names:
        return None
    if IGNORE_FILE not in names:
        return layers
    lines = rule_lines(read_rules(os.path.join(root, relpath, IGNORE_FILE)))
    if not any(line.strip() and not line.startswith("#") for line in lines):
        return None
    return (*layers, Layer(relpath + "/" if relpath else "", GitIgnoreSpec.from_lines(lines, backend=_ENGINE)))


def read_rules(path: str) -> str:
    """Return the text of an ignore file; bytes that are no UTF-8 are surrogate-escaped, as in names.

    Raises:
        OSError: it cannot be read, is no regular file or larger than any list of patterns.
    """
    try:
        return read_regular(path, _MOST_BYTES).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise OSError(error.errno, f"its {IGNORE_FILE}: {error.strerror}", path) from error


def rule_lines(text: str) -> list[str]:
    r"""Return the lines of an ignore file as git reads them: a name may hold any other line break that Unicode knows.

    >>> rule_lines("/a\u2028b.jpg\n*.gif\n")
    ['/a\u2028b.jpg', '*.gif', '']
    """
    return [line.removesuffix("\r") for line in text.split("\n")]


def layers_inside(root: str, relpath: str, rules: Rules) -> Layers | None:
    """Return the layers that hold inside the folder `relpath`, or None when it or a folder above is ignored.

    Raises:
        OSError, ValueError: as :func:`entered`, for any folder on the way.
    """
    layers: Layers | None = entered(root, "", outermost(rules), markers(root))
    path = ""
    for name in relpath.split("/") if relpath else ():
        path = f"{path}/{name}" if path else name
        if layers is None or is_junk(name) or excludes(layers, path, is_directory=True):
            return None
        layers = entered(root, path, layers, markers(os.path.join(root, path)))
    return layers


def markers(directory: str) -> list[str]:
    """Return which of the names that :func:`entered` respects are in a folder."""
    return [name for name in (COLLECTION_MARKER, IGNORE_FILE) if os.path.lexists(os.path.join(directory, name))]


def is_ignored(root: str, relpath: str, rules: Rules, *, is_directory: bool = False) -> bool:
    """Whether a scan of `root` would leave out `relpath`, by its name, a folder above it or a pattern.

    The path itself need not exist. Where an ignore file cannot be read the answer is no; a walk reports that folder as
    unreadable.
    """
    folder, _, name = relpath.rpartition("/")
    if not name:
        return False
    try:
        layers = layers_inside(root, relpath if is_directory else folder, rules)
    except (OSError, ValueError):
        return False
    if layers is None:
        return True
    return not is_directory and (is_junk(name) or excludes(layers, relpath, is_directory=False))
