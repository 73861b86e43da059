"""Listings: every format holds the same rows, streams, and survives names from hell."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from organiser.cli.output import Format, Row, write_rows
from organiser.core.outgoing import printable

_ROWS: list[Row] = [
    {"path": "/photos/a, b.jpg", "faces": 2, "confidence": 0.5, "emotion": None, "labels": ["x", "y"]},
    {"path": 'says "hi"\n.jpg', "faces": 11, "confidence": None, "emotion": "happy", "labels": []},
]
_ODD = b"/caf\xe9\xff.jpg".decode("utf-8", "surrogateescape")
_COLUMNS = ("path", "faces", "confidence", "emotion", "labels")


def _written(capfdbinary: pytest.CaptureFixture[bytes], rows: list[Row], form: Format) -> bytes:
    assert write_rows(rows, _COLUMNS, form) == len(rows)
    return capfdbinary.readouterr().out


def test_json_and_json_lines_hold_every_row_as_it_is(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert json.loads(_written(capfdbinary, _ROWS, Format.JSON)) == _ROWS
    lines = _written(capfdbinary, _ROWS, Format.JSONL).splitlines()
    assert [json.loads(line) for line in lines] == _ROWS


def test_csv_is_read_back_by_a_csv_reader(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    text = _written(capfdbinary, _ROWS, Format.CSV).decode()
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["path"] for row in read] == [row["path"] for row in _ROWS]
    assert read[0]["confidence"] == "0.5"
    assert read[1]["confidence"] == ""


def test_a_table_lines_up_and_numbers_stand_right(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    head, first, second = _written(capfdbinary, _ROWS, Format.TABLE).decode().splitlines()
    assert head.startswith("path")
    assert first[: head.index("confidence")].rstrip().endswith(" 2")
    assert second[: head.index("confidence")].rstrip().endswith("11")
    assert "\\x0a" in second


@pytest.mark.parametrize("columns", [40, 60])
def test_a_table_keeps_to_the_width_of_a_terminal(columns: int) -> None:
    code = (
        "from organiser.cli.output import Format, write_rows\n"
        "path = '/photos/写真写真写真/' + 'a long name ' * 9 + '.jpg'\n"
        "write_rows([{'path': path, 'faces': 2}, {'path': '/b', 'faces': 11}], ('faces', 'path'), Format.TABLE)\n"
    )
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    subprocess.run([sys.executable, "-c", code], stdout=theirs, env=environment, check=True)
    os.close(theirs)
    lines = os.read(ours, 10_000).decode().splitlines()
    os.close(ours)
    assert max(map(cell_len, lines)) <= columns
    assert lines[0].split() == ["faces", "path"]
    assert lines[-1].split() == ["11", "/b"]
    column = lines[0].index("path")
    folded = "".join(line.ljust(columns)[column:] if line[column:] else "" for line in lines[1:-1])
    assert folded.replace(" ", "") == "/photos/写真写真写真/" + "alongname" * 9 + ".jpg"


def test_a_table_in_a_pipe_is_as_wide_as_it_needs(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = "/" + "long" * 100
    assert path in _written(capfdbinary, [{"path": path}], Format.TABLE).decode()


def test_paths_end_in_a_line_break_or_in_nul(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    rows: list[Row] = [{"path": "/a"}, {"path": "/b\n"}]
    assert _written(capfdbinary, rows, Format.PATHS) == b"/a\n/b\n\n"
    assert _written(capfdbinary, rows, Format.NUL) == b"/a\0/b\n\0"


@pytest.mark.parametrize("form", list(Format))
def test_names_that_are_no_utf8_are_written_in_every_format(
    capfdbinary: pytest.CaptureFixture[bytes], form: Format
) -> None:
    written = _written(capfdbinary, [{"path": _ODD}], form)
    if form in (Format.JSON, Format.JSONL):
        read = json.loads(written)
        assert (read[0] if form is Format.JSON else read)["path"] == _ODD
    elif form is Format.TABLE:
        assert rb"/caf\xe9\xff.jpg" in written
    else:
        assert b"/caf\xe9\xff.jpg" in written


def test_nothing_is_an_empty_listing_in_every_format(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert _written(capfdbinary, [], Format.JSON) == b"[]\n"
    assert _written(capfdbinary, [], Format.CSV) == b"path,faces,confidence,emotion,labels\n"
    for form in (Format.JSONL, Format.TABLE, Format.PATHS, Format.NUL):
        assert _written(capfdbinary, [], form) == b""


@pytest.mark.parametrize("form", list(Format))
def test_a_listing_does_not_wait_for_its_end(capfdbinary: pytest.CaptureFixture[bytes], form: Format) -> None:
    asked = []

    def rows() -> Iterator[Row]:
        for number in range(5000):
            asked.append(number)
            yield {"path": f"/{number}"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(rows(), ("path",), form)
    assert capfdbinary.readouterr().out.count(b"/") >= 4000
    assert len(asked) == 5000


def test_what_is_told_cannot_steer_a_terminal() -> None:
    assert printable("a\x1b]0;title\x07b\u202e") == "a\\x1b]0;title\\x07b\\u202e"
    assert printable("Zürich 写真 😀") == "Zürich 写真 😀"
