"""A host that mounts a root elsewhere: folders handed over there are the index's roots, not new ones."""

import json
from pathlib import Path

import pytest

from tests.cli.command import Organiser


@pytest.fixture
def mounted(organiser: Organiser, photos: Path, home: Path) -> Path:
    """The scanned photos, which the index knows as /photos and this host mounts elsewhere."""
    elsewhere = photos.with_name("mounted")
    photos.rename(elsewhere)
    (home / "organiser.toml").write_text(f'[roots]\n"{photos}" = "{elsewhere}"\n')
    return elsewhere


def _roots(organiser: Organiser) -> list[str]:
    return organiser("roots", "list", "--paths").lines


def test_a_mounted_folder_is_the_root_it_is(organiser: Organiser, mounted: Path, photos: Path) -> None:
    ran = organiser("roots", "add", mounted)
    assert (ran.code, f"{mounted} is a root now, known as {photos}" in ran.talk) == (0, True)
    assert "already lies in" in organiser("roots", "add", mounted / "2023").talk
    assert _roots(organiser) == [str(photos)]


def test_a_mounted_folder_is_scanned_as_the_root_it_is(organiser: Organiser, mounted: Path, photos: Path) -> None:
    planned = organiser("scan", mounted, "--dry-run", "--json")
    assert (json.loads(planned.out)["root"], json.loads(planned.out)["new"]) == (str(photos), 0)
    (mounted / "2023" / "lamp.jpg").unlink()
    ran = organiser("scan", mounted / "2023", "--workers", "1", "--json")
    counts = json.loads(ran.out)["counts"]
    assert ("new" in counts, counts["missing"]) == (False, 1)
    assert _roots(organiser) == [str(photos)]


def test_a_mounted_root_is_taken_back(organiser: Organiser, mounted: Path, photos: Path) -> None:
    assert f"{photos} is no root any more" in organiser("roots", "remove", mounted).talk
    assert _roots(organiser) == []


def test_a_mounted_root_is_scanned_at_set_times(organiser: Organiser, mounted: Path, photos: Path) -> None:
    assert organiser("schedule", "add", "hourly", "0 * * * *", "scan", mounted).code == 0
    entries = {load["name"]: load["arguments"] for load in json.loads(organiser("schedule", "list", "--json").out)}
    assert entries["hourly"] == {"root": str(photos)}
