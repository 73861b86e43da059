"""Terms of a query → SQL conditions on a photo, alike on SQLite and Postgres.

A condition may come out as NULL where something is unknown; whoever uses it takes NULL for false.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Exists, and_, exists, false, func, or_, select, true

from organiser.core.query.matches import epoch
from organiser.core.query.terms import NO, NONE, YES, Between, Choice, Contains, Field, Pattern, Period, Test
from organiser.index.db.schema import corrections, failures, files, photos, verdicts
from organiser.index.search.names import Names
from organiser.index.search.path_text import absolute_path, path_contains

VERDICT_FIELDS = frozenset({Field.EMOTION, Field.REASON, Field.CONFIDENCE, Field.FACES, Field.MODEL, Field.JUDGED})
PHOTO_FIELDS = frozenset({Field.TAKEN, Field.ADDED, Field.CAMERA, Field.WIDTH, Field.HEIGHT})


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
        case Period(field, since, until):
            if field is Field.ADDED:
                return _between(photos.c.added, since and epoch(since), until and epoch(until), half_open=True)
            return _between(subject.taken, since, until, half_open=True)
        case Contains() | Pattern():
            return _text(test, subject)


def first_path(subject: Subject) -> ColumnElement[str]:
    """The absolute path of the first file of the photo that counts, by id."""
    path = select(absolute_path(subject.names.roots)).where(files.c.photo_id == subject.photo_id, _visible(subject))
    return path.order_by(files.c.id).limit(1).correlate_except(files).scalar_subquery()


def _choice(field: Field, options: tuple[str, ...], subject: Subject) -> ColumnElement[bool]:
    match field:
        case Field.EMOTION:
            shown = verdicts.c.emotion.in_([option for option in options if option != NONE])
            none = and_(verdicts.c.reason.is_not(None), verdicts.c.emotion.is_(None))
            return or_(shown, none) if NONE in options else shown
        case Field.REASON:
            return verdicts.c.reason.in_(options)
        case Field.FAILED:
            return _failed(options, subject)
        case Field.MISSING:
            return true()
        case _:
            return _is(_state(field, subject), options)


def _state(field: Field, subject: Subject) -> ColumnElement[bool]:
    if field is Field.JUDGED:
        return verdicts.c.reason.is_not(None)
    if field is Field.CORRECTED:
        return exists().where(corrections.c.photo_id == subject.photo_id).correlate_except(corrections)
    number = select(func.count()).where(files.c.photo_id == subject.photo_id, _visible(subject))
    return number.correlate_except(files).scalar_subquery() > 1


def _is(holds: ColumnElement[bool], options: tuple[str, ...]) -> ColumnElement[bool]:
    wanted = [condition for option, condition in ((YES, holds), (NO, ~holds)) if option in options]
    return or_(*wanted)


def _failed(options: tuple[str, ...], subject: Subject) -> ColumnElement[bool]:
    kinds = [option for option in options if option not in (YES, NO)]
    wanted = [_failing(subject, failures.c.kind.in_(kinds))] if kinds else []
    return or_(*wanted, *([_is(_failing(subject), options)] if {YES, NO} & set(options) else []))


def _failing(subject: Subject, *kinds: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that a failure is recorded of the photo or of one of its files."""
    own = exists().where(failures.c.photo_id == subject.photo_id, *kinds).correlate_except(failures)
    through = select(1).join_from(failures, files, failures.c.file_id == files.c.id)
    return or_(
        own, through.where(files.c.photo_id == subject.photo_id, *kinds).correlate_except(failures, files).exists()
    )


def _between(column: ColumnElement[Any], low: object, high: object, *, half_open: bool = False) -> ColumnElement[bool]:
    if low is not None and low == high and not half_open:
        return column == low
    bounds = [] if low is None else [column >= low]
    if high is not None:
        bounds.append(column < high if half_open else column <= high)
    return and_(*bounds) if bounds else column.is_not(None)


def _text(test: Contains | Pattern, subject: Subject) -> ColumnElement[bool]:
    names = subject.names
    if test.field is Field.CAMERA:
        return photos.c.camera.in_(names.matching_cameras(test))
    if test.field is Field.MODEL:
        return verdicts.c.model_id.in_(names.matching_models(test))
    lies: ColumnElement[bool]
    if test.field is Field.ROOT:
        lies = files.c.root_id.in_(names.matching_roots(test))
    elif isinstance(test, Contains):
        lies = path_contains(test.text, names.roots, subject.dialect)
    else:
        lies = absolute_path(names.roots).regexp_match(test.expression)
    return _some_file(subject).where(_visible(subject), lies)


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


_NUMBERS: Mapping[Field, Column[object]] = {
    Field.CONFIDENCE: verdicts.c.confidence,
    Field.FACES: verdicts.c.faces,
    Field.WIDTH: photos.c.width,
    Field.HEIGHT: photos.c.height,
}
