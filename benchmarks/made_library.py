"""A made library of any size, for the benchmarks of the page: the photos of `find.py`, with faces, and drawn thumbnails.

What is kept of a photo is as large as that of real ones; the photos themselves are not there, but for those that a
benchmark draws with `draw`.
"""

import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from find import create_kept, fill, in_child
from PIL import Image
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from organiser.bootstrap import open_services
from organiser.core.emotion import Emotion
from organiser.core.photo import PhotoId
from organiser.index.db.engine import open_engine, writing
from organiser.index.db.schema import metadata
from organiser.index.db.upgrade import head
from organiser.jobs.services import Services
from organiser.settings.reading import load
from organiser.vision.bundle import load as load_bundle
from organiser.vision.bundle import shipped
from tests.photos import DrawnFace, save, scene

_SHAPES: Final = ((4000, 3000), (3000, 4000), (4000, 2250), (3600, 2400))
_LANDMARKS: Final = json.dumps([[0.42, 0.42], [0.58, 0.42], [0.5, 0.5], [0.44, 0.6], [0.56, 0.6]])
_VARIANTS: Final = 60
_MODEL: Final = 2
"""The model that judged most of the photos of `find.py`."""

_ROOTS: Final = ("Pictures", "phone backup")


def made_library(folder: Path, number: int, *, pictures: bool) -> Path:
    """Return the organiser's folder of a library of so many photos, made unless it is there.

    Args:
        pictures: thumbnails and crops are kept too.
    """
    home = folder / f"organiser-page-{number}{'' if pictures else '-bare'}"
    if not home.exists():
        in_child(lambda: _make(home, number, pictures=pictures))
    return home


def services_of(home: Path) -> Services:
    """Return what the organiser's own functions need to read this library."""
    return open_services(load({"ORGANISER_HOME": str(home)}))


def draw(services: Services, photo_ids: Sequence[PhotoId], folder: Path) -> None:
    """Draw the files of these photos, as large as a telephone's, and have the index know them."""
    drawn = save(scene(4000, 3000, [DrawnFace(Emotion.SAD, 0.4, 0.5, 0.5)]), folder / "drawn.jpg")
    with writing(services.engine) as tx:
        for photo_id in photo_ids:
            rows = tx.exec_driver_sql(
                "SELECT f.id, r.path || '/' || f.relpath FROM files f JOIN roots r ON r.id = f.root_id"
                " WHERE f.photo_id = ? AND f.missing_since IS NULL",
                (photo_id,),
            )
            for file_id, path in rows.all():
                os.makedirs(os.path.dirname(path), exist_ok=True)
                if not os.path.exists(path):
                    shutil.copyfile(drawn, path)
                found = os.stat(path)
                values = found.st_size, found.st_mtime_ns, file_id
                tx.exec_driver_sql("UPDATE files SET size = ?, mtime_ns = ? WHERE id = ?", values)


def _make(home: Path, number: int, *, pictures: bool) -> None:
    start = time.perf_counter()
    unfinished = home.with_name(f"{home.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    connection = sqlite3.connect(unfinished / "index.db")
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
    tables = metadata.sorted_tables
    for table in tables:
        connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
    fill(connection, number)
    _fit(connection, home)
    _fill_faces(connection, pictures=pictures)
    for each in sorted((each for table in tables for each in table.indexes), key=lambda each: str(each.name)):
        connection.execute(str(CreateIndex(each).compile(dialect=sqlite.dialect())))
    connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
    connection.execute("INSERT INTO alembic_version VALUES (?)", [head()])
    connection.commit()
    connection.close()
    engine = open_engine(f"sqlite:///{unfinished / 'index.db'}")
    create_kept(engine)
    engine.dispose()
    unfinished.rename(home)
    print(f"made {home} in {time.perf_counter() - start:.0f} s", flush=True)


def _fit(connection: sqlite3.Connection, home: Path) -> None:
    """Give the index the model that ships, photos of several shapes, the present policy and roots that can be there."""
    bundle = load_bundle(shipped())
    manifest = bundle.manifest
    model = manifest.name, manifest.version, bundle.digest, manifest.subject, json.dumps(list(manifest.labels))
    connection.execute(
        "UPDATE models SET name = ?, version = ?, digest = ?, subject = ?, labels = ?, path = ? WHERE id = ?",
        (*model, str(bundle.path), _MODEL),
    )
    connection.execute(
        "UPDATE verdicts SET model_id = ?, policy = ?",
        (_MODEL, load({"ORGANISER_HOME": str(home)}).to_policy().fingerprint),
    )
    for remainder, (width, height) in enumerate(_SHAPES):
        shape = width, height, len(_SHAPES), remainder
        connection.execute("UPDATE photos SET width = ?, height = ? WHERE id % ? = ?", shape)
    for key, name in enumerate(_ROOTS, 1):
        connection.execute("UPDATE roots SET path = ? WHERE id = ?", (str(home / "photos" / name), key))
        (home.with_name(f"{home.name}.part") / "photos" / name).mkdir(parents=True)
    detector = "made"
    connection.execute(
        "INSERT INTO detections SELECT photo_id, ?, CASE faces WHEN 0 THEN 'no_face' ELSE 'ok' END, at FROM verdicts",
        [detector],
    )


def _fill_faces(connection: sqlite3.Connection, *, pictures: bool) -> None:
    random, labels = Random(2), load_bundle(shipped()).manifest.labels
    drawn = {emotion: _drawn(emotion) for emotion in labels} if pictures else {}
    found = connection.execute("SELECT photo_id, emotion, confidence, faces FROM verdicts ORDER BY photo_id")
    face_id = 0

    def rows() -> Iterator[tuple[tuple[object, ...], ...]]:
        nonlocal face_id
        for photo_id, emotion, confidence, faces in found:
            for number in range(faces + 1):
                face_id += 1
                shown = emotion or random.choice(labels)
                place = (0, 0, 1, 1) if number == 0 else (0.1 + 0.8 * (number - 1) / faces, 0.3, 0.8 / faces * 0.7, 0.4)
                kind = ("photo", None) if number == 0 else ("face", _LANDMARKS)
                face = face_id, photo_id, kind[0], *place, kind[1], 0.9, 400.0, 300.0, None
                shares = np.full(len(labels), (1 - (confidence or 0.4)) / (len(labels) - 1), "<f4")
                shares[list(labels).index(shown) if shown in labels else 0] = confidence or 0.4
                read = (face_id, _MODEL, shares.tobytes(), "litert") if number else ()
                crop = (face_id, drawn[shown][number > 0][face_id % _VARIANTS]) if shown in drawn else ()
                yield face, read, crop

    made = rows()
    while page := list(islice(made, 20_000)):
        _insert(connection, "faces", (each[0] for each in page))
        _insert(connection, "predictions", (each[1] for each in page if each[1]))
        _insert(connection, "crops", (each[2] for each in page if each[2]))


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    known = list(rows)
    if known:
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(known[0]))})", known)


def _drawn(emotion: str) -> tuple[list[bytes], list[bytes]]:
    """Draw thumbnails and crops of faces that show an emotion, as large as those of real photos (about 9 and 4 kB)."""
    shown = Emotion(emotion)
    whole = [_jpeg((256, 192), DrawnFace(shown, 0.3 + 0.4 * (n % 7) / 7, 0.5, 0.4), n) for n in range(_VARIANTS)]
    return whole, [_jpeg((128, 128), DrawnFace(shown, 0.5, 0.5, 0.8), n) for n in range(_VARIANTS)]


def _jpeg(size: tuple[int, int], face: DrawnFace, seed: int) -> bytes:
    picture = scene(*size, [face], seed)
    grain = np.random.default_rng(seed).integers(-14, 15, (size[1], size[0], 1))
    grainy = Image.fromarray(np.clip(np.asarray(picture).astype(int) + grain, 0, 255).astype(np.uint8))
    out = BytesIO()
    grainy.save(out, "JPEG", quality=85)
    return out.getvalue()
