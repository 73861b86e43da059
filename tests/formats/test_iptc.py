"""IPTC keywords, as pyexiv2 writes them and as broken files hold them."""

import pyexiv2
import pytest

from organiser.files.digest import digest_picture, picture_digest
from organiser.formats.iptc import keywords_in, keywords_in_blocks
from tests import photos

WORDS = ("holiday", "Zürich", "x" * 64)


@pytest.mark.parametrize("kind", ["jpg", "tiff"])
def test_what_another_program_wrote_is_read(tmp_path, kind):
    path = photos.photo(tmp_path / f"a.{kind}")
    before = picture_digest(path)
    with pyexiv2.Image(str(path)) as image:
        image.modify_iptc({"Iptc.Application2.Keywords": list(WORDS), "Iptc.Application2.Headline": "not this"})
    found = digest_picture(path)
    assert found.words == WORDS
    assert (found.digest == before) == (kind == "jpg")


def test_words_of_no_known_alphabet_are_latin():
    assert keywords_in(b"\x1c\x02\x19\x00\x06Z\xfcrich") == ["Zürich"]
    assert keywords_in(b"\x1c\x01\x5a\x00\x03\x1b%G\x1c\x02\x19\x00\x02\xc3\xbc") == ["ü"]


@pytest.mark.parametrize("cut", range(0, 40, 3))
def test_what_breaks_off_says_nothing_further(cut):
    blocks = b"8BIM\x04\x04\0\0\0\0\0\x1c" + b"\x1c\x02\x19\x00\x03sea" * 3 + b"\x1c\x02\x19\xff"
    assert keywords_in_blocks(blocks) == ["sea"] * 3
    assert set(keywords_in_blocks(blocks[:cut])) <= {"sea"}
