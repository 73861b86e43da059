"""What one has to do to add a format: whatever was forgotten is named here."""

from pathlib import Path

import pytest

from organiser.files.covers import COVERS
from organiser.files.names import PICTURE_EXTENSIONS
from organiser.formats.table import FORMATS, HEAD_BYTES, PictureKind, format_of, picture_kind
from organiser.vision.decoding.decode import OPENERS
from tests import photos

_README = Path(__file__).parents[2] / "README.md"

_CAMERAS = {
    b"II*\0\x10\0\0\0CR\2\0": "Canon CR2",
    b"\0\0\0\x18ftypcrx \0\0\0\1crx isom": "Canon CR3",
    b"II\x1a\0\0\0HEAPCCDR": "Canon CRW",
    b"FUJIFILMCCD-RAW 0201": "Fujifilm RAF",
    b"IIRO\x08\0\0\0": "Olympus ORF",
    b"IIRS\x08\0\0\0": "Olympus ORF",
    b"MMOR\0\0\0\x08": "Olympus ORF",
    b"IIU\0\x18\0\0\0": "Panasonic RW2",
    b"FOVb\1\0\2\0": "Sigma X3F",
    b"\0MRM\0\0\0\0": "Minolta MRW",
}


@pytest.mark.parametrize("kind", PictureKind)
def test_every_kind_has_all_its_parts(kind: PictureKind) -> None:
    assert [row.kind for row in FORMATS].count(kind) == 1, "one row in formats.table.FORMATS"
    assert kind in COVERS, "what of it is digested, in files.covers.COVERS"
    assert kind in OPENERS or kind is PictureKind.RAW, "what decodes it, in vision.decoding.decode.OPENERS"
    assert str(kind) in _README.read_text("utf-8"), "its name in the README"


def test_no_two_formats_share_an_extension() -> None:
    endings = [ending for row in FORMATS for ending in row.extensions]
    assert len(endings) == len(set(endings)) == len(PICTURE_EXTENSIONS)
    assert all(ending == ending.lower() and "." not in ending for ending in endings)


def test_every_format_but_raw_is_drawn_by_the_tests(tmp_path: Path) -> None:
    drawn = {picture_kind(photos.photo(tmp_path / f"a.{end}").read_bytes()[:HEAD_BYTES]) for end in photos.FORMATS}
    assert drawn == set(PictureKind) - {PictureKind.RAW}


@pytest.mark.parametrize("head", _CAMERAS, ids=_CAMERAS.values())
def test_every_makers_raw_files_are_known(head: bytes) -> None:
    assert picture_kind(head) is PictureKind.RAW


def test_whole_files_end_where_their_format_says_and_cut_ones_do_not(tmp_path: Path) -> None:
    for ending in photos.FORMATS:
        path = photos.photo(tmp_path / f"a.{ending}")
        row, size = format_of(path.read_bytes()[:HEAD_BYTES]), path.stat().st_size
        assert row is not None
        if row.ending is None:
            continue
        with path.open("rb") as file:
            assert row.ending(file, size) == size
            assert row.ending(file, size - 1) != size - 1
