"""`organiser reclassify`: a query says what is judged first, and nobody is told that this is all."""

import json
from pathlib import Path

import pytest

from organiser.bootstrap import open_services
from organiser.core.emotion import Emotion
from organiser.index.tables.mixtures import Estimate
from organiser.jobs.actions import mixture
from organiser.settings.reading import load
from organiser.vision.classifiers.stub import write_stub_bundle
from organiser.vision.drawn import COLOURS
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
    active = [model for model in json.loads(organiser("models", "list", "--json").out) if model["active"]]
    assert [model["model"] for model in active] == ["stub@2"]
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


def test_a_mixture_in_force_is_shown_tried_without_and_dropped(organiser: Organiser, photos: Path, home: Path) -> None:
    report = {emotion: {"support": 100} for emotion in COLOURS}
    bundle = write_stub_bundle(home / "told", version="told", metrics={"validation": {"report": report}})
    assert organiser("reclassify", "--model", bundle).code == 0
    services = open_services(load({"ORGANISER_HOME": str(home), "ORGANISER_DETECTOR": "drawn"}))
    shares = {emotion: float(emotion is Emotion.HAPPY) for emotion in COLOURS}
    mixture.keep(services, Estimate(shares, 400, "stub@told", 1_700_000_000.0))
    assert organiser("reclassify").code == 0
    shown = json.loads(organiser("show", photos / "sad.png", "--json").out)[0]["verdict"]
    assert (shown["emotion"], shown["policy_in_force"]) == ("happy", True)
    assert "how common each emotion is" in shown["why"]
    (line,) = [model for model in json.loads(organiser("doctor", "--json").out) if model["name"] == "mixture"]
    assert line["value"]["happy"] == 1
    assert "of 400 faces by stub@told" in line["note"]
    planned = json.loads(organiser("reclassify", "--drop-mixture", "--dry-run", "--json").out)
    assert {"path": str(photos / "sad.png"), "from": "happy", "to": "sad"} in planned["flips"]
    assert organiser("reclassify", "--drop-mixture").code == 0
    assert json.loads(organiser("show", photos / "sad.png", "--json").out)[0]["verdict"]["emotion"] == "sad"


def test_a_mixture_that_cannot_be_estimated_says_why(organiser: Organiser, photos: Path) -> None:
    ran = organiser("reclassify", "--estimate-mixture")
    assert ran.code == 1
    assert "stub@1 does not say how common each emotion was" in ran.talk
    assert organiser("reclassify", "--estimate-mixture", "--drop-mixture").code == 2
    assert photos.exists()
