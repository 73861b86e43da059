"""SQLite's kept counts follow the rows they are made of, and hold nothing of what is gone."""

import random
from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import Table, delete, insert, select, update

from organiser.core.emotion import Emotion
from organiser.index.db.engine import Index, Transaction, open_engine, writing
from organiser.index.db.schema import files, photos, roots, verdicts
from organiser.index.db.upgrade import upgrade
from organiser.index.search.shared_files import create_shared_files, drop_shared_files, shared_files
from organiser.index.search.tallies import (
    DIGIT,
    create_tallies,
    drop_tallies,
    path_tallies,
    photo_tallies,
    verdict_tallies,
)
from tests.index.album import CAMERAS, MOMENTS, fill
from tests.index.search.changes import change
from tests.rows import add_photo, add_root

TABLES = photo_tallies, verdict_tallies, path_tallies, shared_files


@pytest.fixture
def library_index(sqlite_url: str) -> Iterator[Index]:
    engine = open_engine(sqlite_url)
    upgrade(engine)
    yield engine
    engine.dispose()


def kept(tx: Transaction, table: Table) -> list[tuple[object, ...]]:
    return sorted((tuple(row) for row in tx.execute(select(table))), key=repr)


def judge(tx: Transaction, chance: Random) -> None:
    """Do one of the things that happen to verdicts and cameras."""
    photo_id = chance.choice(list(tx.execute(select(verdicts.c.photo_id)).scalars()))
    a_verdict = verdicts.c.photo_id == photo_id
    doings = [
        update(verdicts).where(a_verdict).values(emotion=chance.choice((None, *Emotion)), faces=chance.randint(0, 3)),
        update(verdicts).where(a_verdict).values(reason="corrected", confidence=0.5),
        update(verdicts).where(a_verdict).values(taken=chance.choice((*MOMENTS, None))),
        update(photos).where(photos.c.id == photo_id).values(camera=chance.choice((*CAMERAS, None))),
        delete(verdicts).where(a_verdict),
    ]
    tx.execute(chance.choice(doings))


def test_the_tallies_follow_every_change(library_index: Index) -> None:
    chance = Random(random.getrandbits(32))
    with writing(library_index) as tx:
        fill(tx, chance, 60)
        for _ in range(150):
            change(tx, chance)
            judge(tx, chance)
        followed = [kept(tx, table) for table in TABLES]
        drop_shared_files(tx)
        drop_tallies(tx)
        create_tallies(tx)
        create_shared_files(tx)
        assert followed == [kept(tx, table) for table in TABLES]
        assert all(followed)


def test_a_folder_of_a_cameras_files_is_one_row(library_index: Index) -> None:
    with writing(library_index) as tx:
        root = add_root(tx)
        for number in range(20):
            add_photo(tx, root, f"2024/IMG_{number:04d}.JPG", str(number))
        tx.execute(insert(files).values(root_id=root, relpath="unread 1.jpg", size=1, mtime_ns=1, device=1, inode=1))
        assert kept(tx, path_tallies) == [(root, f"2024/IMG_{DIGIT * 4}.JPG", 20)]
        assert kept(tx, shared_files) == []


def test_nothing_is_kept_of_what_is_gone(library_index: Index) -> None:
    with writing(library_index) as tx:
        fill(tx, Random(1), 30)
        tx.execute(delete(roots))
        assert kept(tx, path_tallies) == kept(tx, shared_files) == []
        tx.execute(delete(photos))
        assert [kept(tx, table) for table in TABLES] == [[], [], [], []]
