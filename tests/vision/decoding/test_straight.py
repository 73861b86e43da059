"""What is decoded past Pillow's copy has the very pixels that Pillow would have given."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from organiser.formats.table import PictureKind, picture_kind
from organiser.vision.decoding.decode import OPENERS
from organiser.vision.decoding.pixels import to_rgb
from organiser.vision.decoding.straight import pixels_of
from tests import photos
from tests.photos import HAPPY, SAD


def opened(data: bytes) -> tuple[PictureKind, ImageFile.ImageFile]:
    kind = picture_kind(data)
    assert kind is not None
    return kind, OPENERS[kind](BytesIO(data))


def by_pillow(data: bytes) -> np.ndarray:
    _, picture = opened(data)
    picture.load()
    return to_rgb(picture)


def straight(data: bytes) -> np.ndarray | None:
    kind, picture = opened(data)
    return pixels_of(kind, picture, data)


@pytest.mark.parametrize("suffix", ["heic", "webp"])
@pytest.mark.parametrize("size", [(320, 240), (333, 217), (64, 999)])
@pytest.mark.parametrize("orientation", [1, 6])
def test_the_pixels_are_those_that_pillow_gives(
    tmp_path: Path, suffix: str, size: tuple[int, int], orientation: int
) -> None:
    data = photos.photo(tmp_path / f"a.{suffix}", [HAPPY], size=size, orientation=orientation).read_bytes()
    found = straight(data)
    assert found is not None
    assert np.array_equal(found, by_pillow(data))


@pytest.mark.parametrize("lossless", [True, False])
def test_a_webp_of_noise_has_the_pixels_that_pillow_gives(lossless: bool) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (121, 77, 3)).astype(np.uint8)
    out = BytesIO()
    Image.fromarray(noise).save(out, "WEBP", lossless=lossless, quality=60)
    found = straight(out.getvalue())
    assert found is not None
    assert np.array_equal(found, by_pillow(out.getvalue()))


def test_a_heic_in_tiles_has_the_pixels_that_pillow_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pillow_heif

    monkeypatch.setattr(pillow_heif.options, "GRID_TILE_SIZE", 512)
    data = photos.photo(tmp_path / "a.heic", [SAD], size=(1300, 700)).read_bytes()
    primary = pillow_heif.open_heif(data)
    assert primary.info["tiling"]["num_columns"] > 1
    found = straight(data)
    assert found is not None
    assert np.array_equal(found, by_pillow(data))


def test_the_image_outlives_the_decoder(tmp_path: Path) -> None:
    data = photos.photo(tmp_path / "a.heic", [HAPPY]).read_bytes()
    found = [straight(data) for _ in range(20)]
    expected = by_pillow(data)
    assert all(image is not None and image.flags.owndata and np.array_equal(image, expected) for image in found)


@pytest.mark.parametrize("suffix", ["webp", "heic"])
def test_a_transparent_picture_is_left_to_pillow(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    photos.save(Image.new("RGBA", (40, 30), (10, 20, 30, 40)), path)
    assert straight(path.read_bytes()) is None


def test_an_animation_is_left_to_pillow(tmp_path: Path) -> None:
    assert straight(photos.animated(tmp_path / "a.webp", [HAPPY], [SAD]).read_bytes()) is None


def test_a_format_without_a_shorter_way_is_left_to_pillow(tmp_path: Path) -> None:
    data = photos.photo(tmp_path / "a.png").read_bytes()
    assert picture_kind(data) is PictureKind.PNG
    assert straight(data) is None
