"""Whether a part of the service on this host can do its work: what a container's health check asks.

`python -m organiser.workers.service.health worker` wants a worker of this host that gave a heartbeat or holds work,
being too busy to give one; `… watch` wants the index, the broker and the folders of all roots. Says what is wrong on
stderr and exits with 1.
"""

import os
import sys
import time
from collections.abc import Iterator

from organiser.bootstrap import open_queue
from organiser.core.outgoing import paragraph
from organiser.errors import OrganiserError
from organiser.index.db.engine import Index, host_name, open_engine, reading
from organiser.index.tables import roots
from organiser.index.views import throughput
from organiser.index.work import leases
from organiser.jobs.collections import lock
from organiser.jobs.paths import mounted
from organiser.settings.reading import load
from organiser.settings.values import Settings


def main() -> int:
    """Check the part that the command line names; return the exit code."""
    part = sys.argv[1] if len(sys.argv) > 1 else "worker"
    try:
        settings = load(os.environ)
        engine = open_engine(settings.index)
        problems = list(_of_watcher(settings, engine) if part == "watch" else _of_workers(settings, engine))
    except OrganiserError as error:
        problems = [str(error)]
    for problem in problems:
        sys.stderr.write(f"{paragraph(problem)}\n")
    return 1 if problems else 0


def _of_workers(settings: Settings, engine: Index) -> Iterator[str]:
    host = host_name()
    now = time.time()
    with reading(engine) as tx:
        heartbeats = throughput.workers(tx)
        busy = [*leases.owners(tx), lock.holder(tx, now) or ""]
    if any(owner.startswith(f"{host}:") for owner in busy):
        return
    if not any(
        heartbeat.host == host and now - heartbeat.at < settings.service.heartbeat_timeout for heartbeat in heartbeats
    ):
        yield f"no worker of {host} gave a heartbeat for {settings.service.heartbeat_timeout:.0f} s"


def _of_watcher(settings: Settings, engine: Index) -> Iterator[str]:
    queue = open_queue(settings)
    if queue is not None:
        queue.lengths()
    with reading(engine) as tx:
        known = roots.every(tx)
    for root in known:
        if not os.path.isdir(mounted(settings.roots, root.path)):
            yield f"{root.path} is not there"


if __name__ == "__main__":
    sys.exit(main())
