"""Absolute paths as people see and seek them, over rows that keep a root and a relative path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from string import ascii_lowercase, digits

from sqlalchemy import ColumnElement, FromClause, String, and_, case, collate, func, literal, or_, type_coerce

from organiser.core.query.fold import capitals, fold, forms
from organiser.index.db.schema import files
from organiser.index.db.types import PathText


@dataclass(frozen=True, slots=True)
class Needle:
    """Where a text may lie in absolute paths: `root_path/relpath` holds it in one of three ways.

    Attributes:
        roots: those whose own path holds it, so that it matches all their files.
        inside: its folded forms, to be found in the relative path.
        starts: roots whose path ends with its beginning, each with the rest, which the relative path has to start with.
    """

    roots: tuple[int, ...]
    inside: tuple[str, ...]
    starts: tuple[tuple[int, str], ...]


def locate_needle(text: str, roots: Mapping[int, str]) -> Needle:
    """Split a wanted text over the paths of roots, by id, and relative paths: "/Holiday" may start one or lie in one."""
    inside = forms(text)
    whole: list[int] = []
    starts: list[tuple[int, str]] = []
    for root_id, path in roots.items():
        prefix = fold(_prefix(path))
        if any(form in prefix for form in inside):
            whole.append(root_id)
            continue
        for form in inside:
            starts.extend((root_id, form[at:]) for at in range(1, len(form)) if prefix.endswith(form[:at]))
    return Needle(tuple(whole), inside, tuple(starts))


def path_contains(
    text: str, roots: Mapping[int, str], dialect: str, of: FromClause = files, any_digit: str = ""
) -> ColumnElement[bool]:
    """The condition that a file's absolute path holds a text.

    Args:
        of: what has the file's `root_id` and `relpath`.
        any_digit: a character that stands for any digit in a path, on SQLite; the path may hold the text then.
    """
    needle = locate_needle(text, roots)
    path = partial(_holds, of.c.relpath, dialect, any_digit)
    ways = [path(form, anywhere=True) for form in needle.inside]
    ways += [and_(of.c.root_id == key, path(rest, anywhere=False)) for key, rest in needle.starts]
    return or_(*ways, *([of.c.root_id.in_(needle.roots)] if needle.roots else []))


def absolute_path(roots: Mapping[int, str]) -> ColumnElement[str]:
    """The absolute path of a file in a statement, for the roots there are, by id."""
    prefixes = {key: type_coerce(literal(_prefix(path), PathText), String) for key, path in roots.items()}
    root = case(prefixes, value=files.c.root_id) if prefixes else literal("")
    return type_coerce(root.concat(type_coerce(files.c.relpath, String)), PathText)


def absolute(root: str, relpath: str) -> str:
    """Return the absolute path of a file under a root."""
    return _prefix(root) + relpath


def _prefix(root: str) -> str:
    return root if root.endswith("/") else f"{root}/"


def _holds(path: ColumnElement[str], dialect: str, any_digit: str, form: str, *, anywhere: bool) -> ColumnElement[bool]:
    """The condition that a relative path holds a folded form, or starts with it.

    SQLite's LIKE folds ASCII by itself; beyond ASCII, GLOB gets the letters that fold alike. Postgres is told all.
    """
    others = capitals(form) + [(any_digit, digit) for digit in digits if any_digit and digit in form]
    if dialect == "sqlite" and others:
        return path.op("GLOB", is_comparison=True)(f"{'*' if anywhere else ''}{_globbed(form, others)}*")
    if others:
        path = func.translate(
            path, "".join(other for other, _ in others), "".join(to for _, to in others), type_=PathText
        )
    if dialect != "sqlite":
        path = func.lower(collate(path, "C"), type_=PathText)
    escaped = form.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return path.like(f"{'%' if anywhere else ''}{escaped}%", escape="\\")


def _globbed(form: str, others: Sequence[tuple[str, str]]) -> str:
    alike = {letter: letter + letter.upper() for letter in ascii_lowercase} | {sign: sign for sign in "*?["}
    for other, letter in others:
        alike[letter] = alike.get(letter, letter) + other
    return "".join(f"[{alike[letter]}]" if letter in alike else letter for letter in form)
