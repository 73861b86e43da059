"""`organiser reclassify`: a query says what is judged first, and nobody is told that this is all."""

import json
from pathlib import Path

import pytest

from organiser.vision.classifiers.stub import write_stub_bundle
from tests.cli.command import Organiser


@pytest.fixture
def better(photos: Path, tmp_path: Path) -> Path:
    """A bundle that the index does not know; four photos are judged by another."""
    return write_stub_bundle(tmp_path / "better", version="2")


def test_what_a_query_leaves_stale_is_told(organiser: Organiser, better: Path) -> None:
    ran = organiser("reclassify", "path:2023", "--model", better)
    assert ran.code == 0
    assert "judged 2 photos" in ran.talk
    assert "2 more are stale: the next scan judges them" in ran.talk
    assert json.loads(organiser("reclassify", "path:happy", "--json").out)["left"] == 1
    ran = organiser("reclassify")
    assert ("judged 1 photo," in ran.talk, "stale" in ran.talk) == (True, False)


def test_a_model_named_by_its_folder_outlives_the_folder(
    organiser: Organiser, better: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(better.parent)
    assert organiser("reclassify", "--model", "better").code == 0
    better.rename(better.with_name("gone"))
    active = [load for load in json.loads(organiser("models", "list", "--json").out) if load["active"]]
    assert [one["model"] for one in active] == ["stub@2"]
    assert organiser("models", "verify").code == 0


def test_a_dry_run_names_the_photos_that_a_new_policy_would_change(
    organiser: Organiser, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(organiser("reclassify", "--dry-run", "--json").out)["flips"] == []
    monkeypatch.setenv("ORGANISER_POLICY_THRESHOLDS", '{"sad": 1.0}')
    planned = json.loads(organiser("reclassify", "--dry-run", "--json").out)
    assert planned["flips"] == [{"path": str(photos / "sad.png"), "from": "sad", "to": None}]
    assert planned["faces"] == 0
    assert f"sad → no emotion  {photos / 'sad.png'}" in organiser("reclassify", "--dry-run").out
    again = json.loads(organiser("reclassify", "--dry-run", "--json").out)
    assert again == planned
