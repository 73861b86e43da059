"""What the tests of a query mean as SQL conditions on a photo, alike on SQLite and Postgres; `fields` says of which.

A condition may come out as NULL where something is unknown; whoever uses it takes NULL for false.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Exists,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    true,
)

from organiser.core.query.matches import epoch
from organiser.core.query.terms import NO, NONE, YES, Between, Choice, Contains, Pattern, Period
from organiser.index.db.schema import (
    corrections,
    faces,
    failures,
    files,
    keywords,
    photos,
    placements,
    ratings,
    verdicts,
)
from organiser.index.search.file_counts import counted_otherwise, file_counts
from organiser.index.search.names import Names
from organiser.index.search.path_text import absolute_path, path_contains


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


ChoiceCondition = Callable[[Choice, Subject], ColumnElement[bool]]


def is_counted(subject: Subject) -> ColumnElement[bool]:
    """The condition that the photo has files that count: present ones, or missing ones where those are asked for."""
    if subject.dialect == "sqlite":
        return _is_counted_by_number(subject)
    some = _some_file(subject)
    if subject.states == {False}:
        return some.where(files.c.missing_since.is_(None))
    if subject.states == {True}:
        return and_(some, ~_some_file(subject).where(files.c.missing_since.is_(None)))
    return some if subject.states else false()


def _is_counted_by_number(subject: Subject) -> ColumnElement[bool]:
    """The same by the counts that SQLite keeps of photos that other than one present file shows."""
    otherwise = counted_otherwise(subject.photo_id)
    if subject.states == {False}:
        return ~otherwise.where(file_counts.c.present == 0)
    if subject.states == {True}:
        return otherwise.where(file_counts.c.present == 0, file_counts.c.files > 0)
    return ~otherwise.where(file_counts.c.files == 0) if subject.states else false()


def first_path(subject: Subject) -> ColumnElement[str]:
    """The absolute path of the first file of the photo that counts, by id."""
    path = select(absolute_path(subject.names.roots)).where(files.c.photo_id == subject.photo_id, _visible(subject))
    return path.order_by(files.c.id).limit(1).correlate_except(files).scalar_subquery()


def emotion(test: Choice, _subject: Subject) -> ColumnElement[bool]:
    """The condition that the verdict has one of the emotions asked for, or none of them where that is asked for."""
    shown = verdicts.c.emotion.in_([option for option in test.options if option != NONE])
    none = and_(verdicts.c.reason.is_not(None), verdicts.c.emotion.is_(None))
    return or_(shown, none) if NONE in test.options else shown


def word(column: Column[Any]) -> ChoiceCondition:
    """A column that holds the word itself."""
    return lambda test, _subject: column.in_(test.options)


def state(holds: Callable[[Subject], ColumnElement[bool]]) -> ChoiceCondition:
    """Something that holds (`yes`) or does not (`no`)."""
    return lambda test, subject: _is(holds(subject), test.options)


def number(column: Column[Any]) -> Callable[[Between, Subject], ColumnElement[bool]]:
    """A column that holds the number."""
    return lambda test, _subject: _between(column, test.low, test.high)


def taken(test: Period, subject: Subject) -> ColumnElement[bool]:
    """The condition that the wall-clock time of exposure lies in a period."""
    return _between(subject.taken, test.since, test.until, half_open=True)


def added(test: Period, _subject: Subject) -> ColumnElement[bool]:
    """The condition that the photo was first seen in a period."""
    since, until = test.since and epoch(test.since), test.until and epoch(test.until)
    return _between(photos.c.added, since, until, half_open=True)


def judged(_subject: Subject) -> ColumnElement[bool]:
    """The condition that there is a verdict."""
    return verdicts.c.reason.is_not(None)


def corrected(subject: Subject) -> ColumnElement[bool]:
    """The condition that a person said something of the photo."""
    return exists().where(corrections.c.photo_id == subject.photo_id).correlate_except(corrections)


def duplicated(subject: Subject) -> ColumnElement[bool]:
    """The condition that more than one file shows the photo."""
    number = select(func.count()).where(files.c.photo_id == subject.photo_id, _visible(subject))
    return number.correlate_except(files).scalar_subquery() > 1


def failed(test: Choice, subject: Subject) -> ColumnElement[bool]:
    """The condition that a failure is recorded (`yes`), none is (`no`), or one of the kinds asked for."""
    kinds = [option for option in test.options if option not in (YES, NO)]
    wanted = [_failing(subject, failures.c.kind.in_(kinds))] if kinds else []
    return or_(*wanted, *([_is(_failing(subject), test.options)] if {YES, NO} & set(test.options) else []))


def camera(test: Contains | Pattern, subject: Subject) -> ColumnElement[bool]:
    """The condition that make and model pass a test."""
    return photos.c.camera.in_(subject.names.matching_cameras(test))


def model(test: Contains | Pattern, subject: Subject) -> ColumnElement[bool]:
    """The condition that name@version of the verdict's model passes a test."""
    return verdicts.c.model_id.in_(subject.names.matching_models(test))


def path(test: Contains | Pattern, subject: Subject) -> ColumnElement[bool]:
    """The condition that the absolute path of a file that counts passes a test."""
    names = subject.names
    if isinstance(test, Contains):
        lies = path_contains(test.text, names.roots, subject.dialect)
    else:
        lies = absolute_path(names.roots).regexp_match(test.expression)
    return _some_file(subject).where(_visible(subject), lies)


def placed(test: Contains | Pattern, subject: Subject) -> ColumnElement[bool]:
    """The condition that a collection whose name passes a test holds the photo."""
    among = placements.c.collection_id.in_(subject.names.matching_collections(test))
    return exists().where(placements.c.photo_id == subject.photo_id, among).correlate_except(placements)


def keyword(test: Contains | Pattern, subject: Subject) -> ColumnElement[bool]:
    """The condition that a keyword of a file that counts passes a test."""
    given = select(1).join_from(keywords, files).where(among_keywords(test, subject.names))
    return (
        given.where(files.c.photo_id == subject.photo_id, _visible(subject)).correlate_except(keywords, files).exists()
    )


def among_keywords(test: Contains | Pattern, names: Names) -> ColumnElement[bool]:
    """The condition that a row of `keywords` passes a test."""
    found: BindParameter[str] = bindparam(None, names.matching_keywords(test), expanding=True, literal_execute=True)
    return keywords.c.keyword.in_(found)  # literal: there may be more of them than a statement may have parameters


def rating(test: Between, subject: Subject) -> ColumnElement[bool]:
    """The condition that the most stars of a file that counts lie in a range."""
    most = select(func.max(ratings.c.rating)).join_from(ratings, files)
    most = most.where(files.c.photo_id == subject.photo_id, _visible(subject))
    return _between(most.correlate_except(ratings, files).scalar_subquery(), test.low, test.high)


def face(test: Between, subject: Subject) -> ColumnElement[bool]:
    """The condition that the height of the tallest face lies in a range; what is behind the point does not count."""
    tallest = select(func.max(faces.c.h)).where(faces.c.photo_id == subject.photo_id, faces.c.subject == "face")
    height = tallest.correlate_except(faces).scalar_subquery() * (100.0 if test.percent else photos.c.height)
    return _between(height, test.low, None if test.high is None else test.high + 1, half_open=True)


def root(test: Contains | Pattern, subject: Subject) -> ColumnElement[bool]:
    """The condition that a file that counts lies under a root whose path passes a test."""
    lies = files.c.root_id.in_(subject.names.matching_roots(test))
    return _some_file(subject).where(_visible(subject), lies)


def _is(holds: ColumnElement[bool], options: tuple[str, ...]) -> ColumnElement[bool]:
    wanted = [condition for option, condition in ((YES, holds), (NO, ~holds)) if option in options]
    return or_(*wanted)


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
