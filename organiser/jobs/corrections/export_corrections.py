"""Corrections as a training set: what people said of faces, each with the crop that was judged, byte for byte.

The layout is what `python -m organiser.training fit --add DIR` reads: `DIR/<emotion>/*.jpg`, canonical crops. Thumbnails of
photos that were corrected as a whole and show no single face are of another kind and lie apart, in
`DIR/photos/<emotion>/`. Beside them `corrections.csv` has every correction, for another index to import.
"""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from organiser.core.chunks import chunks
from organiser.core.judging.correction import Correction, number_of
from organiser.core.outgoing import csv_cell
from organiser.core.photo import FaceId, PhotoId
from organiser.errors import Permanent, Transient
from organiser.index.db.engine import Index, Transaction, reading
from organiser.index.tables import corrections, erase, library, results
from organiser.index.tables.results import KeptFace
from organiser.jobs.corrections import correction_file
from organiser.jobs.corrections.correction_file import PortableCorrection
from organiser.regular_files import read_regular

MANIFEST = "manifest.csv"
_FIELDS = ("file", "subject", "emotion", "digest", "path", "face", "who", "at")
_CHUNK = 200
_MOST_MANIFEST_BYTES = 1 << 28
_WHOLE_PHOTO = 0


@dataclass(frozen=True, slots=True)
class LocatedCorrection:
    """A correction with where its photo lies now; `path` is None when no file of it is present.

    Attributes:
        face: number of the face it means now, see `number_of`.
    """

    correction: Correction
    path: str | None
    face: int | None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and what could not be: `cropless` have no kept crop, `unlabelled` name no emotion."""

    folder: Path
    faces: int
    photos: int
    cropless: int
    unlabelled: int


@dataclass(frozen=True, slots=True)
class _Sample:
    name: str
    located: LocatedCorrection
    digest: str
    data: bytes


def listed(engine: Index) -> Iterator[LocatedCorrection]:
    """Yield every correction, oldest first."""
    with reading(engine) as tx:
        every = corrections.every(tx)
        for part in chunks(every, _CHUNK):
            yield from _located(tx, part)


def export(engine: Index, folder: Path) -> Exported:
    """Write the training set to `folder`, which is new, empty, or an earlier export that is brought up to date.

    Raises:
        Permanent: the folder holds something else.
        Transient: it cannot be written.
    """
    before = _earlier(folder)
    samples = faces = cropless = 0
    lines: list[tuple[str, ...]] = [_FIELDS]
    with reading(engine) as tx:
        every = [
            correction
            for correction in corrections.every(tx)
            if correction.verb == "is" and correction.emotion is not None
        ]
        unlabelled = len(corrections.every(tx)) - len(every)
        try:
            for part in chunks(every, _CHUNK):
                found = list(_samples(tx, part))
                cropless += len(part) - len(found)
                for correction in found:
                    _write(folder / correction.name, correction.data)
                    lines.append(_line(correction))
                    samples, faces = samples + 1, faces + (not correction.name.startswith("photos/"))
            _write_text(folder / MANIFEST, _csv(lines))
            _write_text(folder / correction_file.NAME, correction_file.to_text(_portable(tx)))
            for name in before - {line[0] for line in lines}:
                (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise Transient(f"{error.filename or folder}: {error.strerror or error}") from error
    return Exported(folder, faces, samples - faces, cropless, unlabelled)


def _located(tx: Transaction, part: Sequence[Correction]) -> Iterator[LocatedCorrection]:
    ids = list({correction.photo_id for correction in part})
    places, faces = library.present_files(tx, ids), _faces(tx, ids)
    for correction in part:
        here = places.get(correction.photo_id)
        number = number_of(correction.box, [face.box for face in faces.get(correction.photo_id, [])])
        yield LocatedCorrection(correction, here[0].path if here else None, number)


def _samples(tx: Transaction, part: Sequence[Correction]) -> Iterator[_Sample]:
    """Yield a sample for each correction whose picture is kept."""
    ids = list({correction.photo_id for correction in part})
    digests, faces, wholes = erase.digests_of(tx, ids), _faces(tx, ids), _wholes(tx, ids)
    of_faces = {face.photo_id for face in _of_faces(tx, ids)}
    for located in _located(tx, part):
        photo_id = located.correction.photo_id
        meant = _subject(located, faces.get(photo_id, []), already=photo_id in of_faces)
        number, face_id = meant or (_WHOLE_PHOTO, wholes.get(photo_id))
        if located.face is None or face_id is None:
            continue
        data = results.crops_of(tx, [face_id]).get(face_id)
        if data is not None:
            digest, emotion = digests[photo_id], located.correction.emotion
            above = "" if number else "photos/"
            yield _Sample(f"{above}{emotion}/{digest[:12]}-{number}.jpg", located, digest, data)


def _of_faces(tx: Transaction, photo_ids: Sequence[PhotoId]) -> list[Correction]:
    """Return what people said of single faces of these photos."""
    correction = corrections.of_photos(tx, photo_ids)
    return [item for of_photo in correction.values() for item in of_photo if item.box is not None]


def _subject(located: LocatedCorrection, faces: Sequence[KeptFace], *, already: bool) -> tuple[int, FaceId] | None:
    """The face whose crop shows what was said, with its number; None for the whole photo."""
    if located.face:
        return located.face, faces[located.face - 1].id
    alone = len(faces) == 1 and faces[0].gate is None
    return (1, faces[0].id) if located.face == _WHOLE_PHOTO and alone and not already else None


def _faces(tx: Transaction, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, list[KeptFace]]:
    return results.by_photo(face for face in results.faces_of(tx, photo_ids) if face.subject == "face")


def _wholes(tx: Transaction, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, FaceId]:
    return {face.photo_id: face.id for face in results.faces_of(tx, photo_ids) if face.subject == "photo"}


def _earlier(folder: Path) -> set[str]:
    """The files an earlier export wrote here, from its manifest."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise Permanent(f"{folder}: {error.strerror}") from error
    if not names:
        return set()
    try:
        data = read_regular(folder / MANIFEST, _MOST_MANIFEST_BYTES)
    except FileNotFoundError:
        raise Permanent(f"{folder} holds something else", "name a new or empty folder") from None
    except OSError as error:
        raise Permanent(f"{folder / MANIFEST}: {error.strerror}") from error
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8", "surrogateescape"), newline="")))
    # Only names of the shape an export gives: a manifest from elsewhere must not make us delete anything outside.
    return {
        row["file"] for row in rows if row.get("file") and ".." not in row["file"].split("/") and row["file"][0] != "/"
    }


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(data)
    draft.replace(path)


def _write_text(path: Path, text: str) -> None:
    _write(path, text.encode("utf-8", "surrogateescape"))


def _csv(lines: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(csv_cell, line) for line in lines)
    return text.getvalue()


def _portable(tx: Transaction) -> Iterator[PortableCorrection]:
    """Yield every correction for the file that another index can import, those without a picture too."""
    for part in chunks(corrections.every(tx), _CHUNK):
        digests = erase.digests_of(tx, list({each.photo_id for each in part}))
        for located in _located(tx, part):
            correction = located.correction
            digest = digests[correction.photo_id]
            yield PortableCorrection(
                digest,
                correction.box,
                correction.verb,
                correction.emotion,
                correction.who,
                correction.at,
                located.path or "",
            )


def _line(sample: _Sample) -> tuple[str, ...]:
    correction = sample.located.correction
    subject = "photo" if sample.name.startswith("photos/") else "face"
    face = "" if not sample.located.face else str(sample.located.face)
    return (
        sample.name,
        subject,
        str(correction.emotion),
        sample.digest,
        sample.located.path or "",
        face,
        correction.who,
        str(round(correction.at)),
    )
