import pytest

from organiser.files.complete import looks_complete
from tests import photos

SAYS_WHERE_IT_ENDS = sorted(set(photos.FORMATS) - {"tiff"})


@pytest.mark.parametrize("kind", SAYS_WHERE_IT_ENDS)
def test_a_whole_picture_is_complete(tmp_path, kind):
    assert looks_complete(photos.photo(tmp_path / f"a.{kind}"))


@pytest.mark.parametrize("kind", sorted(photos.FORMATS))
def test_a_picture_cut_anywhere_is_not(tmp_path, kind):
    data = photos.photo(tmp_path / f"a.{kind}", size=(64, 48)).read_bytes()
    cut = tmp_path / f"cut.{kind}"
    for length in range(0, len(data), max(1, len(data) // 50)):
        cut.write_bytes(data[:length])
        assert not looks_complete(cut)


@pytest.mark.parametrize("kind", sorted(set(SAYS_WHERE_IT_ENDS) - {"gif"}))
def test_a_picture_whose_space_was_reserved_in_advance_is_not(tmp_path, kind):
    data = photos.photo(tmp_path / f"a.{kind}").read_bytes()
    reserved = tmp_path / f"reserved.{kind}"
    reserved.write_bytes(data + bytes(10_000))
    assert not looks_complete(reserved)


@pytest.mark.parametrize("data", [b"", b"text", b"\0\0\0\x18ftyp", b"\0\0\0\x01ftypheic\0\0\0\0\0\0\0\0", bytes(100)])
def test_what_is_no_picture_is_never_complete(tmp_path, data):
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    assert not looks_complete(path)


def test_a_format_that_does_not_say_where_it_ends_is_never_complete(tmp_path):
    assert not looks_complete(photos.photo(tmp_path / "a.tiff"))


def test_a_file_that_is_gone_is_not_complete(tmp_path):
    assert not looks_complete(tmp_path / "gone.jpg")
