"""An index full of awkward photos, and the values to ask of it."""

from datetime import datetime, timedelta
from random import Random

from hypothesis import strategies as st
from sqlalchemy import insert

from organiser.core.emotion import Emotion
from organiser.core.photo import DateSource, FailureKind
from organiser.index.db.engine import Transaction
from organiser.index.db.schema import (
    corrections,
    faces,
    failures,
    files,
    keywords,
    models,
    photos,
    placements,
    ratings,
    roots,
    verdicts,
)
from tests.core.queries import Values

ROOTS = ("/photos", "/home/Anna/Fotos Zürich", "/")
FOLDERS = (
    "2023",
    "2024/05 Zürich",
    "2024/05 Zu\N{COMBINING DIAERESIS}rich",
    "100%_a\\b",
    "Отпуск",
    "京都",
    'a\'b "c"',
    "\udce4",
)
NAMES = (
    "IMG_0001.JPG",
    "\uf7a1 \uf780.jpg",
    "img_0002.jpg",
    "Été.png",
    "IMG-3.jpg",
    "x\ny.jpg",
    "Straße ǅ.jpg",
    "\udcff.jpg",
)
CAMERAS = ("Canon EOS 5D", "Kamera Ü", "kamera ü", "NIKON D90")
MOMENTS = tuple(datetime(2023, 12, 31, 23, 59, 58) + timedelta(seconds=step) for step in range(4)) + (
    datetime(1, 1, 1),
    datetime(2024, 5, 17, 12),
    datetime(9999, 12, 31, 23, 59, 59),
)
EPOCHS = (0.0, 1.7e9, 1.7e9 + 0.5, datetime(2024, 5, 17, 12).timestamp())

_PATHS = tuple(f"{root.rstrip('/')}/{folder}/{name}" for root in ROOTS for folder in FOLDERS for name in NAMES)


@st.composite
def _pieces(draw: st.DrawFn) -> str:
    """A piece of a path that may be there, in some case."""
    path = draw(st.sampled_from((*_PATHS, *CAMERAS, "face@1", "happy")))
    start = draw(st.integers(0, len(path) - 1))
    piece = path[start : start + draw(st.integers(1, 9) | st.just(99))]
    return draw(st.sampled_from((str, str.upper, str.lower, str.swapcase)))(piece)


VALUES = Values(
    text=_pieces(),
    pattern=st.sampled_from(
        [r"IMG_[0-9]+\.", "^/photos/2023", "jpg$", "(Été|Z.*rich)/", "a|b", "Canon", r"face@[12]$"]
    ),
    moment=st.sampled_from(MOMENTS) | st.sampled_from([datetime(2024, 5, 17, 12, 0, 1), datetime(1970, 1, 2)]),
    whole=st.integers(0, 4),
    share=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)


def fill(tx: Transaction, random: Random, size: int) -> None:
    """Put `size` photos of every kind into an empty index."""
    tx.execute(insert(roots), [{"id": at, "path": path, "added": 1.0} for at, path in enumerate(ROOTS, 1)])
    tx.execute(insert(models), [_model(at) for at in (1, 2)])
    for photo_id in random.sample(range(1, 10 * size), size):
        taken = random.choice((*MOMENTS, None))
        tx.execute(insert(photos).values(id=photo_id, taken=taken, **_shape(photo_id, random)))
        for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
            missing = random.choice((None, None, 5.0))
            where = {"root_id": random.randint(1, len(ROOTS)), "relpath": _relpath(random)}
            row = insert(files).values(photo_id=photo_id, missing_since=missing, **where, **_STAT)
            _label(tx, random, tx.execute(row.returning(files.c.id)).scalar_one())
        for _ in range(random.choice((0, 1, 2))):
            tx.execute(insert(faces).values(photo_id=photo_id, **_face(random)))
        if random.random() < 0.8:
            tx.execute(insert(verdicts).values(photo_id=photo_id, taken=taken, **_verdict(random)))
        if random.random() < 0.2:
            tx.execute(insert(corrections).values(photo_id=photo_id, verb="is", who="me", at=1.0))
        if random.random() < 0.3:
            tx.execute(insert(placements).values(photo_id=photo_id, **_placement(photo_id, random)))
        if random.random() < 0.2:
            tx.execute(insert(failures).values(photo_id=photo_id, **_failure(random)))
    _add_unidentified(tx, random)


KEYWORDS = ("sea", "Places|Zürich", "Anna's 100% party", "a\\b", "Familie")


def _label(tx: Transaction, random: Random, file_id: int) -> None:
    for word in random.sample(KEYWORDS, random.choice((0, 0, 1, 2))):
        tx.execute(insert(keywords).values(file_id=file_id, keyword=word))
    if random.random() < 0.4:
        tx.execute(insert(ratings).values(file_id=file_id, rating=random.randint(-1, 5)))


def _face(random: Random) -> dict[str, object]:
    height = random.choice((0.012, 0.25, 0.5, 0.999))
    subject = random.choice(("face", "face", "photo"))
    return {"subject": subject, "x": 0.1, "y": 0.1, "w": 0.2, "h": height, "score": 0.9, "size": 1, "sharpness": 1}


_STAT = {"size": 1, "mtime_ns": 1, "device": 1, "inode": 1}


def _model(at: int) -> dict[str, object]:
    bundle = {"name": "face", "version": str(at), "digest": str(at), "subject": "face", "labels": "[]", "path": "/m"}
    return bundle | {"id": at, "added": 1.0}


def _shape(photo_id: int, random: Random) -> dict[str, object]:
    size: dict[str, object] = {"width": random.choice((None, 1, 2)), "height": random.choice((None, 1, 2))}
    camera = random.choice((*CAMERAS, None))
    size |= {"taken_from": random.choice((None, *DateSource))}
    return size | {"digest": str(photo_id), "added": random.choice(EPOCHS), "camera": camera}


def _relpath(random: Random) -> str:
    folder = random.choice(FOLDERS)
    return (
        f"{folder}/{random.randint(0, 10**9)}/{random.choice(NAMES)}"
        if random.random() < 0.7
        else f"{folder}{random.random()}"
    )


def _verdict(random: Random) -> dict[str, object]:
    shown = random.choice((None, *Emotion))
    reason = "clear" if shown else random.choice(("mixed", "unsure", "no_face"))
    confidence = random.choice((0.0, 0.25, 0.5, 0.75, 1.0)) if shown else None
    verdict = {"emotion": shown, "confidence": confidence, "reason": reason, "faces": random.randint(0, 4)}
    return verdict | {"model_id": random.randint(1, 2), "policy": "p", "at": 1.0}


def _placement(photo_id: int, random: Random) -> dict[str, object]:
    """In one of the two collections that every index begins with."""
    return {
        "collection_id": random.randint(1, 2),
        "destination": f"{photo_id}.jpg",
        "mode": "copy",
        "details": "{}",
        "at": 1.0,
    }


def _failure(random: Random) -> dict[str, object]:
    kind = random.choice(tuple(FailureKind))
    return {"stage": "detect", "kind": kind, "reason": "broken", "attempts": 1, "at": 1.0}


def _add_unidentified(tx: Transaction, random: Random) -> None:
    """Files whose photo is not known, and a failure of a file whose photo is."""
    tx.execute(insert(files).values(root_id=1, relpath="unknown.jpg", **_STAT))
    some = tx.execute(files.select().where(files.c.photo_id.is_not(None)).limit(5)).mappings().all()
    for row in some:
        tx.execute(insert(failures).values(file_id=row["id"], **_failure(random)))
