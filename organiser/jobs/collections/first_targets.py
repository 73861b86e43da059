"""The first targets of `happy` and `sad`, for whoever installs the service: never in the place of what a person chose."""

import os
from dataclasses import replace

from organiser.index.db.engine import reading, writing
from organiser.index.tables import collections as saved
from organiser.index.work import scan_requests
from organiser.jobs.collections.manage import BUILT_IN, edit
from organiser.jobs.services import Services


def give_first_targets(services: Services, folder: str) -> tuple[str, ...]:
    """Give `happy` and `sad` the targets FOLDER/happy and FOLDER/sad where they have none; return their names.

    One that was removed stays removed. Asked again, it changes nothing.

    Raises:
        PlacingError: a target would hide photos.
    """
    given = []
    for name in BUILT_IN:
        with reading(services.engine) as tx:
            collection = saved.get(tx, name)
        if collection is not None and collection.collection.target is None:
            edit(services, collection, replace(collection.collection, target=os.path.join(folder, name)))
            given.append(name)
    if given:
        with writing(services.engine) as tx:
            scan_requests.request_placing(tx)
    return tuple(given)
