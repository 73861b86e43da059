"""What `prepare` keeps of a photograph is, byte for byte, what the organiser keeps when it scans that photograph."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from organiser.bootstrap import open_services
from organiser.index.db.engine import reading
from organiser.index.db.schema import crops, faces
from organiser.settings.reading import load as load_settings
from organiser.training.data.crops import Kind
from organiser.training.data.prepare import Source, prepare
from organiser.training.data.prepared import Files
from organiser.training.data.votes import Votes
from organiser.vision.detectors.yunet import YuNet
from tests.jobs.library import Library
from tests.photos import exif, real_face, save, stored


def far_away() -> Image.Image:
    """A large photo of a real, small face, which is decoded a second time to see it better."""
    scene = np.random.default_rng(3).integers(90, 120, (2400, 3200, 3)).astype(np.uint8)
    scene[300:812, 400:912] = real_face()
    return Image.fromarray(scene)


def scanned(folder: Path, scratch: Path, index_url: str, subject: str) -> list[bytes]:
    """The crops of `subject` that a scan with the detector everybody has keeps of the photos in `folder`."""
    library = Library(scratch, index_url)
    settings = load_settings(library.environment | {"ORGANISER_DETECTOR": "yunet"})
    library.services.engine.dispose()
    library.services = replace(open_services(settings), clock=lambda: library.now)
    library.scan(folder)
    with reading(library.services.engine) as tx:
        query = select(crops.c.data).join(faces, faces.c.id == crops.c.face_id).where(faces.c.subject == subject)
        kept = list(tx.execute(query).scalars())
    library.services.engine.dispose()
    return kept


@pytest.mark.parametrize(("kind", "subject"), [(Kind.PHOTOS, "face"), (Kind.WHOLES, "photo")])
def test_a_photo_prepared_is_the_photo_scanned(kind: Kind, subject: str, tmp_path: Path, sqlite_url: str) -> None:
    folder = tmp_path / "set"
    save(Image.fromarray(real_face()), folder / "happy" / "near.png")
    save(stored(far_away(), 6), folder / "happy" / "turned.jpg", exif(6))
    prepare([Source("own", folder, kind)], Votes(), tmp_path / "out", YuNet(), note=lambda _: None)
    files = Files(tmp_path / "out")
    kept = files.read("crops.bin")
    prepared = [kept[span].tobytes() for _, span, _ in files.rows()]
    assert len(prepared) == 2
    assert sorted(prepared) == sorted(scanned(folder, tmp_path, sqlite_url, subject))
