import os
import re
from io import StringIO
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from rich.console import Console

from organiser.cli.links import link

NAMES = [
    b"a b.jpg",
    "ä 日本 😀.jpg".encode(),
    b"latin-\xe9.jpg",
    b"\x1b]8;;http://example.org\x1b\\x.jpg",
    b"new\nline\x07\x9b.jpg",
    b"#?%;.jpg",
    b"[bold]x[/bold].jpg",
]


def _written(path: Path, *, terminal: bool) -> str:
    paper = StringIO()
    console = Console(
        file=paper, force_terminal=terminal, color_system="truecolor" if terminal else None, soft_wrap=True
    )
    console.print(link(path), end="")
    return paper.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_link_opens_the_file_and_steers_nothing_else(name: bytes) -> None:
    path = Path("/photos") / os.fsdecode(name)
    found = re.fullmatch(
        r"\x1b]8;id=\d+;([!-~]*)\x1b\\([^\x00-\x1f\x7f-\x9f]+)\x1b]8;;\x1b\\", _written(path, terminal=True)
    )
    assert found
    uri = urlsplit(found[1])
    assert (uri.scheme, uri.netloc, unquote_to_bytes(uri.path)) == ("file", os.uname().nodename, os.fsencode(path))


@pytest.mark.parametrize("name", NAMES)
def test_without_links_the_path_is_harmless_text(name: bytes) -> None:
    text = _written(Path("/photos") / os.fsdecode(name), terminal=False)
    assert text.startswith("/photos/")
    assert re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", text) is None
