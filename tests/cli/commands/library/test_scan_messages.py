"""What `organiser scan` says of what it did, and what it says to type next."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from organiser.bootstrap import open_services
from organiser.jobs.actions import roots
from organiser.jobs.messages import ScanRoot
from organiser.jobs.steps.handle import handle
from organiser.settings.reading import load
from tests.cli.command import Organiser
from tests.cli.library import draw_photos
from tests.photos import HAPPY, photo


def _stop_before_reading(home: Path, folder: Path) -> None:
    """Do what a scan does that is stopped when it has found the files and read none."""
    services = open_services(load({"ORGANISER_HOME": str(home), "ORGANISER_DETECTOR": "drawn"}))
    handle(services, ScanRoot(roots.add(services.engine, str(folder), time.time()).id))
    services.engine.dispose()


def test_files_that_a_stopped_scan_left_unread_have_not_changed(
    organiser: Organiser, home: Path, tmp_path: Path
) -> None:
    folder = draw_photos(tmp_path / "photos")
    _stop_before_reading(home, folder)
    assert organiser("scan", folder, "--dry-run").out == f"{folder}: 6 left unread by an earlier scan\n"
    os.utime(folder / "sad.png", (1, 1))
    ran = organiser("scan", folder)
    assert "files: 5 left unread by an earlier scan, 1 changed\n" in ran.out
    assert "files: 6 same\n" in organiser("scan", folder).out


def test_what_failed_for_good_is_the_same_again(organiser: Organiser, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "empty.jpg").touch()
    organiser("scan", folder)
    assert json.loads(organiser("scan", folder, "--json").out)["counts"] == {"purged": 0, "same": 1}


def test_files_in_a_folder_that_is_offline_are_told_apart(organiser: Organiser, tmp_path: Path) -> None:
    for number in range(60):
        photo(tmp_path / "many" / f"{number}.jpg", [HAPPY], seed=number, size=(80, 60))
    organiser("scan", tmp_path / "many")
    shutil.rmtree(tmp_path / "many")
    (tmp_path / "many").mkdir()
    ran = organiser("scan", tmp_path / "many")
    assert "is offline: 60 of 60 files are gone at once" in ran.talk
    (library,) = [line for line in ran.lines if line.startswith("library: ")]
    assert library.endswith("; 60 files lie in folders that are offline")


def test_links_to_folders_are_told_once_with_their_number(organiser: Organiser, tmp_path: Path) -> None:
    folder = draw_photos(tmp_path / "photos")
    for name in ("a", "b"):
        draw_photos(tmp_path / name)
        (folder / f"to {name}").symlink_to(tmp_path / name)
    (folder / "inside").symlink_to(folder / "2023")  # its photos are read where they are
    (folder / ".hidden").symlink_to(tmp_path / "a")
    for words in (["--dry-run"], []):
        ran = organiser("scan", folder, *words)
        lines = [line.strip() for line in (ran.out + ran.talk).splitlines() if "not followed" in line]
        links = f"2 links to folders are not followed ({folder}/to a, …)"
        way_out = "to have it read, name the folder itself to organiser scan"
        assert [line.removeprefix("note: ") for line in lines] == [f"{links}; {way_out}"]
    (folder / "to a").unlink()
    assert f"a link to a folder is not followed ({folder}/to b);" in organiser("scan", folder).talk


@pytest.mark.parametrize("columns", ["40", "400"])
def test_what_to_type_next_works_from_any_folder(photos: Path, home: Path, tmp_path: Path, columns: str) -> None:
    environment = os.environ | {"ORGANISER_DETECTOR": "drawn", "COLUMNS": columns}
    program = os.path.relpath(Path(sys.executable).with_name("organiser"), tmp_path)
    words = [program, "--home", os.path.relpath(home, tmp_path), "scan", str(photos)]
    ran = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (stats,) = [line for line in ran.stdout.partition("next:\n")[2].splitlines() if " stats" in line]
    command = shlex.split(stats.partition(" the library")[0])
    assert (len(command), command[-1]) == (4, "stats")
    assert ("the library in numbers:\n" in ran.stdout) == (columns == "40")
    again = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=True)
    assert "happy" in again.stdout
