"""How every listing is written: as a table, JSON, JSON lines, CSV or bare paths. Data to stdout, row by row.

Owns the formats; `core.outgoing` knows what would harm a reader of each; refuses to know what is listed. A name that is
no UTF-8 is written byte for byte in CSV and paths, as Python's surrogate escapes (U+DC80 to U+DCFF) in JSON, and
readably in tables and whatever else goes to a terminal.
"""

import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from typing import Any, BinaryIO, TypeVar

import click

from organiser.core.outgoing import csv_cell, json_text, paragraph, printable

Row = Mapping[str, Any]
"""One line of a listing by column; values are texts, numbers, truth values, None, and lists or mappings of these."""

_Command = TypeVar("_Command", bound=Callable[..., Any])
_SAMPLE = 500


class Format(StrEnum):
    """The shape of a listing."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PATHS = "paths"
    NUL = "nul"


_HELP = {
    Format.TABLE: "Columns for people.",
    Format.JSON: "One JSON array.",
    Format.JSONL: "One JSON object a line.",
    Format.CSV: "Comma-separated, with a header.",
    Format.PATHS: "One path a line.",
    Format.NUL: "Paths that end in NUL, for xargs -0.",
}


def format_options(*, paths: bool = False) -> Callable[[_Command], _Command]:
    """Give a command `--table`, `--json`, `--jsonl` and `--csv` (with `paths` also `--paths` and `-0`) as `form`."""

    def decorate(command: _Command) -> _Command:
        for form in reversed(Format):
            if paths or form not in (Format.PATHS, Format.NUL):
                names = ("-0", "--nul") if form is Format.NUL else (f"--{form}",)
                command = click.option(*names, "form", flag_value=str(form), default=None, help=_HELP[form])(command)
        return command

    return decorate


def chosen(form: str | None, piped: Format = Format.TABLE) -> Format:
    """Return the format a person asked for; unasked, a table on a terminal and `piped` elsewhere."""
    if form is not None:
        return Format(form)
    return Format.TABLE if sys.stdout.isatty() else piped


def write_rows(
    rows: Iterable[Row], columns: Sequence[str], form: Format, *, nothing: str = "there is nothing to list"
) -> int:
    """Write a listing to stdout as the rows come, and return how many there were.

    Args:
        rows: JSON shows all of a row, the other formats its `columns`; paths are its "path".
        columns: in the order of a table and of CSV.
        form: how.
        nothing: what a table that would have no row says instead, on stderr.
    """
    counted = _Counter(rows)
    out = _stdout()
    try:
        for piece in _WRITERS[form](counted, columns):
            out.write(piece)
        out.flush()
    except BrokenPipeError:  # the reader left, e.g. `| head`; click would call that a failure
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(0) from None
    if form is Format.TABLE and not counted.count:
        say(nothing)
    return counted.count


def write_json(value: Any) -> None:
    """Write one value as indented JSON to stdout."""
    out = _stdout()
    out.write(_json(value, indent=2) + b"\n")
    out.flush()


def write_line(row: Row) -> None:
    """Write a row as one line of JSON to stdout and flush, so that a reader sees it at once."""
    out = _stdout()
    out.write(_json(row) + b"\n")
    out.flush()


def _stdout() -> BinaryIO:
    sys.stdout.flush()
    return sys.stdout.buffer


def say(text: str) -> None:
    """Say something to the person: a line on stderr, or more, of which those after the first are indented."""
    click.echo(paragraph(text), err=True)


def tell(text: str = "") -> None:
    """Write a line of text meant for people to stdout: the data of commands that print no listing."""
    click.echo(printable(text))


def moment(seconds: float | None) -> str | None:
    """Return a moment in epoch seconds as local ISO text with its offset, to the second.

    >>> moment(None) is None
    True
    """
    return None if seconds is None else datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


class _Counter:
    """Passes rows through and counts them."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row


def _json(value: Any, indent: int | None = None) -> bytes:
    return json_text(json.dumps(value, ensure_ascii=False, indent=indent, default=_plain, allow_nan=False)).encode()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _as_json(rows: Iterable[Row], _columns: Sequence[str]) -> Iterator[bytes]:
    before = b"[\n"
    for row in rows:
        yield before + _json(row)
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _as_jsonl(rows: Iterable[Row], _columns: Sequence[str]) -> Iterator[bytes]:
    return (_json(row) + b"\n" for row in rows)


def _as_csv(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[bytes]:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    for cells in chain([columns], ([_cell(row.get(name)) for name in columns] for row in rows)):
        writer.writerow(cells)
        text = line.getvalue()
        if sys.stdout.isatty():  # a program is given the bytes of a name, a terminal what it would obey as in a table
            text = "\n".join(map(printable, text.split("\n")))
        yield text.encode("utf-8", "surrogateescape")
        line.seek(0)
        line.truncate()


def _as_paths(rows: Iterable[Row], _columns: Sequence[str]) -> Iterator[bytes]:
    return (_path(row) + b"\n" for row in rows if row["path"] is not None)


def _as_nul(rows: Iterable[Row], _columns: Sequence[str]) -> Iterator[bytes]:
    return (_path(row) + b"\0" for row in rows if row["path"] is not None)


def _path(row: Row) -> bytes:
    path = str(row["path"])
    return (printable(path) if sys.stdout.isatty() else path).encode("utf-8", "surrogateescape")


def _cell(value: Any) -> str:
    return _text(value) if _is_number(value) else csv_cell(_text(value))


def _as_table(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[bytes]:
    """Columns as wide as the first rows need and the terminal allows, so that a long listing begins at once."""
    from organiser.cli.table import Table

    rest = iter(rows)
    sample = list(islice(rest, _SAMPLE))
    if not sample:
        return
    cells = [_shown(row, columns) for row in sample]
    head = [name.replace("_", " ") for name in columns]
    right = [any(_is_number(row.get(name)) for row in sample) for name in columns]
    table = Table([head, *cells], right, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
    for line in chain([head], cells, (_shown(row, columns) for row in rest)):
        yield table.line(line).encode()


def _shown(row: Row, columns: Sequence[str]) -> list[str]:
    return [printable(_text(row.get(name), short=True)) for name in columns]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any, *, short: bool = False) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}" if short and (value > 1 or value == 0) else f"{value:.2f}" if short else repr(value)
        case list() | tuple():
            return ", ".join(_text(item, short=short) for item in value)
        case Mapping():
            return ", ".join(f"{key} {_text(item, short=short)}" for key, item in value.items())
    return _plain(value)


_WRITERS: Mapping[Format, Callable[[Iterable[Row], Sequence[str]], Iterator[bytes]]] = {
    Format.TABLE: _as_table,
    Format.JSON: _as_json,
    Format.JSONL: _as_jsonl,
    Format.CSV: _as_csv,
    Format.PATHS: _as_paths,
    Format.NUL: _as_nul,
}
