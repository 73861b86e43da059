import hashlib
import json
import os
import re
import weakref
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from organiser.core.outgoing import printable
from organiser.reporting.page import CHUNK, page_path
from organiser.reporting.photo import ReportPhoto, record
from tests.reporting.report import read_page, reported, written

HOSTILE = [
    "</script><script>alert(1)</script>.jpg",
    "<!--<script>.jpg",
    "]]>.jpg",
    '"><img src=x onerror=alert(1)>.jpg',
    "'single' \"double\" \\backslash\\.jpg",
    "caf\udce9.jpg",  # a name in Latin-1
    "\u202egpj.exe.jpg",
    "צילום.jpg",
    "line\nbreak\u2028.jpg",
    "nul\x00.jpg",
    "&amp;.jpg",
    "$program.jpg",
]


def test_what_is_written_is_what_the_page_reads(tmp_path: Path) -> None:
    photos = [
        reported(number, name=name, path=f"/photos/{name}", folder=name, camera=name)
        for number, name in enumerate(HOSTILE)
    ]
    written(photos, tmp_path / "report.html")
    page = read_page(tmp_path / "report.html")
    assert page.photos == [json.loads(json.dumps(record(photo))) for photo in photos]
    assert [photo["name"] for photo in page.photos] == HOSTILE
    assert page.pictures == [photo.thumbnail for photo in photos]


def test_no_name_becomes_markup(tmp_path: Path) -> None:
    plain, hostile = tmp_path / "plain.html", tmp_path / "hostile.html"
    written([reported(number) for number in range(len(HOSTILE))], plain)
    written([reported(number, name=name, folder=name) for number, name in enumerate(HOSTILE)], hostile)
    assert [element.tag for element in read_page(hostile).elements] == [
        element.tag for element in read_page(plain).elements
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_title_and_model_are_text(tmp_path: Path, text: str) -> None:
    written([], tmp_path / "plain.html")
    written([], tmp_path / "report.html", title=text, model=text)
    page = read_page(tmp_path / "report.html")
    shown = printable(text)
    assert [element.tag for element in page.elements] == [
        element.tag for element in read_page(tmp_path / "plain.html").elements
    ]
    assert [page.all("title")[0].text, page.all("h1")[0].text] == [shown, shown]


def test_the_page_refers_to_nothing_outside_itself(tmp_path: Path) -> None:
    written([reported(number) for number in range(3)], tmp_path / "report.html")
    page = read_page(tmp_path / "report.html")
    references = [
        value
        for element in page.elements
        for name, value in element.attributes.items()
        if name in ("src", "srcset", "href", "action", "data", "poster", "formaction")
    ]
    assert references
    assert [value for value in references if not value.startswith(("#", "data:"))] == []
    (style,) = page.all("style")
    assert re.findall(r"url\(|@import|//", style.text) == []
    addresses = re.findall(r"\w+://[^\"'`\s]*", page.program.text)
    assert addresses == ["http://www.w3.org/2000/svg"], "the namespace of SVG, which names and fetches nothing"
    assert re.findall(r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import)\b\(?", page.program.text) == []


def test_the_browser_is_told_to_fetch_nothing_and_to_run_only_our_program(tmp_path: Path) -> None:
    written([reported()], tmp_path / "report.html")
    page = read_page(tmp_path / "report.html")
    (policy,) = [
        meta.attributes["content"]
        for meta in page.all("meta")
        if meta.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"].split() == ["data:", "file:"]
    assert rules["script-src"] == _digest(page.program.text)
    assert rules["style-src"] == _digest(page.all("style")[0].text)
    handlers = [
        name for element in page.elements for name in element.attributes if name.startswith("on") or name == "style"
    ]
    assert handlers == [], "the policy would refuse them"


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_program_comes_after_the_photos_and_before_their_pictures(tmp_path: Path) -> None:
    written([reported(number) for number in range(CHUNK + 1)], tmp_path / "report.html")
    page = read_page(tmp_path / "report.html")
    blocks = [
        script.attributes.get("class") or script.attributes.get("id") or "program" for script in page.all("script")
    ]
    assert blocks == ["vocabulary", "photos", "photos", "program", "pictures-0", "pictures-1"]
    vocabulary = json.loads(page.all("script")[0].text)
    assert vocabulary == {"chunk": CHUNK}


def test_an_empty_report_is_a_page_that_says_so(tmp_path: Path) -> None:
    summary = written([], tmp_path / "report.html", title="Nothing yet")
    page = read_page(tmp_path / "report.html")
    assert (summary.photos, summary.faces) == (0, 0)
    assert page.photos == page.pictures == []
    assert page.all("title")[0].text == "Nothing yet"
    assert "No photos in this report." in page.program.text


def test_the_page_says_what_it_shows_and_where_it_was_made(tmp_path: Path) -> None:
    written([], tmp_path / "report.html", model="faces@1.2")
    text = " ".join(
        element.text for element in read_page(tmp_path / "report.html").elements if element.tag in ("p", "strong")
    )
    assert "Perceived facial expression, not feelings." in text
    assert "Made on this machine on 18 October 2026, 14:03 with the model faces@1.2; nothing left it." in text


def test_a_photo_without_a_thumbnail_is_reported(tmp_path: Path) -> None:
    written([reported(1), reported(2, thumbnail=b""), reported(3)], tmp_path / "report.html")
    page = read_page(tmp_path / "report.html")
    assert page.pictures == [reported(1).thumbnail, b"", reported(3).thumbnail]


def test_the_summary_counts_photos_faces_and_bytes(tmp_path: Path) -> None:
    face = reported().faces[0]
    photos = [reported(1, faces=(face, face)), reported(2, faces=()), reported(3)]
    summary = written(iter(photos), tmp_path / "report.html")
    page = tmp_path / "report.html"
    assert (summary.page, summary.size, summary.photos, summary.faces) == (page, page.stat().st_size, 3, 3)


class Watched(ReportPhoto):
    """A photo whose end can be noticed."""

    __slots__ = ("__weakref__",)


def test_however_many_photos_there_are_few_are_held(tmp_path: Path) -> None:
    alive: set[int] = set()
    most = 0

    def stream() -> Iterator[ReportPhoto]:
        nonlocal most
        template = reported()
        for number in range(10 * CHUNK):
            photo = Watched(**{name: getattr(template, name) for name in ReportPhoto.__slots__})
            alive.add(number)
            weakref.finalize(photo, alive.discard, number)
            most = max(most, len(alive))
            yield photo
            del photo

    summary = written(stream(), tmp_path / "report.html")
    assert summary.photos == 10 * CHUNK
    assert most <= 2 * CHUNK + 1


def test_when_reading_photos_fails_the_old_page_stays(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    written([], target)
    old = target.read_bytes()

    def stream() -> Iterator[ReportPhoto]:
        for number in range(3 * CHUNK):
            yield reported(number)
        raise ConnectionError("the index went away")

    with pytest.raises(ConnectionError):
        written(stream(), target)
    assert target.read_bytes() == old
    assert list(tmp_path.iterdir()) == [target]


def test_an_old_page_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    written([], target)
    written([reported()], target)
    assert len(read_page(target).photos) == 1
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_gets_one_index_page(tmp_path: Path) -> None:
    summary = written([reported()], tmp_path / "new" / "out")
    assert summary.page == tmp_path / "new" / "out" / "index.html"
    assert list((tmp_path / "new" / "out").iterdir()) == [summary.page]


def test_what_is_a_folder_stays_one_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "site.html").mkdir()
    assert page_path(tmp_path / "site.html") == tmp_path / "site.html" / "index.html"
    assert page_path(tmp_path / "page.HTM") == tmp_path / "page.HTM"


def test_the_page_is_as_readable_as_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        written([], tmp_path / "report.html")
    finally:
        os.umask(before)
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o644


def test_a_name_of_the_greatest_length_is_no_obstacle(tmp_path: Path) -> None:
    target = tmp_path / ("é" * 125 + ".html")
    assert written([reported()], target).page.exists()
