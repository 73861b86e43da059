import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import pytest

from organiser.reporting.links import link
from tests.reporting.report import reported

NAMES = [
    "a.jpg",
    "a b#c?d%20.jpg",
    "scheme:a.jpg",
    "ä 日本.jpg",
    os.fsdecode(b"latin-\xe9.jpg"),
    "<\"&'>.jpg",
    "..a.jpg",
]
PAGES = [
    "/stick/report.html",
    "/stick/report/index.html",
    "/stick/photos/report.html",
    "/home/me/report.html",
    "/report.html",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("page", PAGES)
def test_a_browser_finds_the_photo_from_the_page(name: str, page: str) -> None:
    photo = Path("/stick/photos/2024") / name
    found = urlsplit(urljoin(Path(page).as_uri(), link(photo, Path(page))))
    assert (found.scheme, found.netloc, found.query, found.fragment) == ("file", "", "", "")
    assert unquote_to_bytes(found.path) == os.fsencode(photo)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("page", PAGES)
def test_every_link_may_stand_in_a_report(name: str, page: str) -> None:
    target = link(Path("/stick/photos/2024") / name, Path(page))
    assert reported(link=target).link == target


@pytest.mark.parametrize("page", ["report.html", "report/index.html", "photos/report.html"])
def test_page_and_photos_can_move_together(page: str) -> None:
    here, there = (link(Path(top) / "photos/a.jpg", Path(top) / page) for top in ("/media/stick", "/Volumes/STICK"))
    assert here == there
    assert not here.startswith("file:")


@pytest.mark.parametrize("page", ["/home/me/report.html", "/home/me/out/index.html", "/report.html", "/out/index.html"])
def test_a_photo_elsewhere_is_named_in_full(page: str) -> None:
    assert link(Path("/stick/photos/a.jpg"), Path(page)) == "file:///stick/photos/a.jpg"
