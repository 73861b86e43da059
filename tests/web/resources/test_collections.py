"""Collections through the page: how they stand, what a sync would do, doing it, and that they follow corrections."""

import os
from pathlib import Path
from typing import Any

from organiser.bootstrap import open_services
from organiser.jobs.collections.lock import placing
from organiser.settings.reading import load
from tests.cli.library import scan
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
    done = page.finished(page.post("/api/collections/glad%2F2024/sync", {}))
    assert (done["state"], done["done"], done["total"]) == ("done", 1, 1)
    assert done["result"] == {"counts": {"placed": 1}, "notes": []}
    assert standing(page, "glad/2024")["state"] == "in_step"
    assert page.get("/api/work")["runs"][0]["origin"] == "page"
    (target / "happy.jpg").write_bytes(b"edited")
    checked = page.finished(page.post("/api/collections/glad%2F2024/verify", {}))
    assert checked["result"]["rows"] == [{"destination": "happy.jpg", "state": "edited"}]
    (target / "happy.jpg").unlink()
    page.finished(page.post("/api/collections/glad%2F2024/sync", {}))
    undone = page.finished(page.post("/api/collections/glad%2F2024/undo", {}))
    assert undone["result"]["counts"]["undone"] >= 1
    assert standing(page, "glad/2024")["state"] == "held"


def test_a_target_that_is_gone_is_told(page: Page, tmp_path: Path) -> None:
    page.post("/api/collections", {"name": "glad", "query": "emotion:happy", "target": str(tmp_path / "glad")})
    page.finished(page.post("/api/collections/glad/sync", {}))
    (tmp_path / "glad").rename(tmp_path / "elsewhere")
    assert standing(page, "glad")["state"] == "target_missing"
    refused = page.finished(page.post("/api/collections/glad/sync", {}))
    assert (refused["result"]["counts"], "gone" in refused["result"]["notes"][0]) == ({"not_placed": 1}, True)
    page.finished(page.post("/api/collections/glad/sync", {"recreate": True}))
    assert standing(page, "glad")["state"] == "in_step"


def test_a_correction_changes_the_collections_folder(page: Page, tmp_path: Path) -> None:
    page.post("/api/collections", {"name": "glad", "query": "emotion:happy", "target": str(tmp_path / "glad")})
    page.finished(page.post("/api/collections/glad/sync", {}))
    photo = page.rows(q="sad.png")[0]["id"]
    response = page.post("/api/corrections", {"items": [{"photo": photo, "face": None, "emotion": "happy"}]}).json()
    wait_until("the photo is placed", lambda: "sad.png" in os.listdir(tmp_path / "glad"))
    page.post("/api/corrections/undo", {"undo": response["undo"]})
    wait_until("the photo is taken away", lambda: "sad.png" not in os.listdir(tmp_path / "glad"))


def files(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name[0] != ".") if folder.is_dir() else []


def test_a_collection_is_changed(page: Page, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    page.post("/api/collections", {"name": "glad", "query": "emotion:happy", "target": str(old)})
    page.finished(page.post("/api/collections/glad/sync", {}))
    changed = page.post(
        "/api/collections/glad/edit", {"name": "merry", "query": "emotion:sad", "layout": "{emotion}/{name}"}
    )
    assert (changed.status_code, changed.json()["state"]) == (200, "behind")
    assert page.http.get("/api/collections/glad/plan").status_code == 404
    page.finished(page.post("/api/collections/merry/sync", {}))
    assert files(old / "sad") == ["sad.png"]
    unsaid = page.post("/api/collections/merry/edit", {"target": str(new)})
    assert (unsaid.status_code, "keep_files" in unsaid.json()["error"]["message"]) == (400, True)
    page.finished(page.post("/api/collections/merry/edit", {"target": str(new), "keep_files": True}))
    assert files(old / "sad") == ["sad.png"]
    page.finished(page.post("/api/collections/merry/sync", {}))
    page.finished(page.post("/api/collections/merry/edit", {"target": "", "keep_files": False}))
    assert (files(new), standing(page, "merry")["state"]) == ([], "nowhere")
    for wanted in ({"name": "happy"}, {"query": "emotion:nothing"}, {"layout": "{nothing}"}, {"target": "here"}):
        refused = page.post("/api/collections/merry/edit", wanted)
        assert refused.status_code == 400, wanted
    assert page.post("/api/collections/merry/edit", {"query": "faces:1 emotion:hapy"}).json()["error"]["at"] == 16


def test_a_collection_is_removed_with_or_without_what_was_placed(page: Page, tmp_path: Path) -> None:
    for keep_files, left in ((True, ["happy.jpg"]), (False, [])):
        target = tmp_path / str(keep_files)
        page.post("/api/collections", {"name": "glad", "query": "emotion:happy", "target": str(target)})
        page.finished(page.post("/api/collections/glad/sync", {}))
        assert page.post("/api/collections/glad/remove", {}).status_code == 400
        removed = page.finished(page.post("/api/collections/glad/remove", {"keep_files": keep_files}))
        assert (removed["state"], files(target)) == ("done", left)
        assert page.http.get("/api/collections/glad/plan").status_code == 404


def test_what_a_sync_would_take_away_is_kept_or_removed_as_a_person_says(
    page: Page, server: Server, tmp_path: Path
) -> None:
    target, photos = tmp_path / "all", server.home.parent / "photos"
    page.post("/api/collections", {"name": "all", "query": "faces:1..", "target": str(target)})
    page.finished(page.post("/api/collections/all/sync", {}))
    assert files(target) == ["happy.jpg", "pair.jpg", "sad.png"]
    (photos / "sad.png").unlink()
    scan(server.home, photos)
    page.post("/api/collections/all/edit", {"query": "emotion:angry"})
    plan = page.get("/api/collections/all/plan")
    steps = {step["destination"]: step for step in plan["steps"]}
    assert {name: step["act"] for name, step in steps.items()} == {"happy.jpg": "remove", "pair.jpg": "remove"}
    (last,) = plan["kept"]
    assert (last["destination"], last["why"]) == ("sad.png", "last_copy")
    page.finished(page.post("/api/collections/all/sync", {"keep": [named(steps["happy.jpg"])]}))
    assert files(target) == ["happy.jpg", "sad.png"]
    assert page.get("/api/collections/all/plan")["steps"] == []  # the kept one is the person's own now
    stranger = named(last) | {"photo": steps["pair.jpg"]["photo"]}
    page.finished(page.post("/api/collections/all/sync", {"drop": [stranger]}))
    assert files(target) == ["happy.jpg", "sad.png"]
    dropped = page.finished(page.post("/api/collections/all/sync", {"drop": [named(last)]}))
    assert (dropped["result"]["counts"], files(target)) == ({"removed": 1}, ["happy.jpg"])
    assert page.post("/api/collections/all/sync", {"drop": "sad.png"}).status_code == 400


def named(item: dict[str, Any]) -> dict[str, Any]:
    return {"placement": item["placement"], "photo": item["photo"]}


def test_a_task_waits_for_the_commands_lock_and_says_who_has_it(page: Page, server: Server, tmp_path: Path) -> None:
    page.post("/api/collections", {"name": "glad", "query": "emotion:happy", "target": str(tmp_path / "glad")})
    services = open_services(load({"ORGANISER_HOME": str(server.home), "ORGANISER_DETECTOR": "drawn"}))
    with placing(services) as mine:
        assert mine
        refused = page.finished(page.post("/api/collections/glad/sync", {}))
    assert (refused["state"], "another process" in refused["error"]) == ("failed", True)
    services.engine.dispose()
    assert page.finished(page.post("/api/collections/glad/sync", {}))["state"] == "done"
    page.post("/api/work/pause", {"steps": ["place"]})
    assert "paused" in page.finished(page.post("/api/collections/glad/sync", {}))["error"]
    assert page.post("/api/tasks/stop", {"id": 999}).status_code == 404


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
