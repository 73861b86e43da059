import struct
from datetime import datetime

import numpy as np
import pyexiv2
import pytest
from PIL import Image, PngImagePlugin

from organiser.core.photo import Capture, FailureKind
from organiser.errors import DecodeError
from organiser.files.digest import picture_digest
from organiser.vision.decoding.decode import Decoded, decode
from tests import photos
from tests.photos import HAPPY, SAD

LIMIT = 200_000_000


def read(path, least=1024, max_pixels=LIMIT) -> Decoded:
    return decode(path.read_bytes(), least=least, max_pixels=max_pixels)


def refused(path) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        read(path)
    return caught.value


def corners(image) -> tuple[int, ...]:
    places = image[3, 3], image[3, -4], image[-4, 3], image[-4, -4]
    return tuple(int(place.mean()) for place in places)


def assert_upright(decoded: Decoded) -> None:
    assert (decoded.width, decoded.height) == (320, 240)
    assert decoded.image.shape == (240, 320, 3)
    assert decoded.image.dtype == np.uint8
    assert np.allclose(corners(decoded.image), photos.CORNERS, atol=8)


@pytest.mark.parametrize("suffix", photos.FORMATS)
def test_every_format_gives_the_same_picture(tmp_path, suffix):
    decoded = read(photos.photo(tmp_path / f"a.{suffix}", [HAPPY]))
    assert_upright(decoded)
    assert np.abs(decoded.image[120, 160].astype(int) - (240, 220, 0)).max() < 25


@pytest.mark.parametrize("suffix", photos.WITH_ORIENTATION)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied_exactly_once(tmp_path, suffix, orientation):
    assert_upright(read(photos.photo(tmp_path / f"a.{suffix}", orientation=orientation)))


def say_in_xmp(path, orientation) -> None:
    with pyexiv2.Image(str(path)) as image:
        image.modify_xmp({"Xmp.tiff.Orientation": str(orientation)})


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_an_orientation_in_xmp_turns_neither_the_picture_nor_the_digest(tmp_path, suffix, orientation):
    path = photos.photo(tmp_path / f"a.{suffix}", orientation=orientation)
    before = picture_digest(path)
    say_in_xmp(path, 3)
    assert picture_digest(path) == before
    assert_upright(read(path))


def test_an_orientation_in_xmp_does_not_turn_a_tiff(tmp_path):
    path = photos.photo(tmp_path / "a.tiff")
    say_in_xmp(path, 6)
    assert_upright(read(path))


def test_an_orientation_in_a_pngs_text_turns_neither_the_picture_nor_the_digest(tmp_path):
    path, plain = tmp_path / "a.png", photos.photo(tmp_path / "plain.png")
    text = PngImagePlugin.PngInfo()
    block = b"Exif\0\0" + photos.exif(6).tobytes().removeprefix(b"Exif\0\0")
    text.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n")
    photos.scene().save(path, pnginfo=text)
    assert picture_digest(path) == picture_digest(plain)
    assert_upright(read(path))


def test_a_jpegs_orientation_is_applied_at_a_reduced_scale_too(tmp_path):
    path = photos.photo(tmp_path / "a.jpg", orientation=6, size=(1600, 1200))
    decoded = read(path, least=400)
    assert (decoded.width, decoded.height) == (1600, 1200)
    assert decoded.image.shape == (300, 400, 3)
    assert np.allclose(corners(decoded.image), photos.CORNERS, atol=8)


@pytest.mark.parametrize(
    ("least", "longest"), [(1, 200), (200, 200), (201, 400), (800, 800), (801, 1600), (9999, 1600)]
)
def test_a_jpeg_is_decoded_at_the_smallest_scale_that_serves(tmp_path, least, longest):
    assert max(read(photos.photo(tmp_path / "a.jpg", size=(1600, 1200)), least).image.shape) == longest


@pytest.mark.parametrize("suffix", ["tiff", "webp", "png", "gif", "bmp", "jpg"])
def test_what_the_settings_allow_is_decoded_whatever_pillow_allows(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # as a picture of 200 megapixels is to its usual 89
    assert_upright(read(photos.photo(tmp_path / f"a.{suffix}")))


def with_scans(path, count) -> bytes:
    """Return a progressive JPEG whose last scan, of a few bytes, comes again and again."""
    photos.scene().save(path, "JPEG", progressive=True)
    data = path.read_bytes()
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * (count - data.count(b"\xff\xda")) + b"\xff\xd9"


def test_a_jpeg_of_endlessly_many_scans_is_refused(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(with_scans(path, 50))
    assert read(path).width == 320
    path.write_bytes(with_scans(path, 20_000))
    error = refused(path)
    assert (error.kind, error.reason) == (FailureKind.TOO_LARGE, "a JPEG of more than 100 scans")


def test_scans_of_what_follows_a_jpeg_do_not_count(tmp_path):
    path = photos.photo(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes() + b"\xff\xda" * 20_000)  # a motion photo's clip
    assert_upright(read(path))


def test_a_name_says_nothing_of_the_content(tmp_path):
    path = photos.photo(tmp_path / "a.png")
    assert_upright(read(path.rename(tmp_path / "a.jpg")))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif", "heic"])
def test_time_and_camera_come_from_exif(tmp_path, suffix):
    taken = datetime(2024, 5, 6, 7, 8, 9)
    path = photos.photo(tmp_path / f"a.{suffix}", taken=taken, camera=("Canon", "Canon EOS 450D"))
    assert read(path).capture == Capture(taken, "Canon EOS 450D")


def test_a_picture_without_exif_has_no_capture(tmp_path):
    assert read(photos.photo(tmp_path / "a.jpg")).capture == Capture()


def test_a_spoilt_exif_block_costs_the_capture_but_not_the_picture(tmp_path):
    path = photos.photo(tmp_path / "a.jpg", camera=("Canon", "Canon EOS 450D"))
    data = path.read_bytes()
    at = data.index(b"Exif\0\0") + 6
    path.write_bytes(data[:at] + b"\xff" * 40 + data[at + 40 :])
    decoded = read(path)
    assert_upright(decoded)
    assert decoded.capture == Capture()


@pytest.mark.parametrize("suffix", ["jpg", "tiff"])
def test_cmyk_keeps_its_colours(tmp_path, suffix):
    decoded = read(photos.cmyk(tmp_path / f"a.{suffix}", [HAPPY]))
    assert_upright(decoded)
    assert np.abs(decoded.image[120, 160].astype(int) - (240, 220, 0)).max() < 25


def test_a_large_cmyk_jpeg_is_decoded_at_a_reduced_scale(tmp_path):
    path = photos.save(photos.scene(1600, 1200).convert("CMYK"), tmp_path / "a.jpg")
    decoded = read(path, least=400)
    assert decoded.image.shape == (300, 400, 3)
    assert (decoded.width, decoded.height) == (1600, 1200)


@pytest.mark.parametrize("suffix", ["png", "tiff", "jp2"])
def test_sixteen_bits_are_scaled_to_eight(tmp_path, suffix):
    assert_upright(read(photos.sixteen_bit(tmp_path / f"a.{suffix}")))


@pytest.mark.parametrize("mode", ["I", "F"])
def test_thirty_two_bits_are_scaled_by_the_largest_value(tmp_path, mode):
    values = np.asarray(photos.scene().convert("L"), np.float32)
    wide = (values * (1000 if mode == "I" else 1 / 255)).astype(np.int32 if mode == "I" else np.float32)
    decoded = read(photos.save(Image.fromarray(wide), tmp_path / "a.tiff"))
    expected = [round(corner * 255 / photos.CORNERS[-1]) for corner in photos.CORNERS]
    assert np.allclose(corners(decoded.image), expected, atol=3)


@pytest.mark.parametrize("suffix", ["png", "gif", "bmp", "tiff"])
def test_palettes_become_colours(tmp_path, suffix):
    decoded = read(photos.palette(tmp_path / f"a.{suffix}", [SAD]))
    assert decoded.image.shape == (240, 320, 3)
    assert np.abs(decoded.image[120, 160].astype(int) - (0, 40, 240)).max() < 40


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_becomes_colour(tmp_path, mode):
    assert read(photos.save(photos.scene().convert(mode), tmp_path / "a.png")).image.shape == (240, 320, 3)


@pytest.mark.parametrize("suffix", ["png", "webp", "tiff", "avif"])
def test_what_is_transparent_is_white(tmp_path, suffix):
    image = read(photos.transparent(tmp_path / f"a.{suffix}")).image
    assert image[200:].min() >= 250
    assert corners(image)[0] < 40


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "avif"])
def test_of_an_animation_the_first_frame_is_seen(tmp_path, suffix):
    image = read(photos.animated(tmp_path / f"a.{suffix}", [HAPPY], [SAD])).image
    assert np.abs(image[120, 160].astype(int) - (240, 220, 0)).max() < 40


@pytest.mark.parametrize("suffix", photos.FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_of_which_a_part_is_missing_is_truncated(tmp_path, suffix, share):
    path = photos.truncated(tmp_path / f"a.{suffix}", share, size=(800, 600), seed=1)
    assert refused(path).kind == FailureKind.TRUNCATED


def test_a_jpeg_cut_inside_its_pixels_is_truncated_though_its_preview_is_whole(tmp_path):
    preview = photos.photo(tmp_path / "preview.jpg", size=(160, 120)).read_bytes()
    whole = photos.photo(tmp_path / "a.jpg", size=(1600, 1200)).read_bytes()
    segment = b"\xff\xe2" + struct.pack(">H", len(preview) + 2) + preview
    path = tmp_path / "b.jpg"
    path.write_bytes(whole[:2] + segment + whole[2 : len(whole) // 2])
    assert refused(path).kind == FailureKind.TRUNCATED


def test_what_follows_the_end_of_a_jpeg_does_no_harm(tmp_path):
    path = photos.photo(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes() + b"a short film")
    assert_upright(read(path))


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_header_that_claims_too_many_pixels_is_refused_before_decoding(tmp_path, name):
    error = refused(photos.huge_header(tmp_path / name))
    assert error.kind == FailureKind.TOO_LARGE
    assert "megapixels are allowed" in error.reason


def test_the_limit_itself_is_allowed(tmp_path):
    path = photos.photo(tmp_path / "a.png")
    assert read(path, max_pixels=320 * 240).width == 320
    with pytest.raises(DecodeError, match="320 × 240"):
        read(path, max_pixels=320 * 240 - 1)


def test_an_empty_file_and_a_text_are_told_apart(tmp_path):
    assert refused(photos.empty(tmp_path / "a.jpg")).kind == FailureKind.EMPTY
    assert refused(photos.not_a_picture(tmp_path / "b.jpg")).kind == FailureKind.NOT_A_PICTURE


def test_a_known_format_that_is_not_read_is_named():
    with pytest.raises(DecodeError, match="JPEG XL") as caught:
        decode(b"\xff\x0a" + bytes(100), least=1024, max_pixels=LIMIT)
    assert caught.value.kind == FailureKind.UNSUPPORTED


@pytest.mark.parametrize(
    "suffix", [suffix for suffix in photos.FORMATS if suffix != "bmp"]
)  # any bytes are a bitmap's pixels
def test_a_file_that_only_begins_like_a_picture_is_refused(tmp_path, suffix):
    path = photos.photo(tmp_path / f"a.{suffix}")
    data = path.read_bytes()
    path.write_bytes(data[:40] + b"\xa5" * (len(data) - 40))
    assert refused(path).kind in (FailureKind.CORRUPT, FailureKind.TRUNCATED, FailureKind.TOO_LARGE)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_the_oddest_shapes_are_pictures_too(tmp_path, suffix, size):
    decoded = read(photos.save(Image.new("RGB", size, (9, 9, 9)), tmp_path / f"a.{suffix}"))
    assert (decoded.width, decoded.height) == size
