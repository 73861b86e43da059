"""Collections through the page: how they stand, what a sync would do, doing it, and that they follow corrections."""

import os
from pathlib import Path
from typing import Any

from tests.web.server import Page, Server
from tests.workers.service_process import wait_until


def standing(page: Page, name: str) -> dict[str, Any]:
    return next(row for row in page.get("/api/collections")["rows"] if row["name"] == name)


def test_a_collection_is_previewed_made_synced_and_undone(page: Page, tmp_path: Path) -> None:
    target = tmp_path / "glad"
    wanted = {"name": "glad/2024", "query": "emotion:happy", "target": str(target)}
    preview = page.post("/api/collections", wanted | {"dry_run": True}).json()
    assert (preview["count"], [row["name"] for row in preview["rows"]]) == (1, ["happy.jpg"])
    assert not target.exists()
    made = page.post("/api/collections", wanted)
    assert (made.status_code, made.json()["state"], made.json()["count"]) == (201, "behind", 1)
    plan = page.get("/api/collections/glad%2F2024/plan")
    assert [step["act"] for step in plan["steps"]] == ["create"]
    done = page.post("/api/collections/glad%2F2024/sync", {}).json()
    assert done["counts"] == {"placed": 1}
    assert standing(page, "glad/2024")["state"] == "in_step"
    (target / "happy.jpg").write_bytes(b"edited")
    checked = page.post("/api/collections/glad%2F2024/verify", {}).json()
    assert checked["rows"] == [{"destination": "happy.jpg", "state": "edited"}]
    (target / "happy.jpg").unlink()
    page.post("/api/collections/glad%2F2024/sync", {})
    undone = page.post("/api/collections/glad%2F2024/undo", {}).json()
    assert undone["counts"]["undone"] >= 1
    assert standing(page, "glad/2024")["state"] == "held"


def test_a_target_that_is_gone_is_told(page: Page, tmp_path: Path) -> None:
    page.post("/api/collections", {"name": "glad", "query": "emotion:happy", "target": str(tmp_path / "glad")})
    page.post("/api/collections/glad/sync", {})
    (tmp_path / "glad").rename(tmp_path / "elsewhere")
    assert standing(page, "glad")["state"] == "target_missing"


def test_a_correction_changes_the_collections_folder(page: Page, tmp_path: Path) -> None:
    page.post("/api/collections", {"name": "glad", "query": "emotion:happy", "target": str(tmp_path / "glad")})
    page.post("/api/collections/glad/sync", {})
    photo = page.rows(q="sad.png")[0]["id"]
    said = page.post("/api/corrections", {"items": [{"photo": photo, "face": None, "emotion": "happy"}]}).json()
    wait_until("the photo is placed", lambda: "sad.png" in os.listdir(tmp_path / "glad"))
    page.post("/api/corrections/undo", {"undo": said["undo"]})
    wait_until("the photo is taken away", lambda: "sad.png" not in os.listdir(tmp_path / "glad"))


def test_what_cannot_be_a_collection_is_refused(page: Page, server: Server, tmp_path: Path) -> None:
    folder = str(server.home.parent / "photos")
    for wanted in (
        {"name": "", "query": "emotion:happy"},
        {"name": "x", "query": "emotion:nothing"},
        {"name": "x", "query": "", "target": "relative/../folder"},
        {"name": "x", "query": "", "target": folder},
        {"name": "x", "query": "", "mode": "steal"},
        {"name": "x", "query": "", "layout": "{nothing}"},
        {"name": "x", "query": ["a"]},
        {"name": "happy", "query": ""},
    ):
        assert page.post("/api/collections", wanted).status_code == 400, wanted
    assert page.http.get("/api/collections/none/plan").status_code == 404
