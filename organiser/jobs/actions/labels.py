"""Keywords and stars of known photos read again: after another program wrote sidecars, or an older version read the photos.

Scans read those of new and changed files by themselves; a sidecar that changes alone changes no photo.
"""

import os
from collections.abc import Iterator, Sequence

from organiser.core.library.labels import Labels
from organiser.core.photo import FileId
from organiser.files.digest import words_of_picture
from organiser.index.db.engine import reading, writing
from organiser.index.tables import erase, labels, library, roots
from organiser.jobs.services import Services
from organiser.placing.metadata.keywords import read_labels

_PAGE = 200


def read_again(services: Services, folders: Sequence[str]) -> int:
    """Read the keywords and stars of all known files at or below these folders; return of how many they were read.

    A file that cannot be read just now keeps what is known of it.
    """
    count = 0
    for file_ids in _pages(services, folders):
        with reading(services.engine) as tx:
            places = library.locate(tx, file_ids)
        found = {place.file_id: _read(services.here(place.path)) for place in places}
        known = {file_id: given for file_id, given in found.items() if given is not None}
        with writing(services.engine) as tx:
            there = library.files_still_there(tx, list(known))
            labels.record(tx, {file_id: given for file_id, given in known.items() if file_id in there})
        count += len(known)
    return count


def _read(path: str) -> Labels | None:
    try:
        return read_labels(path, *words_of_picture(path))
    except OSError:
        return None


def _pages(services: Services, folders: Sequence[str]) -> Iterator[list[FileId]]:
    with reading(services.engine) as tx:
        every = roots.every(tx)
    for folder in folders:
        for root in every:
            if folder != root.path and not folder.startswith(root.path.rstrip("/") + "/"):
                continue
            relpath = "" if folder == root.path else os.path.relpath(folder, root.path)
            with reading(services.engine) as tx:
                ids = [file_id for file_id, photo_id in erase.files_at(tx, root.id, relpath) if photo_id is not None]
            yield from (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
