"""Keywords and stars of other programs are in the index once a photo was read, and can be asked for."""

from pathlib import Path

import pytest
from PIL.PngImagePlugin import PngInfo

from organiser.core.collections.placement import Tag
from organiser.files.digest import digest_picture, words_of_picture
from organiser.jobs.actions.labels import read_again
from organiser.placing.metadata.jpeg import with_packet
from organiser.placing.metadata.xmp import tagged
from tests import photos
from tests.jobs.library import Library
from tests.photos import HAPPY
from tests.placing.sidecars import DARKTABLE, DIGIKAM, LIGHTROOM


def _embed(path: Path, packet: bytes) -> None:
    path.write_bytes(with_packet(path.read_bytes(), packet))


def _saved_with_packet(path: Path, kind: str) -> Path:
    """Have Pillow write a picture with an XMP packet, each format in its own way."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", LIGHTROOM.decode())
    how = {"png": {"pnginfo": text}, "tiff": {"tiffinfo": {700: LIGHTROOM}}}.get(kind, {"xmp": LIGHTROOM})
    photos.scene(faces=(HAPPY,)).save(path, **how)  # type: ignore[arg-type]
    return path


def test_what_a_picture_says_of_itself_is_recorded_when_it_is_scanned(library: Library) -> None:
    _embed(library.draw("a.jpg", HAPPY), LIGHTROOM)
    library.draw("b.jpg", HAPPY)
    library.scan()
    assert library.names("keyword:holiday") == ["a.jpg"]
    assert library.names("keyword:PLACES rating:4") == ["a.jpg"]
    assert library.names("-keyword:holiday -rating:..") == ["b.jpg"]


def test_sidecars_of_either_name_are_read_and_their_stars_count_first(library: Library) -> None:
    _embed(library.draw("a.jpg", HAPPY), LIGHTROOM)
    (library.folder / "a.jpg.xmp").write_bytes(
        DIGIKAM.replace(b'PickLabel="0"', b'PickLabel="0" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="-1"')
    )
    library.draw("b.jpg", HAPPY)
    (library.folder / "b.xmp").write_bytes(DARKTABLE)
    library.scan()
    assert library.names("keyword::^People.Anna$ rating:-1 keyword:zürich") == ["a.jpg"]
    assert library.names("keyword:darktable rating:2..3") == ["b.jpg"]


def test_what_we_wrote_ourselves_is_no_keyword(library: Library) -> None:
    path = library.draw("a.jpg", HAPPY)
    (library.folder / "a.jpg.xmp").write_bytes(tagged(None, Tag("joyful", 0.9, "net@1")))
    _embed(path, tagged(LIGHTROOM, Tag("joyful", 0.9, "net@1")))
    library.scan()
    assert library.names("keyword:joyful") == []
    assert library.names("keyword:holiday") == ["a.jpg"]


@pytest.mark.parametrize("kind", ["png", "webp", "tiff", "heic", "avif"])
def test_formats_that_have_a_packet_of_their_own_are_read(library: Library, kind: str) -> None:
    path = _saved_with_packet(library.folder / f"a.{kind}", kind)
    library.scan()
    assert library.names("keyword:holiday rating:4") == [path.name]


def test_a_keyword_that_was_added_or_taken_away_is_noticed_without_looking_at_faces_again(library: Library) -> None:
    path = library.draw("a.jpg", HAPPY)
    library.scan()
    bare = path.read_bytes()
    _embed(path, LIGHTROOM)
    assert library.scan()["detected"] == 0
    assert library.names("keyword:holiday") == ["a.jpg"]
    path.write_bytes(bare)
    library.scan()
    assert library.names("keyword:holiday , rating:..") == []


def test_a_copy_elsewhere_adds_its_keywords_and_takes_them_with_it(library: Library) -> None:
    path = library.draw("a.jpg", HAPPY)
    copy = library.folder / "copy.jpg"
    copy.write_bytes(path.read_bytes())
    _embed(copy, LIGHTROOM)
    library.scan()
    assert library.names("keyword:holiday rating:4 duplicates:yes") == ["a.jpg"]
    copy.unlink()
    library.scan()
    assert library.names("keyword:holiday , rating:4") == []


@pytest.mark.parametrize("packet", [b"<half", b"\0\xff", LIGHTROOM.replace(b'"4"', b'"much"')])
def test_what_cannot_be_read_as_metadata_costs_no_photo(library: Library, packet: bytes) -> None:
    _embed(library.draw("a.jpg", HAPPY), packet)
    (library.folder / "a.jpg.xmp").write_bytes(packet)
    library.scan()
    assert library.names("emotion:happy -rating:..") == ["a.jpg"]


def test_a_sidecar_that_changed_alone_is_read_when_a_person_asks(library: Library) -> None:
    path = library.draw("in/a.jpg", HAPPY)
    library.draw("b.jpg", HAPPY)
    library.scan()
    for name in ("in/a.jpg.xmp", "b.jpg.xmp"):
        (library.folder / name).write_bytes(DIGIKAM)
    library.scan()
    assert library.names("keyword:anna") == []
    assert read_again(library.services, [str(path.parent)]) == 1
    assert library.names("keyword:anna") == ["in/a.jpg"]
    path.unlink()
    assert read_again(library.services, [str(library.folder)]) == 1
    assert library.names("keyword:anna") == ["b.jpg", "in/a.jpg"]


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tiff", "heic", "avif"])
def test_leafing_through_a_picture_finds_what_digesting_it_finds(tmp_path: Path, kind: str) -> None:
    path = _saved_with_packet(tmp_path / f"a.{kind}", kind)
    digested = digest_picture(path)
    assert words_of_picture(path) == (digested.xmp, digested.words)
    assert b"holiday" in (digested.xmp or b"")
