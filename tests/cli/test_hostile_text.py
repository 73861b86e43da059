"""Whatever files, cameras and people's titles are called, what the commands write steers no reader."""

import ast
import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from organiser.logs import Logfmt
from tests.cli.command import Organiser, Ran
from tests.cli.library import scan
from tests.photos import HAPPY, photo, truncated

_STEERING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_EVIL = (
    "\x1b]0;owned\x07.jpg",
    "\x1b[2J\x1b[H.jpg",
    "gpj.\u202eexe.jpg",
    "a\norganiser: all is well.jpg",
    "=cmd|' /C calc'!A0.jpg",
    "</script><script>alert(1)</script>.jpg".replace("/", "\u2215"),
    "line\u2028break\x85.jpg",
    b"\xff\xfe\x9b31m.jpg".decode("utf-8", "surrogateescape"),
    "[bold]rich[/bold].jpg".replace("/", "\\"),
    'level=error event="x".jpg',
)  # fmt: skip
_LETTERS = st.characters(exclude_characters="\0/", exclude_categories=["Cs"])
_BYTES = st.binary(min_size=1, max_size=20).map(lambda raw: os.fsdecode(raw.replace(b"/", b"_").replace(b"\0", b"_")))
_NAMES = st.one_of(st.text(_LETTERS, min_size=1, max_size=40), _BYTES).filter(
    lambda name: len(os.fsencode(name)) < 200 and not name.startswith(".")
)


def _steers(text: str) -> list[str]:
    """What in a text a terminal would obey instead of showing it."""
    return [
        character
        for character in text
        if character in _STEERING or (unicodedata.category(character) in ("Cc", "Zl", "Zp") and character != "\n")
    ]


def _check(ran: Ran) -> None:
    assert _steers(ran.data.decode("utf-8")) == []
    assert _steers(ran.talk) == []


def _library(folder: Path, name: str) -> Path:
    """A folder of that name with a photo and a broken one of that name."""
    root = folder / f"r {name}"
    photo(root / f"{name}.jpg", [HAPPY], camera=("=1+1", "@x"))
    truncated(root / f"{name} cut.jpg", faces=[HAPPY], seed=4)
    scan(folder / "home", root)
    return root


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_NAMES)
@example(_EVIL[0])
@example(_EVIL[2])
@example(_EVIL[3])
@example(_EVIL[7])
def test_no_listing_report_or_error_steers_its_reader(organiser: Organiser, name: str) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        root = _library(folder, name)

        def run(*words: object) -> Ran:
            return organiser("--home", folder / "home", *words)

        for words in (
            ["find", "--table"], ["find", "--json"], ["find", "--jsonl"], ["show", root], ["show", "--json", root],
            ["stats"], ["failures", "list"], ["roots", "list"], ["doctor"], ["status"], ["models", "list"],
            ["correct", root, "--as", "sad"], ["corrections", "list"], ["review"], ["find", "--table", f'path:"{name}'],
            ["find", "--table", name], ["show", root / "no such" / name], ["scan", root / name], ["collections", "add", name],
            ["correct", root / f"{name}.jpg", "--face", "9", "--as", "sad"], ["--index", name, "stats"],
            ["scan", "--dry-run", root],
        ):  # fmt: skip
            _check(run(*words))
        listing = os.fsdecode(run("find", "--csv").data)
        found = {row["path"]: row["camera"] for row in csv.DictReader(io.StringIO(listing, newline=""))}
        assert found[str(root / f"{name}.jpg")] == "'=1+1 @x"
        assert run("report", "--out", folder / "page.html", "--title", name).code == 0
        head = (folder / "page.html").read_text("utf-8").partition("<script")[0]
        assert _steers(head) == []
        assert len(re.findall("<title>", head)) == 1


@pytest.mark.parametrize("name", _EVIL)
def test_a_scan_and_its_summary_steer_no_terminal(organiser: Organiser, tmp_path: Path, name: str) -> None:
    root = tmp_path / "photos"
    photo(root / name, [HAPPY])
    truncated(root / f"cut {name}", faces=[HAPPY], seed=4)
    ran = organiser("scan", root, "--collect", tmp_path / f"out {name}")
    assert ran.code == 3
    _check(ran)
    again = organiser("scan", root, "--json")
    _check(again)
    assert json.loads(again.out)["counts"]["same"] == 2


def test_a_terminal_is_shown_what_a_pipe_is_given_byte_by_byte(
    organiser: Organiser, home: Path, tmp_path: Path
) -> None:
    name = b"\x1b]0;x\x07\xff.jpg"
    photo(tmp_path / "photos" / os.fsdecode(name), [HAPPY])
    scan(home, tmp_path / "photos")
    for form in ("--paths", "--csv"):
        assert name in organiser("find", form).data
        ours, theirs = pty.openpty()
        subprocess.run([sys.executable, "-m", "organiser", "find", form], stdout=theirs, check=True)
        os.close(theirs)
        shown = os.read(ours, 10_000)
        os.close(ours)
        assert rb"\x1b]0;x\x07\xff.jpg" in shown
        assert b"\x1b" not in shown


def test_a_log_line_stays_one_line() -> None:
    import logging

    record = logging.LogRecord("organiser", logging.INFO, "", 0, 'a\nat=x level="error"\x1b[1m\u202e', None, None)
    record.fields = {"path": "b\rc\u2028d"}
    line = Logfmt().format(record)
    assert "\n" not in line
    assert _steers(line) == []
    assert line.endswith('path="b\\x0dc\\u2028d"')


def test_only_the_boundary_writes_to_the_terminal() -> None:
    """Whoever writes past it would write names as they are."""
    past = set()
    for path in sorted((Path(__file__).parents[2] / "organiser" / "cli").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("click.echo", "click.secho", "print"):
                past.add(path.name)
    assert past == {"output.py", "main.py"}
