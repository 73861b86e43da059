"""What the word says that a picture was filed under, without taking it for a label.

Of the pictures that people file under "sad" a third show a sad face; which ones, the word does not tell. But faces that share a
word have a mixture of emotions of their own. It is taken to be the mean of what teachers answer to them, and each answer is
corrected for it by Bayes' rule: a face that could be sad or neutral is sad rather under "sad" than among all, and a laughing one
stays happy. That is the first step of expectation maximisation (Saerens, Latinne and Decaestecker 2002); run to its end it
has eight in ten sad and a quarter of faces without a smile disgusted, for teachers are less sure than they are right.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.prepared import Prepared


def corrected_by_words(
    answers: NDArray[np.float32], words: Sequence[str], labelled: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return float32[N, K] answers of which each is corrected for the mixture of the faces that share its word.

    Args:
        answers: float32[N, K], rows summing to 1.
        words: of each face, "" where there is none: its answer stays.
        labelled: bool[N], the faces that teachers learned from, whose mixture their answers are for.
    """
    learned = np.asarray(answers[labelled].mean(axis=0, dtype=np.float64) if labelled.any() else answers.mean(axis=0))
    corrected = answers.copy()
    for word in sorted({word for word in words if word}):
        chosen = np.array([each == word for each in words])
        weighed = answers[chosen] * (answers[chosen].mean(axis=0, dtype=np.float64) / learned)
        corrected[chosen] = weighed / weighed.sum(axis=1, keepdims=True)
    return corrected


def words_of(prepared: Prepared, index: Path | None, folders: Sequence[str]) -> dict[str, str]:
    """Return the word of each face of a set that has one, by the face's name in the set.

    Args:
        index: a CSV with columns `file` (the end of a face's name) and `word`.
        folders: sources whose pictures are filed in a folder by that word.

    Raises:
        Permanent: `index` is no such file.
    """
    listed = _listed(index) if index else {}
    words = {}
    for row in prepared.rows:
        folder, _, name = row.name.rpartition("/")
        if row.source in folders:
            words[row.name] = folder.rpartition("/")[2]
        elif word := listed.get(row.name) or listed.get(f"{folder.rpartition('/')[2]}/{name}"):
            words[row.name] = word
    return words


def _listed(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["file"]: row["word"] for row in csv.DictReader(file)}
    except (OSError, KeyError, ValueError) as error:
        raise Permanent(f"{path}: no list of words: {error}", "a CSV with the columns file and word") from error
