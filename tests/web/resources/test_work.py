"""Work through the page, beside a scan, beside a busy index, and what happens as it happens."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx

from tests.photos import HAPPY, photo
from tests.web.server import Page, Server
from tests.workers.service_process import draw, wait_until


def test_how_things_stand(page: Page, server: Server) -> None:
    found = page.get("/api/work")
    assert found["due"] == {"identify": 0, "detect": 0, "judge": 0}
    assert [root["path"] for root in found["roots"]] == [str(server.home.parent / "photos")]
    (failed,) = found["failures"]
    assert (failed["kind"], failed["path"].rpartition("/")[2]) == ("truncated", "cut.jpg")
    assert page.get(f"/api/photos/{failed['photo']}")["failures"][0]["kind"] == "truncated"
    assert (found["failures_total"], found["failure_kinds"], failed["thumbnail"]) == (1, {"truncated": 1}, False)


def test_steps_are_paused_and_go_on(page: Page) -> None:
    page.post("/api/work/pause", {"steps": ["detect"]})
    assert list(page.get("/api/work")["paused"]) == ["detect"]
    page.post("/api/work/resume", {})
    assert page.get("/api/work")["paused"] == {}
    assert page.post("/api/work/pause", {"steps": ["dance"]}).status_code == 400
    assert page.post("/api/work/cancel", {"run": 999}).status_code == 404


def test_a_failure_is_tried_again_and_forgotten(page: Page) -> None:
    (failed,) = page.get("/api/work")["failures"]
    assert page.post("/api/work/retry", {"ids": [failed["id"]]}).json() == {"done": 1}
    assert page.get("/api/work")["due"]["detect"] == 1
    for ids in (None, [], ["1"], [True], [2**64]):
        assert page.post("/api/work/forget-failure", {"ids": ids}).status_code == 400


def test_failures_are_forgotten_by_kind_and_all_at_once(page: Page) -> None:
    assert page.post("/api/work/forget-failure", {"kind": "crashed"}).json() == {"done": 0}
    assert page.post("/api/work/retry", {"kind": 5}).status_code == 400
    assert page.post("/api/work/forget-failure", {"kind": "truncated"}).json() == {"done": 1}
    assert page.get("/api/work")["failures"] == []
    assert page.post("/api/work/retry", {"all": True}).json() == {"done": 0}


def test_a_scan_that_goes_on_is_cancelled(page: Page, server: Server) -> None:
    draw(server.home.parent / "photos" / "many", 200)
    page.post("/api/work/scan", {})

    def going() -> list[Any]:
        return [run for run in page.get("/api/work")["runs"] if run["kind"] == "scan" and run["ended"] is None]

    wait_until("the scan is a run", going)
    run = going()[0]
    assert page.post("/api/work/cancel", {"run": run["id"]}).json() == {"done": True}
    wait_until("it has ended", lambda: not going())
    found = page.get("/api/work")
    assert next(each for each in found["runs"] if each["id"] == run["id"])["cancelled"]
    assert sum(found["due"].values()) > 0
    page.post("/api/work/resume", {})
    page.post("/api/work/scan", {})
    wait_until("all is done", lambda: len(page.rows(q="path:many judged:yes", limit=1000)) == 200)


def test_a_scan_is_started_without_a_service(page: Page, server: Server) -> None:
    photo(server.home.parent / "photos" / "new.jpg", [HAPPY], seed=91)
    began = page.post("/api/work/scan", {})
    assert (began.status_code, began.json()["by"]) == (202, "process")
    wait_until("the new photo is judged", lambda: page.rows(q="new.jpg emotion:happy"))
    assert page.post("/api/work/scan", {"root": 99}).status_code == 404


def test_a_folder_that_is_away_is_told_and_keeps_what_is_known(page: Page, server: Server) -> None:
    folder = server.home.parent / "photos"
    folder.rename(folder.with_name("away"))
    assert page.post("/api/work/scan", {}).json() == {"by": "offline"}
    (root,) = page.get("/api/work")["roots"]
    assert (root["offline_reason"], root["offline_since"] is None) == ("it is not there", False)
    assert len(page.rows()) == 5
    folder.with_name("away").rename(folder)
    assert page.post("/api/work/scan", {}).json() == {"by": "process"}
    wait_until("it is online again", lambda: page.get("/api/work")["roots"][0]["offline_since"] is None)


def test_it_answers_while_a_scan_runs(page: Page, server: Server) -> None:
    folder = server.home.parent / "photos"
    draw(folder, 60)
    words = [sys.executable, "-m", "organiser", "--home", str(server.home), "scan", str(folder), "--json"]
    photo_id = page.rows(q="sad.png")[0]["id"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as scan:
        answered = 0
        while scan.poll() is None:
            response = page.post("/api/corrections", {"items": [{"photo": photo_id, "face": None, "emotion": "happy"}]})
            assert response.status_code == 200, response.text
            page.rows(limit=50)
            page.get("/api/work")
            answered += 1
    assert answered > 0
    assert page.rows(q="sad.png")[0]["emotion"] == "happy"


def test_a_busy_index_is_read_and_says_when_to_write_again(page: Page, server: Server) -> None:
    photo_id = page.rows(q="sad.png")[0]["id"]
    body = {"items": [{"photo": photo_id, "face": None, "emotion": "happy"}]}
    with closing(sqlite3.connect(server.home / "index.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert page.rows(q="sad.png")[0]["emotion"] == "sad"
        response = page.post("/api/corrections", body)
        assert (response.status_code, response.headers["retry-after"]) == (503, "2")
        other.execute("ROLLBACK")
    assert page.post("/api/corrections", body).status_code == 200


def events(stream: httpx.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_events_tell_of_changes_and_end_with_the_server(page: Page, server: Server) -> None:
    with page.http.stream("GET", "/api/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        coming = events(stream)
        first = dict(next(coming) for _ in range(2))
        assert first["work"]["due"]["detect"] == 0
        assert first["library"]["photos"] == 5
        photo_id = page.rows(q="sad.png")[0]["id"]
        page.post("/api/corrections", {"items": [{"photo": photo_id, "face": None, "emotion": "happy"}]})
        assert next(data for name, data in coming if name == "library")["corrections"] == 1
        page.post("/api/collections/happy/edit", {"target": str(server.home.parent / "happy")})
        page.post("/api/collections/happy/sync", {})
        done = next(data for name, data in coming if name == "task" and data["state"] == "done")
        assert (done["act"], done["subject"], done["done"], done["total"]) == ("sync", "happy", 2, 2)
        server.process.terminate()
        assert all(name in ("work", "library", "task") for name, _ in coming)  # the stream ends in order
    assert "Traceback" not in server.stop()
