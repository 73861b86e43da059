"""Answers of a run, kept: what it says of every face of prepared sets, in one small file that needs no network.

A teacher is trained for an hour and asked for half of one; its answers are a megabyte, and a student is taught by them
as by the run itself. A picture is known by its digest, whatever set it is in. Owns the file; what becomes of the
answers is `organiser.training.learn.refine`'s.
"""

import hashlib
import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.prepared import Prepared
from organiser.training.evaluate.revision import revision
from organiser.training.learn.batches import cut_inputs
from organiser.training.learn.distill import NetworkTeacher, open_network
from organiser.training.learn.filed import corrected_by_words
from organiser.training.learn.refine import Teacher, check_teachers
from organiser.vision.bundle import Input

_LOT: Final = 1024
_STEPS: Final = 512
"""Of how many equal steps a probability is kept: finer than any teacher knows, and the file is half as large."""

_KEY: Final = 8
"""Bytes of a digest that a picture is known by: among 100,000 pictures two share them once in four thousand million."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A file of answers as a teacher; see :class:`organiser.training.learn.refine.Teacher`.

    Attributes:
        digest: sha256 of the file.
        about: what was asked: the network, its weights' digest, the backbone's, the sets'.
        known: beginning of a picture's digest → probabilities float16[K].
    """

    name: str
    digest: str
    labels: tuple[str, ...]
    about: dict[str, Any]
    known: dict[bytes, NDArray[np.float16]]

    @property
    def backbone(self) -> str:
        """SHA-256 (hex) of the weights, trained by others, that the network which answered goes back to, or ""."""
        return str(self.about.get("backbone", ""))

    def of(self, prepared: Prepared) -> NDArray[np.float32]:
        """Return float32[N, K] probabilities of the faces of a set; a row of nan for a picture that is not known."""
        unknown = np.full(len(self.labels), np.nan, np.float16)
        rows = [self.known.get(_key(row.digest), unknown) for row in prepared.rows]
        given = np.array(rows, np.float32).reshape(-1, len(self.labels))
        return np.asarray(given / given.sum(axis=1, keepdims=True), np.float32)


def write_answers(network: Path, sets: Sequence[Prepared], path: Path, note: Callable[[str], None] = print) -> None:
    """Ask the run or bundle in the folder `network` for every face of `sets` and write what it says to `path`.

    Args:
        sets: loaded with the folds that are to be learned from.

    Raises:
        Permanent: `network` is neither, a set shows another subject, or there is no face.
    """
    teacher = open_network(network)
    known: dict[bytes, NDArray[np.float16]] = {}
    for prepared in sets:
        prepared.require(teacher.subject)
        for start in range(0, len(prepared.rows), _LOT):
            rows = prepared.rows[start : start + _LOT]
            given = teacher.answers(cut_inputs(prepared.crops[start : start + _LOT], teacher.shape))
            known |= {_key(row.digest): answer for row, answer in zip(rows, rounded(given), strict=True)}
            note(f"{start + len(rows)} of {len(prepared.rows)} faces")
    if not known:
        raise Permanent("no face to answer for", "name a prepared set with faces to learn from: --data PREPARED")
    about = {
        "run": teacher.name,
        "weights": teacher.digest,
        "backbone": teacher.backbone,
        "data": [prepared.digest for prepared in sets],
        "labels": list(teacher.labels),
        "git": revision(),
    }
    _save(path, known, about)


def rounded(probabilities: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return probabilities [N, K] as they are kept; rows sum to 1 only nearly."""
    return np.asarray(np.rint(probabilities * _STEPS) / _STEPS, np.float16)


def write_mean(teachers: Sequence[Answers], prepared: Prepared, words: Mapping[str, str], path: Path) -> dict[str, int]:
    """Write to `path` what files of answers say together of the faces of a set; return how many faces have each word.

    Args:
        words: name of a face in the set → the word its picture was filed under; see `organiser.training.learn.filed`.

    Raises:
        Permanent: the files know other classes, or none of the faces.
    """
    labels = teachers[0].labels
    check_teachers(teachers, labels)
    mean = mean_of([teacher.of(prepared) for teacher in teachers])
    known = np.isfinite(mean.sum(axis=1))
    if not known.any():
        raise Permanent(
            "the files answer for none of these faces", "name the set they were asked about: --data PREPARED"
        )
    rows = [row for row, is_known in zip(prepared.rows, known, strict=True) if is_known]
    filed = [words.get(row.name, "") for row in rows]
    given = corrected_by_words(mean[known], filed, np.array([bool(row.label) for row in rows]))
    about = {
        "run": " and ".join(teacher.name for teacher in teachers),
        "weights": ",".join(teacher.digest for teacher in teachers),
        "backbone": next((teacher.backbone for teacher in teachers if teacher.backbone), ""),
        "data": [prepared.digest],
        "labels": list(labels),
        "git": revision(),
    }
    _save(path, {_key(row.digest): answer for row, answer in zip(rows, rounded(given), strict=True)}, about)
    return dict(Counter(word for word in filed if word))


def _save(path: Path, known: Mapping[bytes, NDArray[np.float16]], about: Mapping[str, Any]) -> None:
    keys = sorted(known)
    arrays: dict[str, NDArray[Any]] = {
        "keys": np.frombuffer(b"".join(keys), np.uint8).reshape(-1, _KEY),
        "answers": np.stack([known[key] for key in keys]),
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp.npz")
    np.savez_compressed(temporary, allow_pickle=False, **arrays)
    os.replace(temporary, path)


def read_answers(path: Path) -> Answers:
    """Return the answers in a file that `write_answers` wrote.

    Raises:
        Permanent: it is missing or no such file.
    """
    try:
        data = path.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            keys, given = arrays["keys"], arrays["answers"]
        labels = tuple(about["labels"])
        known = {key.tobytes(): row for key, row in zip(keys, given.reshape(-1, len(labels)), strict=True)}
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise Permanent(
            f"{path}: no file of answers: {error}", "make one with: python -m organiser.training answers"
        ) from error
    return Answers(path.name, hashlib.sha256(data).hexdigest(), labels, about, known)


def open_teacher(path: Path) -> NetworkTeacher | Answers:
    """Return the teacher at `path`: a folder, of a run or a bundle, or a file of answers."""
    return open_network(path) if path.is_dir() else read_answers(path)


def answers_of(teachers: Sequence[Teacher | Answers], prepared: Prepared, shape: Input) -> NDArray[np.float32]:
    """Return float32[N, K], the mean of what the teachers say of every face of a set; nan where none knows a face."""
    asked = [teacher for teacher in teachers if not isinstance(teacher, Answers)]
    inputs = cut_inputs(prepared.crops, shape) if asked else np.empty((0, 0, 0, 0), np.uint8)
    return mean_of([each.of(prepared) if isinstance(each, Answers) else each.answers(inputs) for each in teachers])


def mean_of(answers: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return float32[N, K], the mean of answers float32[N, K] that are not nan; nan where all of them are."""
    given = np.stack(answers)
    count = np.maximum((~np.isnan(given)).sum(axis=0), 1)
    mean = np.nansum(given, axis=0) / count
    return np.asarray(np.where(np.isnan(given).all(axis=0), np.nan, mean), np.float32)


def _key(digest: str) -> bytes:
    """Return what a picture is known by in a file, from its digest in a prepared set."""
    return bytes.fromhex(digest)[:_KEY]
