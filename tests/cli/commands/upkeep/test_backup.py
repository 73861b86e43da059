"""`organiser backup` and `organiser restore`: as a person runs them, from one home into another."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.cli.command import Organiser

SETTINGS = """\
index_url = ""
workers = 3

[policy]
rule = "largest"
thresholds = { sad = 0.8 }

[scan]
ignore = ["Screenshots/", "*.gif"]
"""


@pytest.fixture
def backup(organiser: Organiser, photos: Path, home: Path, tmp_path: Path) -> Path:
    """A backup of a home with settings, a correction and a filled collection."""
    (home / "organiser.toml").write_text(SETTINGS)
    organiser("correct", photos / "happy.jpg", "--as", "sad")
    organiser("collections", "edit", "sad", "--to", tmp_path / "sad")
    organiser("collections", "sync")
    path = tmp_path / "a.backup"
    ran = organiser("backup", path)
    assert (ran.code, ran.out) == (0, "")
    assert "1 corrections, 2 collections, 2 placements" in ran.talk
    assert "models in it: stub@" in ran.talk
    return path


def test_a_new_home_knows_what_the_old_one_did(
    organiser: Organiser, backup: Path, photos: Path, tmp_path: Path
) -> None:
    new, moved = tmp_path / "new", tmp_path / "moved"
    photos.rename(moved)
    ran = organiser("--home", new, "restore", backup, "--root", f"{photos}={moved}")
    assert (ran.code, f"root {moved}" in ran.talk) == (0, True)
    listed = json.loads(organiser("--home", new, "corrections", "list", "--json").out)
    assert [(row["path"], row["says"]) for row in listed] == [(str(moved / "happy.jpg"), "is sad")]
    shown = json.loads(organiser("--home", new, "collections", "show", "sad", "--json").out)
    assert (shown["target"], shown["placed"]) == (str(tmp_path / "sad"), 2)
    found = json.loads(organiser("--home", new, "find", "corrected:yes", "--json").out)
    assert [row["path"] for row in found] == [str(moved / "happy.jpg")]


def test_settings_come_along_but_not_those_of_the_machine(organiser: Organiser, backup: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    organiser("--home", new, "restore", backup)
    lines = json.loads(organiser("--home", new, "doctor", "--json").out)
    settings = {line["name"]: line for line in lines if line["section"] == "setting"}
    assert settings["policy.thresholds"]["value"] == {"sad": 0.8}
    assert settings["scan.ignore"]["value"] == ["Screenshots/", "*.gif"]
    assert settings["workers"]["origin"] == "default"
    assert stat.S_IMODE(os.stat(new / "organiser.toml").st_mode) == 0o600


def test_settings_that_are_there_stay(organiser: Organiser, backup: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "organiser.toml").write_text("workers = 1\n")
    ran = organiser("--home", new, "restore", backup)
    assert (ran.code, "stays as it is" in ran.talk) == (0, True)
    assert (new / "organiser.toml").read_text() == "workers = 1\n"


def test_a_dry_run_reads_the_file_and_touches_nothing(organiser: Organiser, backup: Path, tmp_path: Path) -> None:
    ran = organiser("--home", tmp_path / "new", "restore", backup, "--dry-run")
    assert (ran.code, "1 corrections, 2 collections" in ran.talk) == (0, True)
    assert not (tmp_path / "new").exists()


def test_a_home_that_is_in_use_is_refused_with_the_way_out(organiser: Organiser, backup: Path) -> None:
    ran = organiser("restore", backup)
    assert ran.code == 1
    assert "the index is not empty" in ran.talk
    assert "--home DIR" in ran.talk


@pytest.mark.parametrize("words", ["pictures", "=/new", "old=/new", "/old="])
def test_a_folder_is_told_as_old_and_new(organiser: Organiser, backup: Path, words: str) -> None:
    assert organiser("restore", backup, "--root", words).code == 2
