"""Nobody else on the machine reads the index, and what is deleted from it is gone."""

import os
from pathlib import Path

from sqlalchemy import text

from organiser.index.db.engine import open_engine, reading, writing


def test_home_and_index_are_their_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        engine = open_engine(f"sqlite:///{tmp_path}/home/index.db")
        with writing(engine) as tx:
            tx.execute(text("CREATE TABLE names (name TEXT)"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "home").iterdir()}
    finally:
        os.umask(before)
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert modes == {"index.db": 0o600, "index.db-wal": 0o600, "index.db-shm": 0o600}
    engine.dispose()


def test_every_connection_overwrites_what_it_deletes(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/index.db")
    with reading(engine) as tx:
        assert tx.execute(text("PRAGMA secure_delete")).scalar() == 1
    engine.dispose()
