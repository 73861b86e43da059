"""Counts, suggestions, what to review, and the wall of faces."""

from tests.web.server import Page


def test_counts_are_of_what_the_query_selects(page: Page) -> None:
    whole = page.get("/api/counts")
    assert whole["total"] == len(page.rows()) == sum(whole["reason"].values())
    assert whole["emotion"] == {"happy": 1, "sad": 1, "none": 3}
    assert whole["month"]["2024-05"] == 1
    assert whole["month_emotion"]["2024-05 happy"] == 1
    assert sum(whole["month_emotion"].values()) == whole["total"]
    assert whole["camera"]["Acme One"] == 1
    assert whole["folder"]["2023"] == 2
    assert whole["collection"] == {"happy": 1, "sad": 1}
    assert page.get("/api/counts", q="emotion:happy")["collection"] == {"happy": 1, "sad": 0}
    assert page.http.get("/api/counts?q=emotion:x").status_code == 400


def test_suggestions(page: Page) -> None:
    assert page.get("/api/suggest", q="emotion:ha", at=10) == {
        "from": 0,
        "items": [{"text": "emotion:happy", "hint": ""}],
    }
    camera = page.get("/api/suggest", q='😀 -camera:"ac', at=14)
    assert camera == {"from": 3, "items": [{"text": '-camera:"Acme One"', "hint": ""}]}
    assert page.get("/api/suggest", q="emotion:happy sort:conf")["items"][0]["text"] == "sort:confidence-"
    assert len(page.get("/api/suggest")["items"]) == 12
    assert page.get("/api/suggest", q="nonsense:x")["items"] == []
    assert page.get("/api/suggest", q="😀", at=1)["from"] == 0  # in the middle of a character


def test_every_suggestion_can_be_asked(page: Page) -> None:
    for begun in (
        "emotion:",
        "reason:",
        "taken:",
        "added:",
        "faces:",
        "confidence:",
        "sort:",
        "root:",
        "model:",
        "hap",
    ):
        for item in page.get("/api/suggest", q=begun)["items"]:
            page.rows(q=item["text"])


def test_review_gives_the_doubtful_first_and_how_many_are_left(page: Page) -> None:
    first = page.get("/api/review", limit=1)
    assert [row["name"] for row in first["rows"]] == ["pair.jpg"]
    assert page.get("/api/review/left") == {"left": 3}
    page.post("/api/corrections", {"items": [{"photo": first["rows"][0]["id"], "face": None, "emotion": "sad"}]})
    after = page.get("/api/review")
    assert page.get("/api/review/left") == {"left": 2}
    assert "pair.jpg" not in [row["name"] for row in after["rows"]]


def test_review_within_a_collection(page: Page) -> None:
    found = page.get("/api/review", order="gain", collection="sad")
    assert [row["name"] for row in found["rows"]] == ["sad.png"]
    assert page.http.get("/api/review?collection=none").status_code == 404
    assert page.http.get("/api/review?order=x").status_code == 400


def test_faces_of_one_answer(page: Page) -> None:
    sad = page.get("/api/faces", emotion="sad")
    assert len(sad["rows"]) == 2  # of the sad photo, and of the pair
    assert sad["next"] is None
    assert all(row["emotion"] == "sad" and not row["corrected"] and row["probability"] > 0.5 for row in sad["rows"])
    first = page.get("/api/faces", emotion="sad", limit=1)
    rest = page.get("/api/faces", emotion="sad", limit=1, after=first["next"])
    assert first["rows"] + rest["rows"] == sad["rows"]
    items = [{"photo": row["photo"], "face": row["id"], "emotion": "happy"} for row in sad["rows"]]
    response = page.post("/api/corrections", {"items": items}).json()
    assert page.get("/api/faces", emotion="sad")["rows"] == []
    happy = page.get("/api/faces", emotion="happy")["rows"]
    assert [row["corrected"] for row in happy].count(True) == 2
    page.post("/api/corrections/undo", {"undo": response["undo"]})
    assert page.get("/api/faces", emotion="sad") == sad
    assert page.http.get("/api/faces?emotion=x").status_code == 400


def test_a_face_that_is_none_leaves_the_wall(page: Page) -> None:
    row = page.get("/api/faces", emotion="sad")["rows"][0]
    page.post("/api/corrections", {"items": [{"photo": row["photo"], "face": row["id"], "emotion": "no_face"}]})
    assert row["id"] not in [face["id"] for face in page.get("/api/faces", emotion="sad")["rows"]]
