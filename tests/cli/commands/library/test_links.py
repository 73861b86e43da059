"""A link to the originals in place of a collection's folder: whatever is asked next, no original goes."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import Organiser
from tests.cli.process import run

COMMANDS = {
    "narrowed": [["collections", "edit", "both", "--query", "emotion:angry"], ["collections", "sync"]],
    "forgotten": [["forget", "{photos}/a"]],
    "undone": [["collections", "undo"]],
    "removed": [["collections", "remove", "both"]],
    "moved": [["collections", "edit", "both", "--to", "{photos}/../elsewhere"]],
    "relaid": [["collections", "edit", "both", "--layout", "{taken:%Y}/{name}"], ["collections", "sync"]],
    "recreated": [
        ["collections", "edit", "both", "--query", "emotion:angry"],
        ["collections", "sync", "--recreate", "both"],
    ],
}


@pytest.fixture
def twins(photos: Path) -> Path:
    """The photos once in `a` and once in `b`."""
    (photos / "a").mkdir()
    for path in [file for file in photos.iterdir() if file.is_file()]:
        path.rename(photos / "a" / path.name)
    shutil.copytree(photos / "a", photos / "b")
    return photos


def instead_of_a_folder(target: Path, originals: Path) -> None:
    shutil.rmtree(target / "a")
    (target / "a").symlink_to(os.path.relpath(originals, target))


def instead_of_the_target(target: Path, originals: Path) -> None:
    shutil.rmtree(target)
    target.symlink_to(originals)


def with_its_marker(target: Path, originals: Path) -> None:
    shutil.copy(target / ".organiser-collection", originals)
    instead_of_the_target(target, originals)


def above_the_target(target: Path, originals: Path) -> None:
    shutil.copy(target / ".organiser-collection", originals)
    shutil.rmtree(target.parent)
    target.parent.symlink_to(originals.parent)


LINKS = (instead_of_a_folder, instead_of_the_target, with_its_marker, above_the_target)
CASES = [(laid, then, "copy") for laid in LINKS for then in ("narrowed", "forgotten", "undone", "recreated")]
CASES += [(instead_of_a_folder, then, "hardlink") for then in ("narrowed", "removed", "moved", "relaid")]


@pytest.mark.parametrize(("laid", "then", "mode"), CASES)
def test_no_original_goes_along_a_link(
    organiser: Organiser, twins: Path, tmp_path: Path, laid: Callable[[Path, Path], None], then: str, mode: str
) -> None:
    target = tmp_path / "places" / "b"
    layout = "{folder}/{name}" if laid is instead_of_a_folder else "{name}"
    organiser("scan", twins, "--workers", "1")
    organiser("collections", "add", "both", "path:a/", "--to", target, "--layout", layout, "--mode", mode)
    assert "3 placed" in organiser("collections", "sync").talk
    before = content(twins)
    laid(target, twins / "b")
    ended = [run(*(word.replace("{photos}", str(twins)) for word in words)) for words in COMMANDS[then]]
    assert content(twins) == before
    assert not any("Traceback" in process.stderr for process in ended)


def content(folder: Path) -> dict[Path, bytes]:
    """Return every photo below a folder with its bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file() and path.name[0] != "."}
