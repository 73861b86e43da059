"""Terms of a query → SQL conditions on a photo, alike on SQLite and Postgres.

A condition may come out as NULL where something is unknown; whoever uses it takes NULL for false. Texts of which there
are few (roots, cameras, models) are matched here, in Python, and asked for by equality.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Exists,
    Select,
    String,
    and_,
    case,
    collate,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)

from organiser.core.query.fold import capitals, fold, forms
from organiser.core.query.matches import epoch, holds_text
from organiser.core.query.terms import (
    NO,
    NONE,
    YES,
    Between,
    Choice,
    Contains,
    Field,
    Pattern,
    Period,
    Query,
    SortKey,
    Test,
)
from organiser.index.schema import corrections, failures, files, models, photos, roots, verdicts
from organiser.index.types import PathText

VERDICT_FIELDS = frozenset({Field.EMOTION, Field.REASON, Field.CONFIDENCE, Field.FACES, Field.MODEL, Field.JUDGED})
PHOTO_FIELDS = frozenset({Field.TAKEN, Field.ADDED, Field.CAMERA, Field.WIDTH, Field.HEIGHT})


@dataclass(frozen=True, slots=True)
class Names:
    """The texts a query may ask for that few rows have; those it does not ask for are left empty."""

    roots: Mapping[int, str]
    cameras: tuple[str, ...]
    models: Mapping[int, str]


def names_for(tx: Connection, query: Query) -> Names:
    """Read the names that the query's terms are about."""
    asked = {term.test.field for terms in query.alternatives for term in terms}
    asked |= {Field.PATH for order in query.order if order.key is SortKey.PATH}
    label = models.c.name + "@" + models.c.version
    return Names(
        roots=_pairs(tx, select(roots.c.id, roots.c.path)) if asked & {Field.PATH, Field.ROOT} else {},
        cameras=_cameras(tx) if Field.CAMERA in asked else (),
        models=_pairs(tx, select(models.c.id, label)) if Field.MODEL in asked else {},
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """The photo that conditions are about, in the statement they are for.

    Attributes:
        photo_id, taken: the columns that hold them there.
        states: which values of `Facts.missing` it may have, which decides the files that count.
    """

    photo_id: ColumnElement[int]
    taken: ColumnElement[datetime]
    states: frozenset[bool]
    names: Names
    dialect: str


def is_counted(subject: Subject) -> ColumnElement[bool]:
    """The condition that the photo has files that count: present ones, or missing ones where those are asked for."""
    some = _some_file(subject)
    if subject.states == {False}:
        return some.where(files.c.missing_since.is_(None))
    if subject.states == {True}:
        return and_(some, ~_some_file(subject).where(files.c.missing_since.is_(None)))
    return some if subject.states else false()


def condition(test: Test, subject: Subject) -> ColumnElement[bool]:
    """The condition that a test passes; `missing:` is settled by `is_counted`."""
    match test:
        case Choice(field, options):
            return _choice(field, options, subject)
        case Between(field, low, high):
            return _between(_NUMBERS[field], low, high)
        case Period(Field.ADDED, since, until):
            return _between(photos.c.added, since and epoch(since), until and epoch(until), half_open=True)
        case Period(_, since, until):
            return _between(subject.taken, since, until, half_open=True)
        case Contains(Field.PATH, text):
            return _some_file(subject).where(_visible(subject), _path_contains(text, subject))
        case Pattern(Field.PATH, expression):
            return _some_file(subject).where(_visible(subject), absolute_path(subject.names).regexp_match(expression))
        case Contains() | Pattern():
            return _named(test, subject)


def _choice(field: Field, options: tuple[str, ...], subject: Subject) -> ColumnElement[bool]:
    match field:
        case Field.EMOTION:
            shown = verdicts.c.emotion.in_([option for option in options if option != NONE])
            none = and_(verdicts.c.reason.is_not(None), verdicts.c.emotion.is_(None))
            return or_(shown, none) if NONE in options else shown
        case Field.REASON:
            return verdicts.c.reason.in_(options)
        case Field.JUDGED:
            return _is(verdicts.c.reason.is_not(None), options)
        case Field.CORRECTED:
            return _is(exists().where(corrections.c.photo_id == subject.photo_id), options)
        case Field.FAILED:
            return _failed(options, subject)
        case Field.DUPLICATES:
            number = select(func.count()).where(files.c.photo_id == subject.photo_id, _visible(subject))
            return _is(number.correlate_except(files).scalar_subquery() > 1, options)
        case _:
            return true()


def _is(holds: ColumnElement[bool], options: tuple[str, ...]) -> ColumnElement[bool]:
    wanted = [condition for option, condition in ((YES, holds), (NO, ~holds)) if option in options]
    return or_(*wanted)


def _failed(options: tuple[str, ...], subject: Subject) -> ColumnElement[bool]:
    def failing(*kinds: ColumnElement[bool]) -> ColumnElement[bool]:
        whole = exists().where(failures.c.photo_id == subject.photo_id, *kinds).correlate_except(failures)
        source = select(1).join_from(failures, files, failures.c.file_id == files.c.id)
        return or_(
            whole, source.where(files.c.photo_id == subject.photo_id, *kinds).correlate_except(failures, files).exists()
        )

    kinds = [option for option in options if option not in (YES, NO)]
    wanted = [failing(failures.c.kind.in_(kinds))] if kinds else []
    return or_(*wanted, *([_is(failing(), options)] if {YES, NO} & set(options) else []))


def _between(column: ColumnElement[Any], low: object, high: object, *, half_open: bool = False) -> ColumnElement[bool]:
    if low is not None and low == high and not half_open:
        return column == low
    bounds = [] if low is None else [column >= low]
    if high is not None:
        bounds.append(column < high if half_open else column <= high)
    return and_(*bounds) if bounds else column.is_not(None)


def _named(test: Contains | Pattern, subject: Subject) -> ColumnElement[bool]:
    names = subject.names
    match test.field:
        case Field.CAMERA:
            return photos.c.camera.in_(matching_cameras(test, names))
        case Field.MODEL:
            return verdicts.c.model_id.in_(_matching(test, names.models))
        case _:
            lies = files.c.root_id.in_(matching_roots(test, names))
            return _some_file(subject).where(_visible(subject), lies)


def matching_cameras(test: Contains | Pattern, names: Names) -> list[str]:
    """Return the cameras there are that a test is passed by."""
    return [camera for camera in names.cameras if holds_text(test, camera)]


def matching_roots(test: Contains | Pattern, names: Names) -> list[int]:
    """Return the roots there are that a test is passed by."""
    return _matching(test, names.roots)


def _matching(test: Contains | Pattern, names: Mapping[int, str]) -> list[int]:
    return [key for key, name in names.items() if holds_text(test, name)]


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
    """Split a wanted text over roots and relative paths.

    >>> locate_needle("/Holiday", {1: "/home/anna"})
    Needle(roots=(), inside=('/holiday',), starts=((1, 'holiday'),))
    """
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


def _path_contains(text: str, subject: Subject) -> ColumnElement[bool]:
    needle = locate_needle(text, subject.names.roots)
    ways = [_like(subject.dialect, form, "%{}%") for form in needle.inside]
    ways += [and_(files.c.root_id == key, _like(subject.dialect, rest, "{}%")) for key, rest in needle.starts]
    return or_(*ways, *([files.c.root_id.in_(needle.roots)] if needle.roots else []))


def _like(dialect: str, form: str, pattern: str) -> ColumnElement[bool]:
    """Compare relative paths with a folded form: SQLite's LIKE folds ASCII by itself, Postgres is told to."""
    path: ColumnElement[str] = files.c.relpath
    for other, letter in capitals(form):
        path = func.replace(path, other, letter, type_=PathText)
    if dialect != "sqlite":
        path = func.lower(collate(path, "C"), type_=PathText)
    escaped = form.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return path.like(pattern.format(escaped), escape="\\")


def absolute_path(names: Names) -> ColumnElement[str]:
    """The absolute path of a file in the statement."""
    prefixes = {key: type_coerce(literal(_prefix(path), PathText), String) for key, path in names.roots.items()}
    root = case(prefixes, value=files.c.root_id) if prefixes else literal("")
    return type_coerce(root.concat(type_coerce(files.c.relpath, String)), PathText)


def first_path(subject: Subject) -> ColumnElement[str]:
    """The absolute path of the first file of the photo that counts, by id."""
    path = select(absolute_path(subject.names)).where(files.c.photo_id == subject.photo_id, _visible(subject))
    return path.order_by(files.c.id).limit(1).correlate_except(files).scalar_subquery()


def absolute(root: str, relpath: str) -> str:
    """Return the absolute path of a file under a root."""
    return _prefix(root) + relpath


def _prefix(root: str) -> str:
    return root if root.endswith("/") else f"{root}/"


def _some_file(subject: Subject) -> Exists:
    return exists().where(files.c.photo_id == subject.photo_id).correlate_except(files)


def _visible(subject: Subject) -> ColumnElement[bool]:
    """The condition that a file counts: it is present, or missing with all others of its photo."""
    present = files.c.missing_since.is_(None)
    if subject.states == {False}:
        return present
    if subject.states == {True}:
        return true()
    other = files.alias()
    among = exists().where(other.c.photo_id == subject.photo_id, other.c.missing_since.is_(None))
    return or_(present, ~among.correlate_except(other))


def _pairs(tx: Connection, query: Select[tuple[int, str]]) -> dict[int, str]:
    return {key: name for key, name in tx.execute(query)}


def _cameras(tx: Connection) -> tuple[str, ...]:
    """The cameras there are, found by skipping along their index: few, of many rows."""
    first = select(func.min(photos.c.camera).label("name")).cte("cameras", recursive=True)
    following = select(func.min(photos.c.camera)).where(photos.c.camera > first.c.name).scalar_subquery()
    every = first.union_all(select(following).where(first.c.name.is_not(None)))
    return tuple(tx.execute(select(every.c.name).where(every.c.name.is_not(None))).scalars())


_NUMBERS: Mapping[Field, Column[object]] = {
    Field.CONFIDENCE: verdicts.c.confidence,
    Field.FACES: verdicts.c.faces,
    Field.WIDTH: photos.c.width,
    Field.HEIGHT: photos.c.height,
}
