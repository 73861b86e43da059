"""Models through the page: what another one would change, using it, and going back."""

import time
from pathlib import Path
from typing import Any

import pytest

from organiser.bootstrap import open_index
from organiser.core.emotion import Emotion
from organiser.jobs.actions import models
from organiser.settings.reading import load
from organiser.vision.classifiers.stub import write_stub_bundle
from organiser.vision.drawn import COLOURS
from tests.web.server import Page, Server
from tests.workers.service_process import wait_until


def add_gloomy(home: Path, folder: Path) -> str:
    """Make a model known that has never seen anybody happy; return its digest."""
    engine = open_index(load({"ORGANISER_HOME": str(home)}))
    labels = [emotion for emotion in COLOURS if emotion is not Emotion.HAPPY]
    bundle = write_stub_bundle(folder / "gloomy", name="gloomy", version="2", labels=labels)
    added = models.add(engine, home, bundle, time.time())
    engine.dispose()
    return added.digest


@pytest.fixture
def gloomy(home: Path, tmp_path: Path) -> str:
    return add_gloomy(home, tmp_path)


def listed(page: Page) -> dict[str, Any]:
    return {row["name"]: row for row in page.get("/api/models")["rows"]}


def test_what_a_model_would_change_is_seen_before_it_is_used(page: Page, gloomy: str) -> None:
    before = page.rows()
    assert page.http.get(f"/api/models/{gloomy}/flips").status_code == 404
    tried = page.finished(page.post(f"/api/models/{gloomy}/try", {}))
    assert (tried["state"], tried["error"]) == ("done", None)
    assert tried["result"]["compared"] == 4
    assert tried["result"]["flips"] == sum(change["photos"] for change in tried["result"]["changes"])
    found = page.get(f"/api/models/{gloomy}/flips", **{"from": "happy"})
    assert [(row["name"], row["before"]) for row in found["rows"]] == [("happy.jpg", "happy")]
    assert found["rows"][0]["after"] != "happy"
    assert (found["total"], found["next"]) == (1, None)
    every = page.get(f"/api/models/{gloomy}/flips", limit=1)
    assert (len(every["rows"]), every["next"]) == (1, 1 if every["total"] > 1 else None)
    assert page.rows() == before
    assert listed(page)["gloomy"]["trial"] == tried["result"]


def test_a_model_is_used_and_rolled_back(page: Page, gloomy: str) -> None:
    assert page.post("/api/models/roll-back", {}).status_code == 202  # back to the shipped one, which was there before
    page.post(f"/api/models/{listed(page)['stub']['digest']}/use", {})
    used = page.post(f"/api/models/{gloomy}/use", {})
    assert (used.status_code, used.json()["label"]) == (202, "gloomy@2")
    wait_until("it has judged", lambda: not page.rows(q="emotion:happy") and page.get("/api/models")["stale"] == 0)
    known = listed(page)
    assert (known["gloomy"]["active"], known["stub"]["previous"]) == (True, True)
    back = page.post("/api/models/roll-back", {})
    assert back.json()["label"].startswith("stub@")
    wait_until(
        "the one before has judged", lambda: [row["name"] for row in page.rows(q="emotion:happy")] == ["happy.jpg"]
    )


def test_only_models_of_the_index_are_tried_and_used(page: Page, gloomy: str, tmp_path: Path) -> None:
    active = listed(page)["stub"]["digest"]
    assert page.post(f"/api/models/{active}/try", {}).status_code == 400
    for word in ("gloomy", gloomy[:12], "%2Fetc", str(tmp_path).replace("/", "%2F")):
        for act in ("try", "use"):
            assert page.post(f"/api/models/{word}/{act}", {}).status_code == 404, word


def test_a_model_whose_bundle_is_altered_says_so(page: Page, server: Server, gloomy: str) -> None:
    (server.home / "models" / gloomy[:12] / "stub.txt").write_text("altered")
    tried = page.finished(page.post(f"/api/models/{gloomy}/try", {}))
    assert (tried["state"], "stub.txt" in tried["error"]) == ("failed", True)
    assert page.post(f"/api/models/{gloomy}/use", {}).status_code == 400
    assert listed(page)["stub"]["active"]
