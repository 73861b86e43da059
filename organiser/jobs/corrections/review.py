"""Reviewing: which photos are most in doubt, and what a person's answer to one means.

Unsure and mixed verdicts come first, then the least confident ones; what somebody corrected is no longer in doubt.
"""

from dataclasses import dataclass, replace

from organiser.core.emotion import Emotion, Probabilities
from organiser.core.judging.correction import Correction
from organiser.core.photo import PhotoId
from organiser.core.query.facts import Facts
from organiser.core.query.parse import parse
from organiser.core.query.terms import Query
from organiser.index.db.engine import reading
from organiser.index.search import facts, find
from organiser.index.tables import results
from organiser.jobs.corrections import correct
from organiser.jobs.corrections.correct import Saying
from organiser.jobs.services import Services

DOUBTS = ("reason:unsure|mixed corrected:no faces:1..", "-emotion:none corrected:no judged:yes sort:confidence+")
"""What is in doubt, the most doubtful first."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A photo in doubt as it is shown: what is known, and each face's probabilities by its number."""

    photo_id: PhotoId
    facts: Facts
    faces: dict[int, Probabilities]


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer replaced, so that it can be taken back."""

    photo_id: PhotoId
    before: tuple[Correction, ...]


def doubtful(services: Services, query: Query, limit: int) -> list[PhotoId]:
    """Return at most `limit` photos that `query` selects, the most doubtful first."""
    now = services.local_time()
    found: dict[PhotoId, None] = {}
    with reading(services.engine) as tx:
        for text in DOUBTS:
            found |= dict.fromkeys(find.photo_ids(tx, narrowed(query, parse(text, now)), limit - len(found)))
            if len(found) >= limit:
                break
    return list(found)[:limit]


def count_doubtful(services: Services, query: Query) -> int:
    """Count the photos in doubt that `query` selects."""
    now = services.local_time()
    with reading(services.engine) as tx:
        return sum(find.count(tx, narrowed(query, parse(text, now))) for text in DOUBTS)


def narrowed(query: Query, further: Query) -> Query:
    """Return the query that selects what both select, in the order of `further`."""
    both = tuple(own + alternative for own in query.alternatives for alternative in further.alternatives)
    return replace(further, alternatives=both)


def describe(services: Services, photo_id: PhotoId) -> Doubt | None:
    """Return what a reviewer is shown of a photo, or None when it is gone meanwhile."""
    with reading(services.engine) as tx:
        known = facts.facts_of(tx, [photo_id]).get(photo_id)
        if known is None:
            return None
        faces = results.faces_of(tx, [photo_id])
        predictions = results.predictions_of(tx, services.model().id, [photo_id])
    shown = enumerate((face for face in faces if face.subject == "face"), 1)
    probabilities = {number: predictions[face.id] for number, face in shown if face.id in predictions}
    return Doubt(photo_id, known, probabilities)


def answer(services: Services, photo_id: PhotoId, saying: Saying, who: str) -> Answered:
    """Record an answer."""
    before = tuple(correct.said_of(services, [photo_id]))
    correct.record(services, [photo_id], saying, who)
    return Answered(photo_id, before)


def take_back(services: Services, answered: Answered) -> None:
    """Put back what was said before an answer."""
    correct.restore(services, answered.photo_id, answered.before)


def likeliest(doubt: Doubt) -> Emotion | None:
    """Return what the photo is held to show, or, where no emotion is, what the surest of its faces shows."""
    if doubt.facts.emotion is not None:
        return Emotion(doubt.facts.emotion)
    shown = [pair for probabilities in doubt.faces.values() for pair in probabilities.items()]
    return max(shown, key=lambda pair: pair[1])[0] if shown else None
