"""`organiser report`: the index as one page."""

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

from tests.cli.command import Organiser


def _photos(page: str) -> list[dict[str, Any]]:
    blocks = re.findall(r'<script type="application/json" class="photos">(.*?)</script>', page, re.DOTALL)
    return [load for block in blocks for load in json.loads(block)]


def test_a_page_shows_what_the_query_selects(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    ran = organiser("report", "faces:1..", "--out", tmp_path / "out")
    assert (ran.code, ran.out) == (0, f"{tmp_path / 'out' / 'index.html'}\n")
    page = (tmp_path / "out" / "index.html").read_text()
    shown = {photo["name"]: photo for photo in _photos(page)}
    assert sorted(shown) == ["happy.jpg", "pair.jpg", "sad.png"]
    assert shown["pair.jpg"]["reason"] == "mixed"
    assert [round(sum(face["probabilities"].values())) for face in shown["pair.jpg"]["faces"]] == [1, 1]
    assert shown["happy.jpg"]["camera"] == "Acme One"
    pictures = json.loads(re.findall(r'id="pictures-0">(.*?)</script>', page, re.DOTALL)[0])
    assert all(b64decode(picture).startswith(b"\xff\xd8") for picture in pictures)


def test_a_corrected_face_is_shown_as_certain(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("correct", photos / "2023" / "pair.jpg", "--face", "1", "--as", "fear")
    organiser("report", "path:pair", "--out", tmp_path / "pair.html")
    (row,) = _photos((tmp_path / "pair.html").read_text())
    assert (row["faces"][0]["corrected"], row["faces"][0]["probabilities"]) == (True, {"fear": 1.0})


def test_unread_photos_are_shown_too(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("report", "failed:yes", "--out", tmp_path / "page.html")
    (row,) = _photos((tmp_path / "page.html").read_text())
    assert (row["name"], row["reason"]) == ("cut.jpg", "not_judged")


def test_a_page_is_brought_up_to_date(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    page = tmp_path / "out" / "index.html"
    for title in ("first", "second"):
        assert organiser("report", "--out", tmp_path / "out", "--title", title).code == 0
        assert f"<title>{title}</title>" in page.read_text()
    page.write_text(
        page.read_text().replace('<meta name="generator" content="organiser">\n', "")
    )  # as earlier versions wrote it
    assert organiser("report", "--out", tmp_path / "out", "--title", "third").code == 0


def test_what_is_no_page_of_ours_is_never_overwritten(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    mine = tmp_path / "site" / "index.html"
    mine.parent.mkdir()
    mine.write_text("<!doctype html><title>My site</title>")
    link = tmp_path / "link.html"
    link.symlink_to(mine)
    for out in (mine.parent, mine, link):
        ran = organiser("report", "--out", out)
        assert ran.code == 1
        assert "name another --out" in ran.talk
    assert mine.read_text() == "<!doctype html><title>My site</title>"
    assert link.is_symlink()
    assert sorted(tmp_path.joinpath("site").iterdir()) == [mine]


def test_a_page_that_cannot_be_written_is_an_error(organiser: Organiser, photos: Path) -> None:
    ran = organiser("report", "--out", photos / "happy.jpg" / "page.html")
    assert ran.code == 1
    assert "happy.jpg" in ran.talk
