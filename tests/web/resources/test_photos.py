"""The wall's rows, one photo, its pictures."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.cli.library import scan
from tests.photos import HAPPY, photo
from tests.web.server import Page, Server


def names(rows: list[dict]) -> list[str]:
    return [row["name"] for row in rows]


def test_a_page_after_the_other_gives_every_photo_once(page: Page) -> None:
    whole = page.rows(sort="-date")
    found, after = [], ""
    while True:
        part = page.get("/api/photos", sort="-date", limit=2, after=after)
        found += part["rows"]
        if part["next"] is None:
            break
        after = part["next"]
    assert found == whole
    assert [name for name in names(whole) if name in {"happy.jpg", "pair.jpg"}] == ["happy.jpg", "pair.jpg"]
    assert sorted(names(whole)) == ["cut.jpg", "happy.jpg", "lamp.jpg", "pair.jpg", "sad.png"]


def test_a_row_is_the_reports_with_an_id(page: Page) -> None:
    (row,) = page.rows(q="happy.jpg emotion:happy")
    assert row["emotion"] == "happy"
    assert (row["width"], row["height"], row["camera"]) == (320, 240, "Acme One")
    assert row["taken"] == "2024-05-17T14:03:00"
    assert row["alt"].startswith("happy.jpg: happy")
    assert row["faces"][0]["probabilities"]["happy"] > 0.5
    assert row["link"] == f"api/photos/{row['id']}/image"


def test_orders(page: Page) -> None:
    dates = [row["taken"] for row in page.rows(sort="date")]
    assert dates == sorted(filter(None, dates)) + [None] * dates.count(None)
    doubts = names(page.rows(sort="doubt"))
    assert sorted(doubts) == sorted(names(page.rows()))
    assert names(page.rows(q="sort:path+"))[0] == "lamp.jpg"
    assert page.http.get("/api/photos?sort=size").status_code == 400


def test_an_error_in_a_query_says_where(page: Page) -> None:
    found = page.http.get("/api/photos", params={"q": "😀 emotion:hapy"})
    assert found.status_code == 400
    assert found.json()["error"]["at"] == len("12 emotion:")  # an emoji is two units to a browser
    assert "did you mean happy?" in found.json()["error"]["message"]


def test_bad_parameters_are_refused(page: Page) -> None:
    for query in ("limit=0", "limit=x", "limit=9999", "after=nonsense", "after=WzAsMCxudWxsXQx", "limit=²"):
        assert page.http.get(f"/api/photos?{query}").status_code == 400, query


def test_details(page: Page) -> None:
    (row,) = page.rows(q="pair.jpg")
    found = page.get(f"/api/photos/{row['id']}")
    assert [set(face) for face in found["faces"]] == [
        {"id", "box", "probabilities", "score", "gate", "ignored", "corrected", "emotion"}
    ] * 2
    assert {face["emotion"] for face in found["faces"]} == {"happy", "sad"}
    assert found["verdict"]["reason"] == "mixed"
    assert found["why"].startswith("the faces disagree")
    assert [file["online"] for file in found["files"]] == [True]
    assert [event["what"] for event in found["history"]] == ["added", "detected", "judged"]
    for face in found["faces"]:
        crop = page.http.get(f"/api/faces/{face['id']}/crop")
        assert Image.open(BytesIO(crop.content)).format == "JPEG"


def test_unknown_ids_are_not_found(page: Page) -> None:
    for path in ("photos/99", "photos/99/thumb", "photos/99/image", "faces/99/crop", f"photos/{10**30}"):
        assert page.http.get(f"/api/{path}").status_code == 404, path


def test_a_thumbnail_is_kept_by_the_browser(page: Page) -> None:
    (row,) = page.rows(q="sad.png")
    first = page.http.get(f"/api/photos/{row['id']}/thumb")
    assert first.headers["content-type"] == "image/jpeg"
    again = page.http.get(f"/api/photos/{row['id']}/thumb", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    lasting = page.http.get(f"/api/photos/{row['id']}/thumb?v=1").headers["cache-control"]
    assert "immutable" in lasting


def test_an_image_is_the_original_upright_and_kept(page: Page, server: Server) -> None:
    (row,) = page.rows(q="sad.png")
    original = server.home.parent / "photos" / "sad.png"
    before = original.stat()
    first = page.http.get(f"/api/photos/{row['id']}/image?size=200")
    assert Image.open(BytesIO(first.content)).size == (320, 240)
    assert [path.suffix for path in (server.home / "cache" / "pictures").iterdir()] == [".jpg"]
    assert page.http.get(f"/api/photos/{row['id']}/image?size=640").content == first.content
    after = original.stat()
    assert (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)


def test_a_folder_that_is_away_shows_the_kept_thumbnail(page: Page, server: Server) -> None:
    (row,) = page.rows(q="sad.png")
    shutil.move(server.home.parent / "photos", server.home.parent / "elsewhere")
    found = page.http.get(f"/api/photos/{row['id']}/image")
    assert found.headers["x-organiser-offline"] == "1"
    assert found.headers["cache-control"] == "no-store"
    assert found.content == page.http.get(f"/api/photos/{row['id']}/thumb").content
    (file,) = page.get(f"/api/photos/{row['id']}")["files"]
    assert not file["online"]


def test_what_is_forgotten_is_gone_from_the_kept_pictures_too(page: Page, server: Server) -> None:
    (row,) = page.rows(q="sad.png")
    page.http.get(f"/api/photos/{row['id']}/image")
    words = [sys.executable, "-m", "organiser", "--home", str(server.home), "forget", row["path"]]
    subprocess.run(words, check=True, capture_output=True)
    assert list((server.home / "cache" / "pictures").iterdir()) == []
    assert page.http.get(f"/api/photos/{row['id']}/image").status_code == 404


def test_a_file_that_changed_since_is_shown_and_not_kept(page: Page, server: Server) -> None:
    (row,) = page.rows(q="sad.png")
    photo(server.home.parent / "photos" / "sad.png", size=(200, 300), seed=5)
    found = page.http.get(f"/api/photos/{row['id']}/image")
    assert Image.open(BytesIO(found.content)).size == (200, 300)
    assert not (server.home / "cache" / "pictures").exists()


def test_nothing_is_kept_where_pictures_are_not_to_be(home: Path, serve: Callable[..., Server]) -> None:
    (home / "organiser.toml").write_text("[detect]\nkeep_crops = false\n")
    page = serve().client()
    for row in page.rows():
        page.http.get(f"/api/photos/{row['id']}/image")
    assert not (home / "cache").exists()


def test_a_picture_of_every_orientation_stands_upright(home: Path, serve: Callable[..., Server]) -> None:
    folder = home.parent / "photos"
    for orientation in range(1, 9):
        photo(folder / f"turned{orientation}.jpg", [HAPPY], orientation=orientation, seed=40 + orientation)
    scan(home, folder)
    page = serve().client()
    rows = page.rows(q="turned")
    assert len(rows) == 8
    for row in rows:
        shown = Image.open(BytesIO(page.http.get(f"/api/photos/{row['id']}/image").content)).convert("L")
        width, height = shown.size
        corners = [shown.getpixel(at) for at in ((5, 5), (width - 6, 5), (5, height - 6), (width - 6, height - 6))]
        assert corners == sorted(corners), row["name"]
        assert shown.getexif().get(0x0112) is None
