"""The page without its photos: the HTML, style and program that lie beside this module, joined by hand.

Owns what is the same in every report and the policy that keeps a browser from fetching anything; refuses to know
photos.
"""

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from string import Template
from typing import Any, Final

from organiser.core.outgoing import html_text
from organiser.reporting.words import long_date

SCRIPTS: Final = (
    "words", "elements", "source", "figures", "filters", "layout", "grid", "card", "timeline", "controls", "stage",
    "detail", "appearance", "embedded", "page",
)  # fmt: skip
"""The program's modules, in the order in which they are joined; each imports only what stands before it."""

_IMPORT: Final = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ", re.MULTILINE)

_PHOTOS: Final = b"<!-- photos -->"
_PICTURES: Final = b"<!-- pictures -->"


@dataclass(frozen=True, slots=True)
class Shell:
    """The three parts of a page, between which photos and then pictures are written."""

    opening: bytes
    program: bytes
    closing: bytes


def read_shell(*, title: str, generated: datetime, model: str, chunk: int) -> Shell:
    """Return the page's shell, its texts escaped.

    The program stands after the photos and before their pictures, so that the page works while pictures still arrive.

    Args:
        title: heading of the page.
        generated: when the page is made, in the zone that people expect to read.
        model: which model judged, for people.
        chunk: pictures per block, told to the program.
    """
    style, program = _text("page.css"), _program()
    page = Template(_text("page.html")).substitute(
        title=html_text(title),
        generated=html_text(long_date(generated)),
        model=html_text(model),
        vocabulary=data({"chunk": chunk}),
        symbols=_text("symbols.html"),
        detail=_text("detail.html"),
        style=style,
        style_digest=_digest(style),
        program=program,
        program_digest=_digest(program),
    )
    opening, rest = page.encode().split(_PHOTOS)
    middle, closing = rest.split(_PICTURES)
    return Shell(opening, middle, closing)


def data(value: Any) -> str:
    """Return `value` as JSON that may stand in a `<script>` element: pure ASCII and without `<`, so nothing ends it.

    Lone surrogates, as bytes that are no UTF-8 come from the file system, are kept as JSON escapes.
    """
    return json.dumps(value, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _program() -> str:
    """Return the modules as one program: a page of a single file has nothing to import from, so they share a scope."""
    modules = "\n".join(_text(f"{name}.js") for name in SCRIPTS)
    parts = _EXPORT.sub("", _IMPORT.sub("", modules))
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _digest(text: str) -> str:
    """Return the source expression by which a content security policy allows exactly this inline text."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _text(name: str) -> str:
    return files("organiser.reporting").joinpath("web", name).read_text(encoding="utf-8")
