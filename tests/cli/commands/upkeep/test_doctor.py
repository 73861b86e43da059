"""`organiser doctor`: every setting with its origin, and an exit code that says health."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from organiser.cli.commands.upkeep.doctor import without_password
from organiser.settings.reading import items, load
from tests.cli.command import Organiser


def _lines(organiser: Organiser, section: str) -> dict[str, dict[str, Any]]:
    every: list[dict[str, Any]] = json.loads(organiser("doctor", "--json").out)
    return {row["name"]: row for row in every if row["section"] == section}


def test_every_setting_is_told_with_its_origin(
    organiser: Organiser, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "organiser.toml").write_text('workers = 3\n[policy]\nrule = "largest"\n')
    monkeypatch.setenv("ORGANISER_POLICY_THRESHOLD", "0.7")
    settings = _lines(organiser, "setting")
    assert list(settings) == [item.key for item in items(load({}))]
    origins = {name: (item["value"], item["origin"]) for name, item in settings.items()}
    assert origins["workers"] == (3, "file")
    assert origins["policy.rule"] == ("largest", "file")
    assert origins["policy.threshold"] == (0.7, "environment")
    assert origins["home"] == (str(home), "environment")
    assert origins["device"] == ("cpu", "default")


def test_a_fault_of_the_settings_is_a_line_and_the_rest_is_checked(
    organiser: Organiser, photos: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "organiser.toml").write_text("workers = -3\n[policy]\ntreshold = 0.6\n")
    monkeypatch.setenv("ORGANISER_DEVICE", "tpu")
    monkeypatch.setenv("ORGANISER_WORKRES", "3")
    settings = _lines(organiser, "setting")
    assert {name for name, item in settings.items() if item["health"] == "bad"} == {
        "policy.treshold", "workers", "device", "environment"
    }  # fmt: skip
    assert "did you mean policy.threshold?" in settings["policy.treshold"]["note"]
    assert "0 to 1024" in settings["workers"]["note"]
    assert "did you mean ORGANISER_WORKERS?" in settings["environment"]["note"]
    assert _lines(organiser, "index")["photos"]["value"] == 5
    ran = organiser("doctor")
    assert ran.code == 1
    assert "ORGANISER_DEVICE (device) cannot be 'tpu': it must be one of cpu, gpu" in ran.talk


@pytest.mark.parametrize("text", ["= 1", "x = " + "[" * 10_000, "\0", "home = 3"])
def test_it_runs_with_a_broken_file(organiser: Organiser, home: Path, text: str) -> None:
    home.mkdir()
    (home / "organiser.toml").write_text(text)
    ran = organiser("doctor")
    assert ran.code == (0 if text == "home = 3" else 1)
    assert text == "home = 3" or "organiser.toml" in ran.talk


def test_it_runs_where_the_index_cannot_be_a_url(organiser: Organiser) -> None:
    ran = organiser("--index", "foo", "doctor")
    assert ran.code == 1
    assert "--index (index_url) cannot be 'foo'" in ran.talk
    assert organiser("--index", "foo", "stats").talk.startswith("organiser: --index (index_url) cannot be 'foo'")


def test_it_runs_where_the_home_cannot_be_found(organiser: Organiser) -> None:
    ran = organiser("--home", "~nobody-of-this-name/photos", "doctor")
    assert ran.code == 1
    assert "home (~nobody-of-this-name/photos) cannot be found" in ran.talk
    assert organiser("--home", "~nobody-of-this-name", "stats").talk.startswith("organiser: home (~nobody")


def test_a_misspelt_variable_is_told_once(home: Path) -> None:
    environment = os.environ | {"ORGANISER_HOME": str(home), "ORGANISER_WORKRES": "3"}
    command = [sys.executable, "-m", "organiser", "stats"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ran.stderr.count("did you mean ORGANISER_WORKERS?") == 1


def test_a_new_home_is_healthy_and_stays_unmade(organiser: Organiser, home: Path) -> None:
    ran = organiser("doctor", "--json")
    assert ran.code == 0
    assert "not made yet" in ran.out
    assert not home.exists()


def test_index_model_and_roots_are_told(organiser: Organiser, photos: Path) -> None:
    assert organiser("doctor").code == 0
    index = _lines(organiser, "index")
    assert (index["photos"]["value"], index["files"]["value"], index["failures"]["value"]) == (5, 6, 1)
    assert _lines(organiser, "model")["active"]["value"].startswith("stub@1")
    assert _lines(organiser, "root")[str(photos)]["health"] == "ok"
    assert _lines(organiser, "part")["celery"]["health"] in ("ok", "absent")


def test_a_lost_root_is_bad_health(organiser: Organiser, photos: Path) -> None:
    shutil.rmtree(photos)
    ran = organiser("doctor")
    assert ran.code == 1
    assert f"root {photos}: the folder is not there" in ran.talk


def test_an_altered_active_model_is_bad_health(organiser: Organiser, photos: Path, home: Path) -> None:
    (next((home / "models").iterdir()) / "stub.txt").write_bytes(b"altered")
    ran = organiser("doctor")
    assert ran.code == 1
    assert "altered" in ran.talk


def test_an_index_of_a_newer_version_is_bad_health(organiser: Organiser, photos: Path, home: Path) -> None:
    with closing(sqlite3.connect(home / "index.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = organiser("doctor")
    assert ran.code == 1
    assert "revision 9999" in ran.talk


def test_passwords_are_not_shown() -> None:
    assert without_password("postgresql+psycopg://me:secret@db/photos") == "postgresql+psycopg://me:…@db/photos"
    assert without_password("redis://host:1/0") == "redis://host:1/0"


def test_what_earlier_versions_left_in_the_cache_is_told_with_the_way_out(
    organiser: Organiser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a cache"))
    assert "leftovers" not in organiser("doctor", "--json").out
    folder = tmp_path / "a cache" / "Microsoft" / "DeveloperTools" / ".onnxruntime"
    folder.mkdir(parents=True)
    (line,) = [row for row in json.loads(organiser("doctor", "--json").out) if row["name"] == "leftovers"]
    assert line["value"] == str(folder)
    assert f"rm -r '{folder}'" in line["note"]
