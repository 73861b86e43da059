"""`organiser find`: the language on a command line, in every format."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import Organiser
from tests.cli.library import scan
from tests.photos import SAD, photo


def _names(organiser: Organiser, *words: str) -> list[str]:
    return [Path(line).name for line in organiser("find", *words, "--paths").lines]


def test_paths_are_what_a_pipe_gets(organiser: Organiser, photos: Path) -> None:
    ran = organiser("find", "emotion:sad")
    assert (ran.code, ran.out) == (0, f"{photos / 'sad.png'}\n")


def test_words_are_one_query_and_a_minus_is_no_option(organiser: Organiser, photos: Path) -> None:
    assert _names(organiser, "faces:1..", "-path:pair", "-emotion:sad") == ["happy.jpg"]
    assert _names(organiser, "-path:happy", "faces:1") == ["sad.png"]
    assert sorted(_names(organiser, "emotion:sad", ",", "-faces:0..1", "faces:2")) == ["pair.jpg", "sad.png"]


def test_every_format_lists_the_same_photos(organiser: Organiser, photos: Path) -> None:
    as_json = json.loads(organiser("find", "faces:1..", "--json").out)
    paths = [row["path"] for row in as_json]
    assert len(paths) == 3
    assert [json.loads(line)["path"] for line in organiser("find", "faces:1..", "--jsonl").lines] == paths
    assert [row["path"] for row in csv.DictReader(io.StringIO(organiser("find", "faces:1..", "--csv").out))] == paths
    assert organiser("find", "faces:1..", "-0").data == b"".join(os.fsencode(path) + b"\0" for path in paths)
    assert [line.split()[-1] for line in organiser("find", "faces:1..", "--table").lines[1:]] == paths


def test_json_says_what_is_known(organiser: Organiser, photos: Path) -> None:
    (row,) = json.loads(organiser("find", "emotion:happy", "--json").out)
    assert row["taken"] == "2024-05-17T14:03:00"
    assert (row["camera"], row["emotion"], row["reason"], row["faces"]) == ("Acme One", "happy", "clear", 1)
    assert (row["model"], row["files"], row["width"], row["height"]) == ("stub@1", 2, 320, 240)


def test_answers_are_sorted_cut_and_counted(organiser: Organiser, photos: Path) -> None:
    assert _names(organiser, "--sort", "path+", "--limit", "2") == ["pair.jpg", "lamp.jpg"][::-1]
    assert organiser("find", "--count").out == "5\n"
    assert organiser("find", "faces:1..", "--count", "--limit", "1").out == "1\n"


def test_a_number_below_zero_is_refused(organiser: Organiser, photos: Path) -> None:
    for words in (["--limit", "-1"], ["--limit=-1"], ["path:a", "--limit", "-1"]):
        ran = organiser("find", *words)
        assert (ran.code, ran.out) == (2, "")
        assert "-1 is not in the range x>=0" in ran.talk


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["happy", "OR", "sad"], "write ' , ' between alternatives"),
        (["happy || sad"], "write ' , ' between alternatives"),
        (["NOT happy"], "write a minus before a term"),
        (["emotion:happy", "AND", "faces:2"], "side by side"),
    ],
)
def test_an_operator_of_other_languages_is_told_how_this_one_says_it(
    organiser: Organiser, photos: Path, words: list[str], meant: str
) -> None:
    ran = organiser("find", *words)
    assert (ran.code, ran.out) == (1, "")
    assert "is no operator here" in ran.talk
    assert meant in ran.talk


def test_a_word_that_is_looked_for_in_paths_is_told(organiser: Organiser, photos: Path) -> None:
    ran = organiser("find", "Happy", "pair")
    assert ran.talk == (
        "Happy is looked for in paths, as path:Happy; did you mean emotion:happy?\n"
        "pair is looked for in paths, as path:pair\n"
    )
    assert organiser("find", "path:happy", "emotion:happy", "sort:path").talk == ""
    assert organiser("find", "path:OR").code == 0


def test_an_empty_index_says_so(organiser: Organiser) -> None:
    for words in (["find"], ["find", "--count"], ["stats"], ["review"]):
        ran = organiser(*words)
        assert ran.code == 0
        assert "the index is empty: organiser scan FOLDER" in ran.talk
    assert organiser("roots", "list").talk.startswith("no roots")
    assert organiser("failures", "list").talk == "no failures\n"


def test_a_misspelt_command_is_told_the_one_that_was_meant(organiser: Organiser) -> None:
    ran = organiser("scna", "photos")
    assert ran.code == 2
    assert "No such command 'scna'. Did you mean 'scan'?" in ran.talk
    assert "Did you mean 'list'?" in organiser("roots", "lst").talk
    assert organiser("xyzzy").talk.endswith("No such command 'xyzzy'.\n")


def test_a_query_error_points_at_the_place(organiser: Organiser, photos: Path) -> None:
    ran = organiser("find", "faces:2.. emotoin:happy")
    assert ran.code == 1
    assert "did you mean emotion?" in ran.talk
    lines = ran.talk.splitlines()
    assert lines[2].index("^") == lines[1].index("emotoin")


def test_nothing_found_is_no_error(organiser: Organiser, photos: Path) -> None:
    ran = organiser("find", "emotion:fear", "--table")
    assert (ran.code, ran.out, ran.talk) == (0, "", "no photos\n")


def test_a_name_that_is_no_utf8_reaches_xargs(organiser: Organiser, photos: Path, home: Path) -> None:
    name = "caf\xe9.png".encode() if sys.platform == "darwin" else b"caf\xe9.png"  # APFS takes nothing but UTF-8
    os.rename(photo(photos / "odd.png", [SAD], seed=9), os.fsencode(photos) + b"/" + name)
    scan(home, photos)
    assert os.fsencode(photos) + b"/" + name + b"\0" in organiser("find", "emotion:sad", "-0").data


def test_a_reader_that_leaves_is_no_failure(photos: Path, home: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [sys.executable, "-m", "organiser", "find", "--json"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_find_loads_nothing_that_it_does_not_need(photos: Path, home: Path) -> None:
    heavy = ("numpy", "cv2", "onnxruntime", "rich", "PIL", "alembic", "ai_edge_litert", "tensorflow", "celery")
    program = (
        "import sys; sys.argv = ['organiser', 'find', 'emotion:happy', '--json']\n"
        "from organiser.cli.main import main\n"
        "try: main()\n"
        f"except SystemExit: print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
    assert "happy.jpg" in ran.stdout
