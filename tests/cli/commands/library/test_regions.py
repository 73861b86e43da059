"""Face regions in sidecars, for a photo stored in each of the eight EXIF orientations: the same spot of the same face.

Regions are centre and size as fractions of the picture as it is shown, orientation applied, and `AppliedToDimensions` is
the size of that picture; the judge is Pillow's own reading of the orientation.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from lxml import etree
from PIL import Image, ImageOps

from tests.photos import exif, real_face, scene, stored

AREA = "{http://ns.adobe.com/xmp/sType/Area#}"
DIMENSIONS = "{http://ns.adobe.com/xap/1.0/sType/Dimensions#}"
MWG = "{http://www.metadataworkinggroup.com/schemas/regions/}"
ORIENTATIONS = range(1, 9)
SIZE = 900, 600
FACE = (0.235, 0.139, 0.100, 0.187)
"""Where a person sees the face in the upright picture, hair left out."""


def upright() -> Image.Image:
    """A scene with a real face up on the left: no turn and no mirroring leaves it where it is."""
    picture = scene(*SIZE)
    picture.paste(Image.fromarray(real_face()), (30, 20))
    return picture


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photo in each orientation, scanned by the real command and tagged."""
    folder = tmp_path_factory.mktemp("turned")
    for orientation in ORIENTATIONS:
        photo = folder / "photos" / f"{orientation}.jpg"
        photo.parent.mkdir(exist_ok=True)
        stored(upright(), orientation).save(photo, quality=95, exif=exif(orientation) or Image.Exif())
    for words in (
        ["collections", "add", "people", "faces:1..", "--mode", "tag"],
        ["scan", str(folder / "photos"), "--json"],
    ):
        ran = organiser(folder / "home", *words)
    assert json.loads(ran)["counts"]["tagged"] == len(ORIENTATIONS)
    return folder / "photos"


def organiser(home: Path, *words: str) -> str:
    here = {name: value for name, value in os.environ.items() if not name.startswith("ORGANISER_")}
    command = [sys.executable, "-m", "organiser", "--home", str(home), *words]
    environment = here | {"ORGANISER_PLACE_REGIONS": "true"}
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def region(photo: Path) -> tuple[tuple[float, ...], tuple[int, int]]:
    """The one region in the sidecar of a photo: its box as fractions, and the size it says the picture has."""
    root = etree.fromstring(Path(f"{photo}.xmp").read_bytes().strip())
    (area,) = root.iter(MWG + "Area")
    (size,) = root.iter(MWG + "AppliedToDimensions")
    x, y, w, h = (float(area.get(AREA + key)) for key in "xywh")
    assert area.get(AREA + "unit") == "normalized"
    return (x - w / 2, y - h / 2, w, h), (int(size.get(DIMENSIONS + "w")), int(size.get(DIMENSIONS + "h")))


def seen(picture: Image.Image, box: tuple[float, ...]) -> np.ndarray:
    x, y, w, h = box
    width, height = picture.size
    part = picture.convert("L").crop((x * width, y * height, (x + w) * width, (y + h) * height))
    return np.asarray(part.resize((64, 64)), np.float32)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_region_lies_on_the_same_spot_of_the_face_in_every_orientation(tagged: Path, orientation: int) -> None:
    photo = tagged / f"{orientation}.jpg"
    with Image.open(photo) as file:
        assert file.getexif().get(0x0112, 1) == orientation
        assert (file.size == SIZE) == (orientation < 5)
        shown = ImageOps.exif_transpose(file)
    box, size = region(photo)
    assert size == shown.size == SIZE
    assert box == pytest.approx(FACE, abs=0.02)
    face = seen(upright(), FACE)
    assert float(np.abs(seen(shown, box) - face).mean()) < 12
    assert float(np.abs(seen(ImageOps.mirror(shown), box) - face).mean()) > 30
