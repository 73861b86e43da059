"""SQLite's counts of files follow the files and photos they are made of, and stay few."""

import random
from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import delete, select

from organiser.index.db.engine import Index, Transaction, open_engine, writing
from organiser.index.db.schema import files, photos, roots
from organiser.index.db.upgrade import upgrade
from organiser.index.search.file_counts import create_file_counts, drop_file_counts, file_counts
from organiser.index.tables import library
from tests.index.album import fill
from tests.index.search.changes import change
from tests.rows import add_photo, add_root


@pytest.fixture
def library_index(sqlite_url: str) -> Iterator[Index]:
    engine = open_engine(sqlite_url)
    upgrade(engine)
    yield engine
    engine.dispose()


def counts(tx: Transaction) -> list[tuple[int, ...]]:
    return [tuple(row) for row in tx.execute(select(file_counts).order_by(file_counts.c.photo_id))]


def test_the_counts_follow_every_change(library_index: Index) -> None:
    chance = Random(random.getrandbits(32))
    with writing(library_index) as tx:
        fill(tx, chance, 60)
        for _ in range(150):
            change(tx, chance)
        followed = counts(tx)
        drop_file_counts(tx)
        create_file_counts(tx)
        assert followed == counts(tx)
        assert followed


def test_a_photo_in_one_present_file_needs_no_row(library_index: Index) -> None:
    with writing(library_index) as tx:
        root = add_root(tx)
        add_photo(tx, root, "plain.jpg")
        twice = add_photo(tx, root, "first.jpg", "same")
        add_photo(tx, root, "second.jpg", "same")
        gone = add_photo(tx, root, "gone.jpg")
        (row,) = library.files_at(tx, root, ["gone.jpg"]).values()
        library.mark_missing(tx, [row], 5.0)
        assert counts(tx) == [(twice, 2, 2), (gone, 1, 0)]


def test_what_goes_takes_its_counts_along(library_index: Index) -> None:
    with writing(library_index) as tx:
        fill(tx, Random(1), 30)
        tx.execute(delete(roots))
        assert {row[1:] for row in counts(tx)} == {(0, 0)}
        assert tx.execute(select(files)).first() is None
        tx.execute(delete(photos))
        assert counts(tx) == []
