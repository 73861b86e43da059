"""Paths as people give them lead to photos, whatever they are spelled like and wherever they are mounted."""

import os
from pathlib import Path

import pytest

from organiser.errors import Permanent
from organiser.index.db.engine import Index, open_engine, writing
from organiser.index.db.upgrade import upgrade
from organiser.index.tables import roots
from organiser.jobs import paths
from tests.rows import add_photo, add_root


@pytest.fixture
def engine(sqlite_url: str) -> Index:
    engine = open_engine(sqlite_url)
    upgrade(engine)
    return engine


def test_a_missing_file_is_still_known_by_its_path(engine: Index) -> None:
    with writing(engine) as tx:
        photo = add_photo(tx, add_root(tx), "a/b.jpg")
    assert paths.photo_at(engine, {}, "/photos/a/b.jpg") == photo
    assert paths.photos_at(engine, {}, "/photos/a/../a") == [photo]


def test_a_path_of_this_host_leads_to_a_root_mounted_elsewhere(engine: Index) -> None:
    with writing(engine) as tx:
        photo = add_photo(tx, add_root(tx, "/Users/me/Pictures"), "b.jpg")
    mounts = {"/Users/me": "/mnt/me"}
    assert paths.photos_at(engine, mounts, "/mnt/me/Pictures/b.jpg") == [photo]
    assert paths.mounted(mounts, "/Users/me/Pictures/b.jpg") == "/mnt/me/Pictures/b.jpg"
    assert paths.mounted(mounts, "/Users/melanie/b.jpg") == "/Users/melanie/b.jpg"


def test_a_symbolic_link_into_a_root_is_followed(engine: Index, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with writing(engine) as tx:
        photo = add_photo(tx, add_root(tx, os.path.realpath(tmp_path / "real")), "b.jpg")
    assert paths.photo_at(engine, {}, str(tmp_path / "link" / "b.jpg")) == photo


def test_the_file_system_itself_can_be_a_root(engine: Index) -> None:
    with writing(engine) as tx:
        photo = add_photo(tx, add_root(tx, "/"), "b.jpg")
        known = roots.every(tx)
    assert paths.photos_at(engine, {}, "/b.jpg") == [photo]
    assert paths.root_of(known, {}, "/") == (known[0], "")


def test_one_photo_is_asked_for_and_a_folder_is_refused(engine: Index) -> None:
    with writing(engine) as tx:
        root = add_root(tx)
        for name in ("a/b.jpg", "a/c.jpg"):
            add_photo(tx, root, name)
    with pytest.raises(Permanent, match="a folder of 2 photos"):
        paths.photo_at(engine, {}, "/photos/a")


def test_an_unknown_path_says_whether_the_file_is_there(engine: Index, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="no such file"):
        paths.photos_at(engine, {}, "/nowhere.jpg")
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(Permanent, match="not in the index"):
        paths.photos_at(engine, {}, str(tmp_path / "a.txt"))
