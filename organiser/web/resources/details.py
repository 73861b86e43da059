"""One photo and all that is known of it: `GET /api/photos/ID`."""

import os
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.core.judging.correction import IS, NO_FACE, says
from organiser.core.photo import PhotoId
from organiser.index.db.engine import Transaction, reading
from organiser.index.tables import results, roots
from organiser.jobs.views import wall
from organiser.jobs.views.details import PhotoReport, ignored, show, verdict_of
from organiser.web.answers import Json
from organiser.web.resources.photos import row
from organiser.web.site import Site, photo_id_of, site_of


def detail(request: Request) -> Response:
    """Everything known of a photo."""
    site, photo_id = site_of(request), photo_id_of(request)
    with reading(site.services.engine) as tx:
        found = show(tx, photo_id, site.services.policy)
        rows = wall.photos_of(tx, site.services.roots, [photo_id])
        if found is None or not rows:
            raise HTTPException(404, "there is no such photo any more")
        shown = row(*rows[0]) | _portrait(tx, site, photo_id, found)
    return Json(shown)


def _portrait(tx: Transaction, site: Site, photo_id: PhotoId, found: PhotoReport) -> dict[str, Any]:
    ids = [face.id for face in results.faces_of(tx, [photo_id]) if face.subject == "face"]
    offline = [root.path for root in roots.every(tx) if root.offline_since is not None]
    files = [(file.path, file.missing_since) for file in found.files]
    return {
        "digest": found.photo.digest,
        "why": found.why,
        "verdict": verdict_of(found, site.services.policy),
        "faces": [_face(site, found, number, face_id) for number, face_id in enumerate(ids)],
        "files": [_file(site, offline, path, missing) for path, missing in files],
        "placements": [
            {
                "collection": placement.collection,
                "target": placement.target,
                "mode": placement.mode,
                "destination": placement.destination,
            }
            for placement in found.placements
        ],
        "corrections": [
            {"face": _face_id(ids, number), "of": "photo" if number == 0 else "face", "verb": correction.verb}
            | {"emotion": correction.emotion, "who": correction.who, "at": correction.at}
            for number, correction in found.corrections
        ],
        "failures": [
            {
                "stage": failure.stage,
                "kind": failure.kind,
                "reason": failure.reason,
                "attempts": failure.attempts,
                "at": failure.at,
            }
            for failure in found.failures
        ],
        "history": _history(found),
    }


def _face(site: Site, found: PhotoReport, number: int, face_id: int) -> Mapping[str, Any]:
    face, box = found.faces[number], found.faces[number].box
    corrected = next(
        (
            correction
            for at, correction in found.corrections
            if at == number + 1 and (correction.verb == IS or correction.no_face)
        ),
        None,
    )
    no_face = corrected is not None and corrected.no_face
    probabilities = {} if no_face else face.probabilities or {}
    return {
        "id": face_id,
        "box": [round(side, 4) for side in (box.x, box.y, box.w, box.h)],
        "probabilities": {emotion: round(value, 4) for emotion, value in probabilities.items()},
        "score": round(face.score, 4),
        "gate": NO_FACE if no_face else face.gate,
        "ignored": ignored(found, number + 1, site.services.policy),
        "corrected": corrected is not None,
        "emotion": max(probabilities, key=lambda emotion: probabilities[emotion], default=None)
        if corrected is None
        else corrected.emotion,
    }


def _face_id(ids: list[Any], number: int | None) -> int | None:
    return ids[number - 1] if number else None


def _file(site: Site, offline: list[str], path: str, missing_since: float | None) -> Mapping[str, Any]:
    """A file; one in a folder that is known to be away is not looked for, which might wait for a dead server."""
    away = any(path.startswith(f"{root.rstrip('/')}/") for root in offline)
    here = site.services.here(path)
    there = missing_since is None and not away and os.path.exists(here)
    return {"path": here, "online": there, "missing_since": missing_since}


def _history(found: PhotoReport) -> list[Mapping[str, Any]]:
    """What happened to the photo and when, oldest first; moments in epoch seconds."""
    photo = found.photo
    moments: list[tuple[float | None, str, str | None]] = [
        (photo.added, "added", None),
        (photo.detected, "detected", photo.outcome),
        (photo.judged, "judged", photo.model and f"{photo.model}@{photo.model_version}"),
        *(
            (correction.at, "corrected", says(correction.verb, correction.emotion))
            for _, correction in found.corrections
        ),
        *((failure.at, "failed", failure.kind) for failure in found.failures),
    ]
    known = [(at, what, text) for at, what, text in moments if at is not None]
    return [{"at": at, "what": what, "detail": text} for at, what, text in sorted(known, key=lambda event: event[0])]
