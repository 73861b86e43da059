"""Where a search on SQLite starts: the one index that leads to an alternative's photos; everything else filters them.

SQLite knows how many rows a table has, not how many are happy, so the choice is made here: every index that a term can
use is counted, up to a bound, and the one whose worst case is cheapest leads. An index that gives photos in the order
of the answer may be left as soon as the page is full; any other is read to its end and sorted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, Connection, FromClause, Select, func, select, true

from organiser.core.query.matches import missing_states
from organiser.core.query.terms import (
    NO,
    NONE,
    YES,
    Alternative,
    Between,
    Choice,
    Contains,
    Field,
    Order,
    Pattern,
    Period,
    SortKey,
    Term,
)
from organiser.index.db.schema import (
    corrections,
    failures,
    files,
    keywords,
    photos,
    placements,
    ratings,
    verdicts,
)
from organiser.index.search.conditions import Subject, among_keywords
from organiser.index.search.fields import VERDICT_FIELDS, condition
from organiser.index.search.file_counts import counted_otherwise, file_counts
from organiser.index.search.names import NO_NAMES, Names
from organiser.index.search.path_index import (
    MOST_PHOTOS,
    expression_for,
    matching,
    photo_id_of_entry,
    photo_paths,
    taken_within,
    undated,
)
from organiser.index.search.path_text import absolute_path, locate_needle, path_contains

_ALL = 1_000_000
"""How many photos there are taken to be, and to be led to by an index with more rows than are worth counting."""

_MOST_COUNTED = 50_000
_DEAR = 60_000
_CHEAP = 20_000
"""Worst cases in about microseconds: what is dear either way is not counted on, what is cheap enough not beaten."""

_COST_COVERED = 0.1
_COST_LOOKED_UP = 3.0
_COST_SORTED_BY_INDEX = 1.5
_COST_SORTED = 5.0


@dataclass(frozen=True, slots=True)
class Access:
    """One way to an alternative's photos.

    Attributes:
        source: what is read: a table by one of its indexes, the path index, or a set of photo ids.
        bounds: the conditions that the index answers; those terms are `settled` and need no filter.
        order: the order that rows come in by themselves, if the answer wants it too.
        covers: fields that the index holds, so that a filter on them reads no row of the table.
        one_file: each of these photos lies in one file, which is there, so that whether it counts need not be asked.
    """

    source: FromClause
    photo_id: ColumnElement[int]
    bounds: tuple[ColumnElement[bool], ...] = ()
    settled: tuple[Term, ...] = ()
    order: SortKey | None = None
    covers: frozenset[Field] = frozenset()
    one_file: bool = False

    @property
    def taken(self) -> ColumnElement[datetime]:
        """The column that holds the time taken: the verdicts' copy where they are read."""
        return verdicts.c.taken if self.source is verdicts else photos.c.taken

    def cost(self, terms: Alternative) -> float:
        """About how many microseconds each row that it leads to takes, with the terms left to filter it."""
        inside = all(term.test.field in self.covers for term in terms if term not in self.settled)
        sorting = 0.0 if self.order else _COST_SORTED_BY_INDEX if self.covers else _COST_SORTED
        return (_COST_COVERED if inside else _COST_LOOKED_UP) + sorting


_counted = file_counts.alias("counted")  # apart from the one that conditions look into
_OTHERS = Access(_counted, _counted.c.photo_id)
ABSENT = Access(_counted, _counted.c.photo_id, (_counted.c.present == 0,))
"""Photos of which no file is there."""

OF_FILES = frozenset({Field.PATH, Field.ROOT})
"""What is asked of a photo's files, each for itself."""

_OF_VERDICTS = VERDICT_FIELDS | {Field.TAKEN}
_OF_CONFIDENCE = frozenset({Field.CONFIDENCE, Field.TAKEN})
_OF_PHOTOS = frozenset({Field.TAKEN, Field.ADDED})


def accesses(tx: Connection, terms: Alternative, order: Sequence[Order], names: Names) -> list[Access]:
    """Return every access to an alternative's photos; the first reads all photos, or all of the periods asked for."""
    found = [_walk(terms, order), *_by_terms(terms, order, names)]
    paths = _by_path(terms, order, names)
    return [*found, paths] if paths and _ids_fit(tx) else found


def by_files(terms: Alternative, names: Names) -> tuple[Access, Access] | None:
    """Return two accesses that share an alternative's photos: those in one present file, and the others.

    What is asked of the first ones' files is asked of the row itself while all files are read from front to end.
    """
    if missing_states(terms) != {False}:
        return None
    settled = tuple(term for term in terms if isinstance(term.test, Contains | Pattern) and _is_of_files(term))
    there = files.c.photo_id.is_not(None), files.c.missing_since.is_(None)
    alone = ~counted_otherwise(files.c.photo_id)
    bounds = [_of_row(term, names) for term in settled]
    rows = select(files.c.photo_id).where(*there, *bounds, alone).subquery("by_files")
    return Access(rows, rows.c.photo_id, settled=settled, one_file=True), _OTHERS


def asks_of_files(access: Access, terms: Alternative) -> bool:
    """Whether a path or a root has to be looked up for each photo that an access leads to."""
    return access.source is not photo_paths and any(_is_of_files(term) for term in terms)


def _is_of_files(term: Term) -> bool:
    return term.test.field in OF_FILES


def _of_row(term: Term, names: Names) -> ColumnElement[bool]:
    """The condition on a row of files that its own path or root passes a test, or that it does not."""
    test = term.test
    if isinstance(test, Contains) and test.field is Field.PATH:
        holds = path_contains(test.text, names.roots, "sqlite")
    elif isinstance(test, Pattern) and test.field is Field.PATH:
        holds = absolute_path(names.roots).regexp_match(test.expression)
    else:
        holds = files.c.root_id.in_(names.matching_roots(test))  # type: ignore[arg-type]
    return holds.is_not(true()) if term.negated else holds


def leads_far(tx: Connection, access: Access) -> bool:
    """Whether an access leads to so many photos that reading all files is cheaper than asking of each."""
    return _count(tx, access, _MOST_COUNTED) == _ALL


def choose(tx: Connection, terms: Alternative, order: Sequence[Order], names: Names) -> Access:
    """Return the access that leads to an alternative's photos at the least cost; of equals, the last."""
    best, *others = accesses(tx, terms, order, names)
    if len(others) == 1 and others[0].order:
        return others[0]
    least = _ALL * best.cost(terms)
    for access in (best, *others) if best.bounds else others:
        cost = access.cost(terms)
        if access.source is photo_paths and cost * _ALL <= least:
            return access  # counting trigrams is dear, and nothing comes after
        if least > _CHEAP and (found := _count(tx, access, int(min(least, _DEAR) / cost))) * cost <= least:
            best, least = access, found * cost
    return best


def _count(tx: Connection, access: Access, most: int) -> int:
    """Count the rows that an access leads to, up to `most`."""
    bound = min(most, _MOST_COUNTED) + 1
    rows = select(access.photo_id).select_from(access.source).where(*access.bounds).limit(bound).subquery()
    count = tx.execute(select(func.count()).select_from(rows)).scalar_one()
    return count if count < bound else _ALL


def _ids_fit(tx: Connection) -> bool:
    return (tx.execute(select(func.max(photos.c.id))).scalar() or 0) < MOST_PHOTOS


def _walk(terms: Alternative, order: Sequence[Order]) -> Access:
    """Read all photos, or all that were taken in the periods asked for, in the order of the answer where that can be."""
    judged = any(map(needs_verdict, terms))
    key = order[0].key
    if key is SortKey.TAKEN:
        periods = _periods(terms)
        if judged:
            return Access(verdicts, verdicts.c.photo_id, _taken_bounds(periods, verdicts), periods, key, _OF_VERDICTS)
        return Access(photos, photos.c.id, _taken_bounds(periods, photos), periods, key, _OF_PHOTOS)
    if key in (SortKey.CONFIDENCE, SortKey.FACES) and judged:
        return Access(verdicts, verdicts.c.photo_id, order=key)
    return Access(photos, photos.c.id, order=key if key is SortKey.ADDED else None)


def needs_verdict(term: Term) -> bool:
    """Say whether a term holds of judged photos only."""
    test = term.test
    if isinstance(test, Choice) and test.field is Field.JUDGED:
        return set(test.options) == ({NO} if term.negated else {YES})
    return test.field in VERDICT_FIELDS and not term.negated


def _periods(terms: Alternative) -> tuple[Term, ...]:
    """The terms that are a range of an index by time: periods, and "the time is not known"."""
    return tuple(term for term in terms if isinstance(term.test, Period) and _is_range(term.test, negated=term.negated))


def _is_range(period: Period, *, negated: bool) -> bool:
    return period.field is Field.TAKEN and not (negated and (period.since or period.until))


def _taken_bounds(periods: tuple[Term, ...], source: FromClause) -> tuple[ColumnElement[bool], ...]:
    column = verdicts.c.taken if source is verdicts else photos.c.taken
    return tuple(_bound(term, column) for term in periods)


def _bound(term: Term, taken: ColumnElement[datetime] = photos.c.taken) -> ColumnElement[bool]:
    if term.negated:
        return taken.is_(None)
    return condition(term.test, Subject(photos.c.id, taken, frozenset(), NO_NAMES, "sqlite"))


def _by_terms(terms: Alternative, order: Sequence[Order], names: Names) -> Iterator[Access]:
    """Every access that one of the terms opens, but for the path index."""
    key = order[0].key
    periods = _periods(terms)
    for term in terms:
        if term.negated:
            continue
        match term.test:
            case Choice(Field.EMOTION | Field.REASON, options) if NONE not in options:
                yield _by_verdict(term, key, periods, single=len(options) == 1)
            case Between(Field.FACES, low, high):
                yield _by_verdict(term, key, periods, single=low == high and low is not None)
            case Between(Field.CONFIDENCE):
                order_by = _kept(SortKey.CONFIDENCE, key)
                yield Access(verdicts, verdicts.c.photo_id, (_bound(term),), (term,), order_by, _OF_CONFIDENCE)
            case Period(Field.ADDED):
                yield Access(photos, photos.c.id, (_bound(term),), (term,), _kept(SortKey.ADDED, key))
            case Contains(Field.CAMERA) | Pattern(Field.CAMERA):
                yield _by_camera(term, names.matching_cameras(term.test), key, periods)
            case _:
                yield from _by_ids(term, names)
    if missing_states(terms) == {True}:
        yield ABSENT


def _by_verdict(term: Term, key: SortKey, periods: tuple[Term, ...], *, single: bool) -> Access:
    """The index of an emotion, a reason or a number of faces, each of which goes on with the time taken."""
    field = term.test.field
    by_time = periods if single and key is SortKey.TAKEN else ()
    bounds, settled = (_bound(term), *_taken_bounds(by_time, verdicts)), (term, *by_time)
    serves = {
        SortKey.TAKEN: single,
        SortKey.CONFIDENCE: single and field is Field.EMOTION,
        SortKey.FACES: field is Field.FACES,
    }
    order = key if serves.get(key) else None
    covers = frozenset() if order is SortKey.CONFIDENCE else _OF_VERDICTS
    if (
        order is SortKey.CONFIDENCE
    ):  # whatever has an emotion has one; said so, SQLite walks the index instead of sorting
        bounds = (*bounds, verdicts.c.confidence.is_not(None))
    return Access(verdicts, verdicts.c.photo_id, bounds, settled, order, covers)


def _by_camera(term: Term, cameras: list[str], key: SortKey, periods: tuple[Term, ...]) -> Access:
    if len(cameras) != 1 or key is not SortKey.TAKEN:
        return Access(photos, photos.c.id, (photos.c.camera.in_(cameras),), (term,))
    bounds = (photos.c.camera == cameras[0], *_taken_bounds(periods, photos))
    return Access(photos, photos.c.id, bounds, (term, *periods), key)


def _by_ids(term: Term, names: Names) -> Iterator[Access]:
    """Sets of photo ids that other tables know; they settle nothing, so that they need only hold enough."""
    match term.test:
        case Choice(Field.CORRECTED, (only,)) if only == YES:
            yield _ids(select(corrections.c.photo_id))
        case Choice(Field.FAILED, options) if NO not in options:
            direct = select(failures.c.photo_id).where(failures.c.photo_id.is_not(None))
            through = select(files.c.photo_id).join_from(failures, files, failures.c.file_id == files.c.id)
            yield _ids(direct.union_all(through.where(files.c.photo_id.is_not(None))))
        case Choice(Field.DUPLICATES, (only,)) if only == YES:
            yield Access(_counted, _counted.c.photo_id, (_counted.c.files > 1,))
        case Contains(Field.PLACED) | Pattern(Field.PLACED):
            in_collection = placements.c.collection_id.in_(names.matching_collections(term.test))
            yield _ids(select(placements.c.photo_id).where(in_collection))
        case Contains(Field.KEYWORD) | Pattern(Field.KEYWORD):
            given = select(files.c.photo_id).join_from(keywords, files).where(among_keywords(term.test, names))
            yield _ids(given.where(files.c.photo_id.is_not(None)))
        case Between(Field.RATING, low, _):
            rated = select(files.c.photo_id).join_from(ratings, files).where(files.c.photo_id.is_not(None))
            yield _ids(rated if low is None else rated.where(ratings.c.rating >= low))
        case Contains(Field.ROOT) | Pattern(Field.ROOT):
            lies = files.c.root_id.in_(names.matching_roots(term.test))
            yield _ids(select(files.c.photo_id).where(lies, files.c.photo_id.is_not(None)))


def _ids(query: Select[int] | CompoundSelect[int]) -> Access:
    found = query.subquery()
    every = select(found.c[0].label("photo_id")).distinct().subquery()
    return Access(every, every.c.photo_id)


def _kept(own: SortKey, wanted: SortKey) -> SortKey | None:
    return own if own is wanted else None


def _by_path(terms: Alternative, order: Sequence[Order], names: Names) -> Access | None:
    """The path index, for the texts long enough for it; it settles the periods and leaves the paths to be checked."""
    wanted = [group for term in terms if (group := _wanted_paths(term, names)) is not None]
    expressions = [found for group in wanted if (found := expression_for([group])) is not None]
    if not expressions:
        return None
    periods = _periods(terms)
    bounds = [matching(" AND ".join(expressions))]
    for term in periods:
        if isinstance(term.test, Period):
            bounds.extend([undated()] if term.negated else taken_within(term.test))
    newest_first = tuple(order) == (Order(SortKey.TAKEN, descending=True),)
    return Access(photo_paths, photo_id_of_entry(), tuple(bounds), periods, SortKey.TAKEN if newest_first else None)


def _wanted_paths(term: Term, names: Names) -> list[str] | None:
    """The texts of which an entry must hold one; None when the path index cannot tell, as for a root's own name."""
    if term.negated or not isinstance(term.test, Contains) or term.test.field is not Field.PATH:
        return None
    needle = locate_needle(term.test.text, names.roots)
    if needle.roots:
        return None
    return list(dict.fromkeys([*needle.inside, *(f"/{rest}" for _, rest in needle.starts)]))
