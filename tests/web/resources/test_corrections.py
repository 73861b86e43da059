"""Corrections through the page are those of `organiser correct`, and can be taken back."""

from tests.web.server import Page


def verdict(page: Page, name: str) -> tuple[str | None, str]:
    (row,) = page.rows(q=name)
    return row["emotion"], row["reason"]


def key(page: Page, name: str) -> int:
    (row,) = page.rows(q=name)
    return row["id"]


def test_a_photo_is_corrected_and_taken_back(page: Page) -> None:
    before = verdict(page, "pair.jpg")
    response = page.post(
        "/api/corrections", {"items": [{"photo": key(page, "pair.jpg"), "face": None, "emotion": "sad"}]}
    )
    assert response.json()["applied"] == 1
    assert verdict(page, "pair.jpg") == ("sad", "corrected")
    assert page.rows(q="corrected:yes")[0]["name"] == "pair.jpg"
    undone = page.post("/api/corrections/undo", {"undo": response.json()["undo"]})
    assert undone.json() == {"undone": 1, "left": []}
    assert verdict(page, "pair.jpg") == before
    assert page.post("/api/corrections/undo", {"undo": response.json()["undo"]}).status_code == 410


def test_a_face_is_corrected(page: Page) -> None:
    photo = key(page, "pair.jpg")
    faces = page.get(f"/api/photos/{photo}")["faces"]
    sad = next(face for face in faces if face["emotion"] == "sad")
    page.post("/api/corrections", {"items": [{"photo": photo, "face": sad["id"], "emotion": "happy"}]})
    assert verdict(page, "pair.jpg")[0] == "happy"
    corrected = next(face for face in page.get(f"/api/photos/{photo}")["faces"] if face["id"] == sad["id"])
    assert (corrected["emotion"], corrected["corrected"]) == ("happy", True)


def test_a_face_that_is_none_counts_no_more(page: Page) -> None:
    photo = key(page, "pair.jpg")
    sad = next(face for face in page.get(f"/api/photos/{photo}")["faces"] if face["emotion"] == "sad")
    response = page.post(
        "/api/corrections", {"items": [{"photo": photo, "face": sad["id"], "emotion": "no_face"}]}
    ).json()
    assert verdict(page, "pair.jpg faces:1") == ("happy", "clear")
    found = page.get(f"/api/photos/{photo}")
    none = next(face for face in found["faces"] if face["id"] == sad["id"])
    assert (none["gate"], none["ignored"], none["emotion"], none["corrected"]) == ("no_face", "no_face", None, True)
    assert "is no face" in [each["detail"] for each in found["history"]]
    nothing = [{"photo": photo, "face": sad["id"], "emotion": None}]
    page.post("/api/corrections", {"items": nothing})
    assert verdict(page, "pair.jpg faces:2")[0] != "sad"
    assert page.post("/api/corrections/undo", {"undo": response["undo"]}).json()["left"] == [photo]
    whole = [{"photo": photo, "face": None, "emotion": "no_face"}]
    assert page.post("/api/corrections", {"items": whole}).status_code == 400


def test_several_at_once_and_nothing_of_the_kind(page: Page) -> None:
    photos = [key(page, name) for name in ("happy.jpg emotion:happy", "sad.png")]
    items = [{"photo": photo, "face": None, "emotion": None} for photo in photos]
    response = page.post("/api/corrections", {"items": items}).json()
    assert response["applied"] == 2
    assert verdict(page, "sad.png") == (None, "corrected")
    page.post("/api/corrections/undo", {"undo": response["undo"]})
    assert verdict(page, "sad.png")[0] == "sad"


def test_what_somebody_said_since_is_not_taken_back(page: Page) -> None:
    photo = key(page, "sad.png")
    first = page.post("/api/corrections", {"items": [{"photo": photo, "face": None, "emotion": "happy"}]}).json()
    page.post("/api/corrections", {"items": [{"photo": photo, "face": None, "emotion": "angry"}]})
    assert page.post("/api/corrections/undo", {"undo": first["undo"]}).json() == {"undone": 0, "left": [photo]}
    assert verdict(page, "sad.png")[0] == "angry"


def test_nothing_is_recorded_of_what_is_not_there(page: Page) -> None:
    photo = key(page, "sad.png")
    gone = [{"photo": photo, "face": None, "emotion": "happy"}, {"photo": 99, "face": None, "emotion": "happy"}]
    assert page.post("/api/corrections", {"items": gone}).status_code == 400
    faceless = [{"photo": photo, "face": 99, "emotion": "happy"}]
    assert page.post("/api/corrections", {"items": faceless}).status_code == 400
    assert verdict(page, "sad.png")[0] == "sad"


def test_odd_bodies_are_refused(page: Page) -> None:
    good = {"photo": 1, "face": None, "emotion": "happy"}
    for items in (None, [], "x", [1], [good | {"photo": "1"}], [good | {"photo": True}], [good | {"face": 2**70}]):
        assert page.post("/api/corrections", {"items": items}).status_code == 400, items
    for emotion in ("hapy", 3, [], {}):
        assert page.post("/api/corrections", {"items": [good | {"emotion": emotion}]}).status_code == 400, emotion
    assert page.post("/api/corrections", [1]).status_code == 400
