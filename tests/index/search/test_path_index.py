"""SQLite's path index follows the files and photos it is made of."""

import random
from collections.abc import Iterator
from datetime import datetime
from random import Random

import pytest
from sqlalchemy import delete, insert, update

from organiser.core.query.fold import fold
from organiser.core.query.parse import parse
from organiser.core.query.terms import Contains, Field, Query, Term
from organiser.index.db.engine import Index, Transaction, open_engine, writing
from organiser.index.db.schema import files, photos, roots
from organiser.index.db.upgrade import upgrade
from organiser.index.search.find import photo_ids
from organiser.index.search.path_index import MOST_PHOTOS, create_path_index, drop_path_index
from tests.index.album import fill
from tests.index.search.changes import change
from tests.rows import add_photo, add_root


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Index]:
    engine = open_engine(sqlite_url)
    upgrade(engine)
    yield engine
    engine.dispose()


def entries(tx: Transaction) -> set[tuple[str, int]]:
    """Every trigram with the entry it stands in."""
    tx.exec_driver_sql("CREATE VIRTUAL TABLE temp.trigrams USING fts5vocab(main, photo_paths, instance)")
    found = {(row[0], row[1]) for row in tx.exec_driver_sql("SELECT term, doc FROM temp.trigrams")}
    tx.exec_driver_sql("DROP TABLE temp.trigrams")
    return found


def test_the_path_index_follows_every_change(library: Index) -> None:
    chance = Random(random.getrandbits(32))
    with writing(library) as tx:
        fill(tx, chance, 60)
        for _ in range(150):
            change(tx, chance)
        followed = entries(tx)
        drop_path_index(tx)
        create_path_index(tx)
        assert followed == entries(tx)


def test_a_root_takes_its_paths_along(library: Index) -> None:
    with writing(library) as tx:
        fill(tx, Random(1), 30)
        tx.execute(delete(roots))
        assert entries(tx) == set()


def test_paths_are_found_in_any_case_of_every_letter_that_is_folded(index: Index) -> None:
    capitals = [chr(code) for code in range(0x80, 0x2000) if fold(chr(code)) != chr(code)]
    with writing(index) as tx:
        root = add_root(tx)
        slices = ["".join(capitals[at : at + 60]) for at in range(0, len(capitals), 60)]
        ids = [add_photo(tx, root, f"{part}.jpg", f"digest {at}") for at, part in enumerate(slices)]
        found = [list(photo_ids(tx, Query(((Term(Contains(Field.PATH, fold(part))),),)))) for part in slices]
    assert found == [[photo_id] for photo_id in ids]


def test_ids_too_large_for_the_path_index_are_found_without_it(library: Index) -> None:
    with writing(library) as tx:
        root = add_root(tx)
        small = add_photo(tx, root, "holiday/1.jpg")
        large = MOST_PHOTOS + small
        tx.execute(insert(photos).values(id=large, digest="large", added=1.0))
        other = add_photo(tx, root, "holiday/2.jpg")
        tx.execute(update(files).where(files.c.photo_id == other).values(photo_id=large))
        assert set(photo_ids(tx, parse("holiday", datetime(2024, 1, 1)))) == {small, large}
