"""Schedules through the page: the entries of `organiser schedule`."""

from typing import Any

from tests.web.server import Page

NIGHTLY = {"name": "nightly", "cron": "30 3 * * *", "action": "reclassify"}


def listed(page: Page) -> list[dict[str, Any]]:
    return page.get("/api/work")["schedules"]


def test_an_entry_is_added_switched_and_removed(page: Page) -> None:
    made = page.post("/api/schedules", NIGHTLY | {"query": "emotion:sad"})
    assert (made.status_code, made.json()["arguments"], made.json()["on"]) == (201, {"query": "emotion:sad"}, True)
    (entry,) = listed(page)
    assert (entry["name"], entry["cron"], entry["last"]) == ("nightly", "30 3 * * *", None)
    assert entry["next"] > 0
    page.post(f"/api/schedules/{entry['id']}/switch", {"on": False})
    assert [(row["on"], row["next"]) for row in listed(page)] == [(False, None)]
    page.post(f"/api/schedules/{entry['id']}/switch", {"on": True})
    assert listed(page)[0]["on"]
    assert page.post(f"/api/schedules/{entry['id']}/remove", {}).status_code == 200
    assert listed(page) == []
    assert page.post(f"/api/schedules/{entry['id']}/remove", {}).status_code == 404


def test_a_scan_and_a_model_are_named_by_what_the_page_was_told(page: Page) -> None:
    root = page.get("/api/work")["roots"][0]
    made = page.post("/api/schedules", NIGHTLY | {"action": "scan", "root": root["id"]})
    assert made.json()["arguments"] == {"root": root["path"]}
    model = page.get("/api/models")["rows"][-1]
    made = page.post("/api/schedules", NIGHTLY | {"model": model["digest"]})
    assert made.json()["arguments"] == {"model": model["label"]}
    assert page.post("/api/schedules", NIGHTLY | {"model": "/etc"}).status_code == 404
    assert page.post("/api/schedules", NIGHTLY | {"action": "scan", "root": 999}).status_code == 404
    assert page.post("/api/schedules", NIGHTLY | {"action": "scan", "root": root["path"]}).status_code == 404


def test_what_cannot_be_done_at_set_times_is_refused(page: Page) -> None:
    for wrong in (
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"cron": "never"},
        {"cron": 5},
        {"action": "dance"},
        {"query": "emotion:nothing"},
    ):
        assert page.post("/api/schedules", NIGHTLY | wrong).status_code == 400, wrong
    assert listed(page) == []
