"""The report: photos in, one self-contained page out, however many photos there are.

Owns the order of the page's parts and the bound on memory: never more than two chunks of photos are held. Refuses to
know where photos come from and what the page looks like (`reporting/web/`).

The page needs no network and no other file. Its data come in blocks of JSON: first all photos without pictures, then
the program, then the pictures, which the program decodes only when they come on screen.
"""

import stat
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from organiser.errors import Permanent
from organiser.reporting.draft import replacing
from organiser.reporting.photo import ReportPhoto, record
from organiser.reporting.shell import data, read_shell

_MARKS: Final = (
    b'<meta name="generator" content="organiser">',
    b"default-src 'none'; img-src data: file:; style-src 'sha256-",
)
"""What a page of ours has in its head; the second is in those of earlier versions too."""

_HEAD: Final = 4096
_ELSEWHERE: Final = "name another --out, or move it away first"

CHUNK: Final = 32
"""Photos per block: few enough that showing one picture does not decode many, enough that blocks stay few."""


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What was written: the page's path, its size in bytes and how many photos and faces it shows."""

    page: Path
    size: int
    photos: int
    faces: int


def page_path(target: Path) -> Path:
    """Return the page that `target` means: itself when it is named like one, else `index.html` in that folder.

    >>> page_path(Path("out")).as_posix()
    'out/index.html'
    """
    named = target.suffix.lower() in (".html", ".htm") and not target.is_dir()
    return target if named else target / "index.html"


def write_report(
    photos: Iterable[ReportPhoto], target: Path, *, title: str, generated: datetime, model: str
) -> ReportSummary:
    """Write the page of `photos` to `target` and return what was written.

    Args:
        photos: read once, in order, never held together.
        target: `FILE.html`, or a folder that gets one `index.html`; missing folders are made. A page already there is
            replaced only when the new one is whole.
        title: heading of the page.
        generated: when the page is made, in the zone that people expect to read.
        model: which model judged, for people.

    Raises:
        Permanent: what lies there is no page of ours.
        OSError: `target` cannot be written. Whatever reading `photos` raises comes through unchanged.
    """
    page = page_path(target)
    _refuse_foreign(page)
    page.parent.mkdir(parents=True, exist_ok=True)
    shell = read_shell(title=title, generated=generated, model=model, chunk=CHUNK)
    with replacing(page) as out, TemporaryFile(dir=page.parent) as pictures:
        out.write(shell.opening)
        seen, faces = _write_photos(photos, out, pictures)
        out.write(shell.program)
        pictures.seek(0)
        copyfileobj(pictures, out)
        out.write(shell.closing)
        size = out.tell()
    return ReportSummary(page, size, seen, faces)


def _refuse_foreign(page: Path) -> None:
    """Raise when something lies at `page` that a report may not replace: another's page, or a link to one."""
    try:
        kind = page.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(kind):
        raise Permanent(f"{page} is no file of its own", _ELSEWHERE)
    with page.open("rb") as file:
        head = file.read(_HEAD)
    if not any(mark in head for mark in _MARKS):
        raise Permanent(f"{page} is there and is no report of the organiser", _ELSEWHERE)


def _write_photos(photos: Iterable[ReportPhoto], out: BinaryIO, pictures: BinaryIO) -> tuple[int, int]:
    """Write each chunk's photos to `out` and their thumbnails to `pictures`; return how many photos and faces."""
    seen = faces = 0
    for number, chunk in enumerate(_chunks(photos)):
        out.write(_block('class="photos"', [record(photo) for photo in chunk]))
        pictures.write(_block(f'id="pictures-{number}"', [b64encode(photo.thumbnail).decode() for photo in chunk]))
        seen += len(chunk)
        faces += sum(len(photo.faces) for photo in chunk)
    return seen, faces


def _chunks(photos: Iterable[ReportPhoto]) -> Iterator[tuple[ReportPhoto, ...]]:
    rest = iter(photos)
    while chunk := tuple(islice(rest, CHUNK)):
        yield chunk


def _block(attribute: str, values: list[object]) -> bytes:
    return f'<script type="application/json" {attribute}>{data(values)}</script>\n'.encode("ascii")
