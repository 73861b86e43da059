"""What could not be done, as people ask for it: all of it, of one kind, or below some paths."""

import os
from collections.abc import Sequence

from organiser.core.library.folders import is_within
from organiser.errors import Permanent
from organiser.index.db.engine import Index, reading, writing
from organiser.index.tables import failures
from organiser.index.tables.failures import Failure
from organiser.jobs.paths import Mounts, mounted


def listed(engine: Index, mounts: Mounts, paths: Sequence[str] = (), kind: str | None = None) -> list[Failure]:
    """Return the failures of a kind (None: any) at or below `paths` (none: everywhere), newest first."""
    with reading(engine) as tx:
        found = failures.every(tx)
    wanted = [{os.path.abspath(path), os.path.realpath(path)} for path in paths]
    return [
        failure for failure in found if kind in (None, failure.kind) and _lies(mounted(mounts, failure.path), wanted)
    ]


def retry(engine: Index, mounts: Mounts, paths: Sequence[str] = (), kind: str | None = None) -> int:
    """Make these failures due again and return how many; the next scan tries them.

    Raises:
        Permanent: there is none.
    """
    found = _some(engine, mounts, paths, kind)
    with writing(engine) as tx:
        failures.retry(tx, [failure.id for failure in found])
    return len(found)


def forget(engine: Index, mounts: Mounts, paths: Sequence[str] = (), kind: str | None = None) -> int:
    """Stop listing these failures and return how many.

    A photo that cannot be looked at for good is left alone until its file changes; anything else is due again at once.

    Raises:
        Permanent: there is none.
    """
    found = _some(engine, mounts, paths, kind)
    with writing(engine) as tx:
        failures.forget(tx, [failure.id for failure in found])
    return len(found)


def _some(engine: Index, mounts: Mounts, paths: Sequence[str], kind: str | None) -> list[Failure]:
    found = listed(engine, mounts, paths, kind)
    if not found:
        raise Permanent("no such failure is recorded", "organiser failures list shows them")
    return found


def _lies(path: str, wanted: Sequence[set[str]]) -> bool:
    return not wanted or any(is_within(path, top) for tops in wanted for top in tops)
