"""What is refused of a collection before it is stored, because no sync could ever do it."""

import os
from itertools import islice

from organiser.core.collections.collection import Collection
from organiser.core.collections.layout import parse_layout
from organiser.core.collections.placement import PlacementMode
from organiser.core.query.parse import parse
from organiser.errors import OrganiserError
from organiser.index.db.engine import reading
from organiser.index.search import find
from organiser.index.tables import collections as saved
from organiser.index.tables import library
from organiser.jobs.collections.sync import folders_of, home_of, require_valid_name
from organiser.jobs.services import Services
from organiser.placing.disk.capabilities import require_able
from organiser.placing.disk.target import check_target

_SAMPLE = 50


def check(services: Services, collection: Collection, before: Collection | None = None) -> None:
    """Refuse what could never be synced.

    Args:
        before: what is stored of it, None when it is new; where it has the same target and mode, the target's disk may be away.

    Raises:
        Permanent: its name is invalid.
        OrganiserError: its name is another's.
        QueryError, LayoutError: its query or layout is invalid.
        PlacingError: its target would hide photos, is another's, cannot be written, or cannot do the mode.
    """
    require_valid_name(collection)
    parse(collection.query, services.local_time())
    parse_layout(collection.layout)
    with reading(services.engine) as tx:
        every = [each.collection for each in saved.every(tx)]
    own = None if before is None else before.name
    if collection.name != own and any(each.name == collection.name for each in every):
        raise OrganiserError(f"there is a collection {collection.name!r} already", "organiser collections edit")
    if collection.target is None:
        return
    folders = folders_of(services)
    others = [each.target for each in every if each.name != own]
    check_target(collection.target, folders, filter(None, others), home_of(services))
    same = before is not None and (before.target, before.mode) == (collection.target, collection.mode)
    if not same and collection.mode is not PlacementMode.TAG:
        require_able(collection.target, collection.mode, _originals(services, collection))


def _originals(services: Services, collection: Collection) -> list[str]:
    """Return an original of each file system that the first photos of the collection lie on."""
    with reading(services.engine) as tx:
        ids = list(islice(find.photo_ids(tx, parse(collection.query, services.local_time())), _SAMPLE))
        places = library.present_files(tx, ids)
    paths = [services.here(place.path) for of_photo in places.values() for place in of_photo]
    return list({os.stat(path).st_dev: path for path in paths if os.path.isfile(path)}.values())
