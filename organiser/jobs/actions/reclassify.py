"""Judging again: what is stale, what that would cost, and what a candidate model would change. Opens no photo.

Stale is whatever the index says is due for judging, so a run that was stopped goes on where it was.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from organiser.core.chunks import chunks
from organiser.core.emotion import Emotion, Probabilities
from organiser.core.photo import FaceId, PhotoId
from organiser.core.query.parse import parse
from organiser.index.db.engine import reading
from organiser.index.search import facts, find
from organiser.index.tables import corrections, results
from organiser.index.tables import models as rows
from organiser.index.work import due
from organiser.jobs.actions import models
from organiser.jobs.messages import Judge
from organiser.jobs.services import ActiveModel, Services
from organiser.jobs.steps import classify
from organiser.vision import bundle

_PAGE = 500
_TRIAL = 256
_TRIED = 100
_UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Flip:
    """A photo whose verdict a candidate model or the policy would change; an emotion of None means no emotion.

    Attributes:
        path: of its first file, None when it has none any more.
    """

    photo_id: PhotoId
    path: str | None
    before: Emotion | None
    after: Emotion | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What judging again would mean.

    Attributes:
        photos: how many are stale.
        faces: how many of their faces would be classified; the rest is only folded again.
        seconds: what classifying them takes in one process here, measured on a few; None when there is nothing to try.
        compared: photos the candidate model, or without one the policy, was tried on.
        flips: those whose emotion would change.
    """

    photos: int
    faces: int
    seconds: float | None
    compared: int = 0
    flips: tuple[Flip, ...] = ()


def stale(services: Services, model: ActiveModel, query: str = "") -> Iterator[Sequence[PhotoId]]:
    """Yield the photos that `query` selects and `model` has yet to judge, in pages."""
    chosen = _select(services, query)
    fingerprints = services.detector_fingerprint, model.id, services.policy.fingerprint
    after, now = 0, services.clock()
    while True:
        with reading(services.engine) as tx:
            ids = due.to_judge(tx, *fingerprints, now, after=after, limit=_PAGE)
        wanted = ids if chosen is None else [key for key in ids if key in chosen]
        if wanted:
            yield wanted
        if len(ids) < _PAGE:
            return
        after = ids[-1]


def count_stale(services: Services) -> int:
    """Count the photos that the active model or policy has yet to judge."""
    fingerprints = services.detector_fingerprint, services.model().id, services.policy.fingerprint
    with reading(services.engine) as tx:
        return due.count_to_judge(tx, *fingerprints)


def messages(services: Services, query: str, run_id: int | None = None) -> Iterator[Judge]:
    """Yield what judging the stale photos of a query takes."""
    step = 16 * services.jobs.chunk
    for ids in stale(services, services.model(), query):
        for start in range(0, len(ids), step):
            yield Judge(tuple(ids[start : start + step]), run_id)


def plan(
    services: Services,
    query: str = "",
    name: str | None = None,
    most: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Plan:
    """Say what judging again would mean; records nothing.

    Args:
        name: a candidate model, a word for one at hand or a bundle's folder, to be tried on stored crops.
            Without one the policy in force is tried on stored probabilities, on the stale photos that have them all.
        most: photos to try it on at most, spread over the library; None for all.
        progress: told how many photos were tried, of how many.

    Raises:
        Permanent: there is no such model; BundleError: it is incomplete or altered.
        QueryError: the query does not parse.
    """
    model = candidate(services, name) if name else services.model()
    ids = [photo_id for page in stale(services, model, query) for photo_id in page]
    faces = sum(len(_lacking(services, model, page)) for page in chunks(ids, _PAGE))
    seconds = _cost(services, model, ids)
    total = None if seconds is None else seconds * faces
    some = ids if not name or most is None or len(ids) <= most else ids[:: -(-len(ids) // most)]
    gather = _classified if name else _stored
    tried, compared, flips = 0, 0, list[Flip]()
    for page in chunks(some, _TRIED):
        trial = gather(services, model, page)
        compared += len(trial.by_photo)
        flips += _flips(services, model, trial)
        tried += len(page)
        progress(tried, len(some))
    return Plan(len(ids), faces, total, compared, tuple(flips))


def candidate(services: Services, name: str) -> ActiveModel:
    """Return a model by the folder of its bundle or a word for it, not made active and perhaps not known to the index.

    Raises:
        Permanent: there is none, or several; BundleError: it is incomplete or altered.
    """
    folder = Path(name)
    if not _is_bundle(folder):
        folder = Path(models.named(models.listed(services.engine, services.home), name).path)
    loaded = bundle.load(folder)
    with reading(services.engine) as tx:
        known = rows.by_digest(tx, loaded.digest)
    return ActiveModel(known.id if known else _UNKNOWN, loaded, services.model().backend)


def activate(services: Services, name: str) -> None:
    """Make a model the active one, taken in first if `name` is a folder; what it has not judged is stale from then on.

    Raises:
        Permanent: there is none, or several; BundleError: it is incomplete or altered.
    """
    if _is_bundle(Path(name)):
        name = _taken_in(services, Path(name))
    models.use(services.engine, name, services.home)


def _taken_in(services: Services, folder: Path) -> str:
    """Return the digest of a bundle that is now at hand."""
    digest = bundle.load(folder).digest
    ours = (model.digest for model in models.listed(services.engine) if model.shipped)
    if digest not in ours:
        models.add(services.engine, services.home, folder, services.clock())
    return digest


def _is_bundle(folder: Path) -> bool:
    return (folder / bundle.MANIFEST).is_file()


def _select(services: Services, query: str) -> frozenset[PhotoId] | None:
    if not query.strip():
        return None
    parsed = parse(query, services.local_time())
    with reading(services.engine) as tx:
        return frozenset(find.photo_ids(tx, parsed))


def _lacking(services: Services, model: ActiveModel, ids: Sequence[PhotoId]) -> list[results.KeptFace]:
    """Return the faces that `model` would have to classify."""
    with reading(services.engine) as tx:
        predictions = results.predictions_of(tx, model.id, ids) if model.id != _UNKNOWN else {}
        return [face for face in classify.judgeable(model, results.faces_of(tx, ids)) if face.id not in predictions]


def _cost(services: Services, model: ActiveModel, ids: Sequence[PhotoId]) -> float | None:
    """Return the seconds that one stored crop takes, decoding included; None when there is none to try."""
    faces = _lacking(services, model, ids[:_TRIAL])
    with reading(services.engine) as tx:
        crops = list(results.crops_of(tx, [face.id for face in faces[:_TRIAL]]).values())
    if not crops:
        return None
    classify.classify(services, model, crops[:1])  # loads the network
    began = time.perf_counter()
    classify.classify(services, model, crops)
    return (time.perf_counter() - began) / len(crops)


@dataclass(frozen=True, slots=True)
class _Trial:
    """Faces by photo, with the probabilities to fold."""

    by_photo: dict[PhotoId, list[results.KeptFace]]
    probabilities: Mapping[FaceId, Probabilities]


def _classified(services: Services, model: ActiveModel, ids: Sequence[PhotoId]) -> _Trial:
    """Classify the stored crops of these photos; records nothing."""
    with reading(services.engine) as tx:
        faces = results.faces_of(tx, ids)
        crops = results.crops_of(tx, [face.id for face in classify.judgeable(model, faces)])
    table = classify.classify(services, model, list(crops.values())).tolist()
    labels = [Emotion(label) for label in model.bundle.manifest.labels]
    return _Trial(
        results.by_photo(faces),
        {key: dict(zip(labels, row, strict=True)) for key, row in zip(crops, table, strict=True)},
    )


def _stored(services: Services, model: ActiveModel, ids: Sequence[PhotoId]) -> _Trial:
    """Return those of these photos whose probabilities are all stored."""
    with reading(services.engine) as tx:
        faces = results.faces_of(tx, ids)
        probabilities = results.predictions_of(tx, model.id, ids)
    lacking = {face.photo_id for face in classify.judgeable(model, faces) if face.id not in probabilities}
    return _Trial(results.by_photo(face for face in faces if face.photo_id not in lacking), probabilities)


def _flips(services: Services, model: ActiveModel, trial: _Trial) -> Iterator[Flip]:
    ids = list(trial.by_photo)
    with reading(services.engine) as tx:
        corrected = corrections.of_photos(tx, ids)
        before = results.emotions_of(tx, ids)
        known = facts.facts_of(tx, ids)
    for photo_id, own in trial.by_photo.items():
        if photo_id not in before:
            continue
        after = classify.fold(model, own, trial.probabilities, corrected.get(photo_id, ()), services.policy).emotion
        if after != before[photo_id]:
            path = known[photo_id].paths[0] if photo_id in known else None
            yield Flip(photo_id, path, before[photo_id], after)
