"""`organiser review`: keys in, corrections out."""

import json
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Organiser


def _said(organiser: Organiser) -> dict[str, str]:
    every: list[dict[str, Any]] = json.loads(organiser("corrections", "list", "--json").out)
    return {Path(row["path"]).name: row["says"] for row in every}


def test_doubtful_photos_come_first_and_an_answer_is_kept(organiser: Organiser, photos: Path) -> None:
    ran = organiser("review", typed=b"s")
    assert ran.code == 0
    assert ran.lines[0].startswith("1/3  ")
    assert ran.lines[0].endswith("pair.jpg")
    assert "1 answered" in ran.talk
    assert _said(organiser) == {"pair.jpg": "is sad"}
    assert organiser("find", "reason:corrected", "--paths").lines == [str(photos / "2023" / "pair.jpg")]


def test_yes_no_nothing_and_skip_are_keys(organiser: Organiser, photos: Path) -> None:
    organiser("review", "sort:confidence", typed=b"0yx")
    answers = _said(organiser)
    assert answers["pair.jpg"] == "is nothing"
    assert sorted(answers.values()) in (
        ["is happy", "is not sad", "is nothing"],
        ["is nothing", "is not happy", "is sad"],
    )


def test_what_was_answered_is_no_longer_in_doubt(organiser: Organiser, photos: Path) -> None:
    organiser("review", typed=b"yyy")
    assert "nothing is in doubt" in organiser("review", typed=b"h").talk


def test_the_last_answer_can_be_undone(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--not", "sad")
    ran = organiser("review", "path:pair , path:sad", typed=b"huq")
    assert "taken back" in ran.talk
    assert [line.partition("  ")[0] for line in ran.lines if "/2  " in line] == ["1/2", "2/2", "1/2"]
    assert list(_said(organiser).values()) == ["is not sad"]


def test_undo_goes_back_to_the_photo_and_then_on_where_it_was(organiser: Organiser, photos: Path) -> None:
    ran = organiser("review", typed=b"h uus")
    shown = [line.partition("  ")[0] for line in ran.lines if "/3  " in line]
    assert shown == ["1/3", "2/3", "3/3", "1/3", "3/3"]
    assert "nothing to undo" in ran.talk
    assert _said(organiser) == {"pair.jpg": "is sad"}


def test_enter_answers_nothing(organiser: Organiser, photos: Path) -> None:
    ran = organiser("review", typed=b"s\n\n\r\nq")
    assert "1 answered" in ran.talk
    assert ran.talk.count("Space: skip") == 1
    assert _said(organiser) == {"pair.jpg": "is sad"}


def test_an_unknown_key_explains_the_keys(organiser: Organiser, photos: Path) -> None:
    assert organiser("review", typed=b"?q").talk.count("Space: skip") == 2


def test_a_query_narrows_the_walk(organiser: Organiser, photos: Path) -> None:
    assert organiser("review", "-path:pair", "-path:happy", typed=b" ").lines[0].startswith("1/1  ")


def _person(home: Path, keys: bytes) -> tuple[int, bytes, list[Any]]:
    """Sit at a terminal and type all `keys` when the first photo is there.

    Returns the exit code, what the terminal was told, and its settings before and afterwards.
    """
    screen, line = pty.openpty()
    before = termios.tcgetattr(line)
    environment = os.environ | {"TERM": "xterm-256color", "ORGANISER_HOME": str(home)}
    words = [sys.executable, "-m", "organiser", "review"]
    at_terminal = {"stdin": line, "stdout": line, "stderr": line}
    heard, answers = b"", {b"1/3  ": keys}
    with subprocess.Popen(words, env=environment, start_new_session=True, **at_terminal) as child:  # type: ignore[call-overload]
        while b" answered" not in heard:
            heard += os.read(screen, 65536)
            for asked in [answer for answer in answers if answer in heard]:
                os.write(screen, answers.pop(asked))
    after = termios.tcgetattr(line)
    os.close(line)
    os.close(screen)
    return child.returncode, heard, [before, after]


@pytest.mark.parametrize("end", [b"q", b"\x03", b"\x04"])
def test_a_person_at_a_terminal_gets_links_and_types_ahead(
    organiser: Organiser, photos: Path, home: Path, end: bytes
) -> None:
    code, heard, (before, after) = _person(home, b"s\x1b[Bx" + end)
    assert code == 0
    assert heard.count(b";file://") == 3
    assert b"2 answered" in heard
    assert heard.count(b"Space: skip") == 2
    assert len(_said(organiser)) == 2
    assert after == before
