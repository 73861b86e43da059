"""The folders handed over: no file ever lies under two of them. Taking one back is `organiser.jobs.actions.forget`'s.

Paths here are the index's own; `organiser.jobs.paths.in_index` says what a folder of this host is called there.
"""

import os
from collections.abc import Sequence

from organiser.core.library.folders import is_within
from organiser.errors import Permanent
from organiser.index.db.engine import Index, reading, writing
from organiser.index.tables import roots
from organiser.index.tables.roots import Root
from organiser.jobs.paths import Mounts, in_index


def add(engine: Index, path: str, now: float) -> Root:
    """Return the root that the absolute folder `path` is or lies in, made if there is none.

    Roots that lie inside a new one become part of it, with their files.
    """
    with writing(engine) as tx:
        known = roots.every(tx)
        for root in known:
            if is_within(path, root.path):
                return root
        root_id = roots.add(tx, path, now)
        for inner in known:
            if is_within(inner.path, path):
                roots.absorb(tx, inner, root_id, os.path.relpath(inner.path, path))
        added = roots.get(tx, root_id)
    assert added is not None
    return added


def named(known: Sequence[Root], path: str, mounts: Mounts) -> Root:
    """Return the root at `path`, as the index or as this host calls it.

    Raises:
        Permanent: there is none.
    """
    spelled = {path, os.path.abspath(path), os.path.realpath(path)}
    wanted = spelled | {in_index(mounts, path) for path in spelled}
    for root in known:
        if root.path in wanted:
            return root
    raise Permanent(f"{path} is not a root", "organiser roots list shows them")


def every(engine: Index) -> list[Root]:
    """Return all roots by path."""
    with reading(engine) as tx:
        return roots.every(tx)
