"""What is due, as messages: files to identify, photos to detect faces in, photos to judge.

This is first run, retry and re-classification in one place: each is what the index says is missing.
"""

from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

from organiser.core.chunks import chunks
from organiser.core.photo import FileId, PhotoId
from organiser.index.db.engine import Transaction, reading
from organiser.index.tables import library
from organiser.index.work import due, pauses
from organiser.jobs.messages import Detect, Judge, Message
from organiser.jobs.services import Services
from organiser.jobs.steps.identify import cut

_PAGE = 5000
_Key = TypeVar("_Key", PhotoId, FileId)


def all_due(
    services: Services, run_id: int | None = None, *, without: Collection[FileId] = frozenset(), paused: bool = False
) -> Iterator[Message]:
    """Yield messages for everything that is due now: files to identify, photos to look at, photos to judge.

    Args:
        without: files that are queued already.
        paused: of paused steps too.
    """
    now, detector = services.clock(), services.detector_fingerprint
    model, policy = services.model(), services.policy.fingerprint

    def files(tx: Transaction, after: int) -> list[FileId]:
        return due.to_identify(tx, now, after=after, limit=_PAGE)

    def unseen(tx: Transaction, after: int) -> list[PhotoId]:
        return due.to_detect(tx, detector, now, after=after, limit=_PAGE)

    def unjudged(tx: Transaction, after: int) -> list[PhotoId]:
        return due.to_judge(tx, detector, model.id, policy, now, after=after, limit=_PAGE)

    with reading(services.engine) as tx:
        passed_over = {} if paused else pauses.paused_steps(tx)
    for file_ids in _paged(services, files, _PAGE) if "scan" not in passed_over else ():
        with reading(services.engine) as tx:
            sizes = library.sizes(tx, [file_id for file_id in file_ids if file_id not in without])
        yield from cut(sizes.items(), services.jobs.chunk, run_id, max_bytes=services.detect.max_bytes)
    for photo_ids in _paged(services, unseen, services.jobs.chunk) if "detect" not in passed_over else ():
        yield Detect(photo_ids, run_id)
    for photo_ids in _paged(services, unjudged, 16 * services.jobs.chunk) if "judge" not in passed_over else ():
        yield Judge(photo_ids, run_id)


def is_due(services: Services, *, paused: bool = False) -> bool:
    """Whether any file or photo is due; `paused` counts those of paused steps too. Asks for the first of each only."""
    now, detector, policy = services.clock(), services.detector_fingerprint, services.policy.fingerprint
    model = services.model()
    with reading(services.engine) as tx:
        passed_over = {} if paused else pauses.paused_steps(tx)
        return bool(
            ("scan" not in passed_over and due.to_identify(tx, now, limit=1))
            or ("detect" not in passed_over and due.to_detect(tx, detector, now, limit=1))
            or ("judge" not in passed_over and due.to_judge(tx, detector, model.id, policy, now, limit=1))
        )


def _paged(services: Services, page: Callable[[Transaction, int], list[_Key]], size: int) -> Iterator[tuple[_Key, ...]]:
    """Page through a question by id and cut each page into chunks; no transaction is open between pages."""
    after = 0
    while True:
        with reading(services.engine) as tx:
            ids = page(tx, after)
        yield from map(tuple, chunks(ids, size))
        if len(ids) < _PAGE:
            return
        after = ids[-1]
