"""`organiser models`: bundles are copied, verified, chosen and dropped."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from organiser.vision.classifiers.stub import write_stub_bundle
from tests.cli.command import Organiser


def _listed(organiser: Organiser) -> dict[str, dict[str, Any]]:
    return {load["model"]: load for load in json.loads(organiser("models", "list", "--json").out)}


def _active(organiser: Organiser) -> list[str]:
    return [name for name, item in _listed(organiser).items() if item["active"]]


@pytest.fixture
def second(organiser: Organiser, tmp_path: Path) -> Path:
    """The bundle stub@2, added."""
    bundle = write_stub_bundle(tmp_path / "second", version="2")
    assert organiser("models", "add", bundle).code == 0
    return bundle


def test_the_shipped_model_serves_until_another_is_chosen(organiser: Organiser, second: Path) -> None:
    shipped = [row["model"] for row in _listed(organiser).values() if row["shipped"]]
    assert _active(organiser) == shipped
    assert organiser("models", "use", "stub@2").code == 0
    assert _active(organiser) == ["stub@2"]
    organiser("models", "use", "shipped")
    assert _active(organiser) == shipped


def test_the_model_before_judges_again(organiser: Organiser, second: Path) -> None:
    (shipped,) = _active(organiser)
    assert "no other model was in use" in organiser("models", "rollback").talk
    organiser("models", "use", "stub@2")
    assert organiser("models", "rollback").code == 0
    assert _active(organiser) == [shipped]
    organiser("models", "rollback")
    assert _active(organiser) == ["stub@2"]
    organiser("models", "use", "shipped")
    organiser("models", "remove", "stub@2")
    assert organiser("models", "rollback").code == 1


def test_an_added_bundle_is_our_own_copy(organiser: Organiser, second: Path, home: Path) -> None:
    for file in second.iterdir():
        file.unlink()
    kept = Path(_listed(organiser)["stub@2"]["path"])
    assert kept.parent == home / "models"
    assert organiser("models", "verify").code == 0
    assert organiser("models", "use", "stub").code == 0


def test_adding_twice_is_the_same_and_mends_a_damaged_copy(organiser: Organiser, second: Path) -> None:
    kept = Path(_listed(organiser)["stub@2"]["path"])
    (kept / "stub.txt").write_bytes(b"altered")
    ran = organiser("models", "verify", "--json")
    assert ran.code == 1
    assert {load["model"]: load["intact"] for load in json.loads(ran.out)}["stub@2"] is False
    assert organiser("models", "use", "stub@2").code == 1
    assert organiser("models", "add", second).code == 0
    assert organiser("models", "verify").code == 0


def test_a_model_is_named_by_the_digits_of_its_digest(organiser: Organiser, second: Path, tmp_path: Path) -> None:
    organiser("models", "add", write_stub_bundle(tmp_path / "third", version="3"))
    ran = organiser("models", "use", "stub")
    assert ran.code == 1
    assert "names several models: stub@2" in ran.talk
    assert organiser("models", "use", _listed(organiser)["stub@3"]["digest"][:8]).code == 0
    assert _active(organiser) == ["stub@3"]


def test_only_a_model_that_is_not_in_use_is_removed(organiser: Organiser, photos: Path, second: Path) -> None:
    assert "in use" in organiser("models", "remove", "stub@1").talk
    organiser("models", "use", "stub@2")
    kept = Path(_listed(organiser)["stub@1"]["path"])
    ran = organiser("models", "remove", "stub@1")
    assert (ran.code, ran.talk) == (0, "removed stub@1 and its 4 predictions\n")
    assert not kept.exists()
    assert organiser("find", "judged:yes", "--count").out == "0\n"


def test_an_incomplete_bundle_is_refused(organiser: Organiser, tmp_path: Path, home: Path) -> None:
    bundle = write_stub_bundle(tmp_path / "bundle")
    (bundle / "stub.txt").unlink()
    ran = organiser("models", "add", bundle)
    assert ran.code == 1
    assert "stub.txt" in ran.talk
    assert not (home / "models").exists()


def test_a_bundle_of_pipes_and_devices_is_refused_in_one_line(organiser: Organiser, tmp_path: Path) -> None:
    bundle = write_stub_bundle(tmp_path / "hostile")
    (bundle / "manifest.json").unlink()
    os.mkfifo(bundle / "manifest.json")
    ran = organiser("models", "add", bundle)
    assert (ran.code, ran.talk.splitlines()[0]) == (1, f"organiser: {bundle}/manifest.json: not a regular file")
