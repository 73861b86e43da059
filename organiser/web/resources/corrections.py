"""Corrections: `POST /api/corrections` and `POST /api/corrections/undo`. Those of `organiser correct`."""

import logging
from collections.abc import Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.core.emotion import Emotion
from organiser.core.judging.correction import NO_FACE
from organiser.core.photo import FaceId, PhotoId
from organiser.errors import OrganiserError
from organiser.jobs.corrections import answers
from organiser.jobs.corrections.answers import Answer
from organiser.jobs.messages import Place
from organiser.jobs.steps.place import place
from organiser.web.answers import Json, read_json
from organiser.web.site import Site, site_of

log = logging.getLogger(__name__)

MOST_ITEMS = 2000


async def correct(request: Request) -> Response:
    """Record what a person says of photos and faces: `{"items": [{"photo", "face", "emotion"}]}`."""
    given = (await read_json(request)).get("items")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_ITEMS:
        raise HTTPException(400, f"items is a list of 1 to {MOST_ITEMS}")
    return await run_in_threadpool(_give, site_of(request), [_read(item) for item in given])


async def undo(request: Request) -> Response:
    """Put back what a correction replaced: `{"undo": TOKEN}`."""
    token = (await read_json(request)).get("undo")
    return await run_in_threadpool(_take_back, site_of(request), str(token))


def _give(site: Site, given: Sequence[Answer]) -> Response:
    replaced = answers.give(site.services, given, site.who)
    _follow(site, [answer.photo_id for answer in replaced])
    return Json({"undo": site.corrected.note(replaced), "applied": len(given)})


def _take_back(site: Site, token: str) -> Response:
    replaced = site.corrected.take(token)
    if replaced is None:
        raise HTTPException(410, "that cannot be taken back any more")
    try:
        done, left = answers.take_back(site.services, replaced)
    except OrganiserError:
        site.corrected.keep(token, replaced)
        raise
    _follow(site, done)
    return Json({"undone": len(done), "left": left})


def _follow(site: Site, photo_ids: Sequence[PhotoId]) -> None:
    """Have the collections follow, in their own thread: whoever corrects does not wait for disks."""
    if site.to_follow.add(photo_ids):
        site.placing.submit(_place, site)


def _place(site: Site) -> None:
    """Place all that was corrected until now: answers that come quicker than disks are followed together."""
    try:
        for note in place(site.services, Place(site.to_follow.take())).notes:
            log.info("%s", note)
    except OrganiserError as error:
        log.warning("the collections do not follow yet: %s", error)


def _read(item: Any) -> Answer:
    """Return the answer that an item of a request is.

    Raises:
        HTTPException: it is invalid (400).
    """
    if not isinstance(item, dict):
        raise HTTPException(400, "an item is an object")
    emotion_text, face = item.get("emotion"), item.get("face")
    if emotion_text not in (None, NO_FACE, *Emotion):
        raise HTTPException(400, f"emotion is null, {NO_FACE!r} or one of {', '.join(Emotion)}")
    if emotion_text == NO_FACE and face is None:
        raise HTTPException(400, f"{NO_FACE!r} is said of a face, not of a photo")
    emotion = None if emotion_text in (None, NO_FACE) else Emotion(emotion_text)
    face_id = None if face is None else FaceId(_id(face))
    return Answer(PhotoId(_id(item.get("photo"))), face_id, emotion, no_face=emotion_text == NO_FACE)


def _id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise HTTPException(400, "photo and face are the numbers that the page was given")
    return value
