"""How common each emotion is in the library: estimated from what is stored of its faces, kept, and forgotten again.

Opens no photo. What is estimated how is `organiser.vision.mixture`'s.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from organiser.core.emotion import Emotion
from organiser.core.judging.legible import illegible
from organiser.core.photo import FaceId
from organiser.errors import Permanent
from organiser.index.db.engine import reading, writing
from organiser.index.tables import mixtures, results
from organiser.index.tables.mixtures import Estimate
from organiser.jobs.services import ActiveModel, Services
from organiser.jobs.steps import classify
from organiser.vision.mixture import settled

LEAST: Final = 200
"""Faces below which nothing is estimated: a handful would say more of chance than of the library."""

_DIGITS: Final = 3
_PAGE: Final = 5000


def estimate(services: Services) -> Estimate:
    """Return the mixture of the faces that count under the policy, as the active model read them; keeps nothing.

    Raises:
        Permanent: there are too few faces, or the model does not say what mixture it was calibrated on.
    """
    model = services.model()
    manifest = model.bundle.manifest
    if not manifest.mixture:
        raise Permanent(
            f"{manifest.model} does not say how common each emotion was among the faces it was calibrated on",
            "judge by a model that does: organiser models list",
        )
    read = _stored(services, model)
    if len(read) < LEAST:
        raise Permanent(f"{len(read)} faces are too few to say how common each emotion is", f"{LEAST} are needed")
    learned = np.array([manifest.mixture[label] for label in manifest.labels])
    shares = settled(read, learned)
    named = {label: round(share, _DIGITS) for label, share in zip(manifest.labels, shares.tolist(), strict=True)}
    return Estimate(named, len(read), manifest.model, services.clock())


def keep(services: Services, found: Estimate | None) -> None:
    """Let a mixture be part of the policy from now on, or none; every photo is to be folded again where it differs."""
    with writing(services.engine) as tx:
        mixtures.put(tx, found)


def stored(services: Services) -> Estimate | None:
    """Return the mixture in force, or None when there is none."""
    with reading(services.engine) as tx:
        return mixtures.stored(tx)


def _stored(services: Services, model: ActiveModel) -> NDArray[np.float32]:
    """Return what is stored of every face that counts, float32[N, K]."""
    labels, legible = list[Emotion](model.bundle.manifest.labels), services.own_policy.legible
    parts, after = [np.empty((0, len(labels)), np.float32)], FaceId(0)
    while True:
        with reading(services.engine) as tx:
            faces, read = results.read_faces(tx, model.id, after, _PAGE)
        if not faces:
            return np.concatenate(parts)
        judged = {face.id for face in classify.judgeable(model, faces) if illegible(face.sight, legible) is None}
        parts.append(read[[face.id in judged for face in faces]])
        after = faces[-1].id
