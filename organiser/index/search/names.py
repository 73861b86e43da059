"""Texts of which there are few (roots, cameras, models, collections): read once, matched in Python, asked for by equality."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Select, func, select

from organiser.core.query.matches import holds_text
from organiser.core.query.terms import Contains, Field, Pattern, Query, SortKey
from organiser.index.db.schema import collections, models, photos, roots
from organiser.index.db.schema import keywords as keyword_rows
from organiser.index.tables.models import LABEL


@dataclass(frozen=True, slots=True)
class Names:
    """The names there are of what a query is about, by id; those that it does not ask for are left empty."""

    roots: Mapping[int, str]
    cameras: tuple[str, ...]
    models: Mapping[int, str]
    collections: Mapping[int, str]
    keywords: tuple[str, ...] = ()

    def matching_roots(self, test: Contains | Pattern) -> list[int]:
        """Return the roots whose path passes a test."""
        return [key for key, path in self.roots.items() if holds_text(test, path)]

    def matching_models(self, test: Contains | Pattern) -> list[int]:
        """Return the models whose name@version passes a test."""
        return [key for key, label in self.models.items() if holds_text(test, label)]

    def matching_collections(self, test: Contains | Pattern) -> list[int]:
        """Return the collections whose name passes a test."""
        return [key for key, name in self.collections.items() if holds_text(test, name)]

    def matching_cameras(self, test: Contains | Pattern) -> list[str]:
        """Return the cameras that pass a test."""
        return [camera for camera in self.cameras if holds_text(test, camera)]

    def matching_keywords(self, test: Contains | Pattern) -> list[str]:
        """Return the keywords that pass a test."""
        return [keyword for keyword in self.keywords if holds_text(test, keyword)]


NO_NAMES = Names({}, (), {}, {})


def names_for(tx: Connection, query: Query) -> Names:
    """Read the names that a query's terms and order are about."""
    asked = {term.test.field for terms in query.alternatives for term in terms}
    asked |= {Field.PATH for order in query.order if order.key is SortKey.PATH}
    return Names(
        roots=_by_id(tx, select(roots.c.id, roots.c.path)) if asked & {Field.PATH, Field.ROOT} else {},
        cameras=_distinct(tx, photos.c.camera) if Field.CAMERA in asked else (),
        models=_by_id(tx, select(models.c.id, LABEL)) if Field.MODEL in asked else {},
        collections=_by_id(tx, select(collections.c.id, collections.c.name)) if Field.PLACED in asked else {},
        keywords=_distinct(tx, keyword_rows.c.keyword) if Field.KEYWORD in asked else (),
    )


def every_name(tx: Connection, *, keywords: bool) -> Names:
    """Read all names there are; keywords, of which there may be many, only where they are asked for."""
    return Names(
        roots=_by_id(tx, select(roots.c.id, roots.c.path)),
        cameras=_distinct(tx, photos.c.camera),
        models=_by_id(tx, select(models.c.id, LABEL)),
        collections=_by_id(tx, select(collections.c.id, collections.c.name)),
        keywords=_distinct(tx, keyword_rows.c.keyword) if keywords else (),
    )


def _by_id(tx: Connection, query: Select[int, str]) -> dict[int, str]:
    return {row[0]: row[1] for row in tx.execute(query)}


def _distinct(tx: Connection, column: Column[str]) -> tuple[str, ...]:
    """The texts in a column that an index begins with, found by skipping along it: few, of many rows."""
    first = select(func.min(column).label("name")).cte("names", recursive=True)
    following = select(func.min(column)).where(column > first.c.name).scalar_subquery()
    every = first.union_all(select(following).where(first.c.name.is_not(None)))
    return tuple(tx.execute(select(every.c.name).where(every.c.name.is_not(None))).scalars())
