"""Photos to report and a reader of the page they become."""

import json
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.reporting.page import ReportSummary, write_report
from organiser.reporting.photo import ReportFace, ReportPhoto

GENERATED = datetime(2026, 10, 18, 14, 3)


def reported(number: int = 1, **changes: Any) -> ReportPhoto:
    values: dict[str, Any] = {
        "path": f"/photos/2024/IMG_{number}.jpg",
        "link": f"./2024/IMG_{number}.jpg",
        "name": f"IMG_{number}.jpg",
        "width": 4000,
        "height": 3000,
        "taken": datetime(2024, 5, 17, 14, 3),
        "camera": "Canon EOS 450D",
        "folder": "2024",
        "emotion": Emotion.HAPPY,
        "confidence": 0.97,
        "reason": "clear",
        "thumbnail": b"\xff\xd8 picture %d" % number,
        "faces": (ReportFace(Box(0.1, 0.2, 0.3, 0.4), {Emotion.HAPPY: 0.97, Emotion.SAD: 0.03}),),
    }
    return ReportPhoto(**(values | changes))


def written(photos: Iterable[ReportPhoto], target: Path, *, title: str = "Photos", model: str = "m@1") -> ReportSummary:
    return write_report(photos, target, title=title, generated=GENERATED, model=model)


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """The elements of a page as a browser reads them, and the blocks of data among them."""

    elements: list[Element] = field(default_factory=list)
    _open: Element | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = Element(tag, dict(attrs))
        self.elements.append(self._open)

    def handle_endtag(self, _tag: str) -> None:
        self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    @property
    def program(self) -> Element:
        (program,) = [script for script in self.all("script") if "type" not in script.attributes]
        return program

    @property
    def photos(self) -> list[dict[str, Any]]:
        return [
            photo
            for block in self.all("script")
            if block.attributes.get("class") == "photos"
            for photo in json.loads(block.text)
        ]

    @property
    def pictures(self) -> list[bytes]:
        blocks = [block for block in self.all("script") if (block.attributes.get("id") or "").startswith("pictures-")]
        return [b64decode(picture) for block in blocks for picture in json.loads(block.text)]


def read_page(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page
