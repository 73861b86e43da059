"""`organiser service`: shows, asks, writes, and takes away only its own."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.process import run


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a person's unit belongs; with a home, photos and collections of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("ORGANISER_HOME", str(tmp_path / "home"))
    for name in ("photos", "out"):
        (tmp_path / name).mkdir()
    return tmp_path / "config" / "systemd" / "user" / "organiser.service"


def _install(tmp_path: Path, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    folders = (tmp_path / "photos", "--collect", tmp_path / "out")
    return run("service", "install", *folders, "--no-start", *words, typed=typed)


def test_nothing_is_written_before_somebody_agreed(tmp_path: Path, unit: Path) -> None:
    refused = _install(tmp_path, typed="n\n")
    assert refused.returncode == 130
    assert f"ReadOnlyPaths=-{tmp_path}/photos" in refused.stdout
    assert not unit.exists()
    agreed = _install(tmp_path, typed="y\n")
    assert agreed.returncode == 0, agreed.stderr
    assert unit.read_text("utf-8") in agreed.stdout
    assert os.listdir(unit.parent) == [unit.name]


def test_status_and_removal_know_whose_it_is(tmp_path: Path, unit: Path) -> None:
    assert run("service", "status").returncode == 1
    assert _install(tmp_path, "--yes").returncode == 0
    assert f"{unit}: ours" in run("service", "status").stdout
    assert _install(tmp_path, "--yes", "--memory", "30").returncode == 0, "ours is replaced"
    assert "MemoryHigh=30%" in unit.read_text("utf-8")
    removed = run("service", "remove", "--no-stop", "--yes")
    assert removed.returncode == 0, removed.stderr
    assert not unit.exists()
    assert run("service", "remove", "--no-stop", "--yes").returncode == 0, "again: nothing to do"


def test_a_unit_that_somebody_changed_stays(tmp_path: Path, unit: Path) -> None:
    _install(tmp_path, "--yes")
    unit.write_text(unit.read_text("utf-8").replace("Nice=10", "Nice=0"), "utf-8")
    for words in (("remove", "--no-stop", "--yes"), ("install", tmp_path / "photos", "--no-start", "--yes")):
        refused = run("service", *words)
        assert refused.returncode == 1
        assert "left alone" in refused.stderr
    assert "Nice=0" in unit.read_text("utf-8")


def test_a_service_of_the_machine_needs_a_user_that_there_is(unit: Path) -> None:
    assert run("service", "install", "--system", "--yes").returncode == 2
    missing = run("service", "install", "--system", "--as", "nobody-of-that-name", "--yes")
    assert missing.returncode == 1
    assert "useradd" in missing.stderr
