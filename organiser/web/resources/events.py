"""What happens, as it happens: `GET /api/events`, server-sent events `work`, `library` and `task`.

The index is asked every other second, and only while somebody listens; all listeners share the answers. Tasks are told
whenever one is further.
"""

import json
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from organiser.errors import Transient
from organiser.index.db.engine import reading
from organiser.index.views.pulse import pulse
from organiser.web.resources.work import standing
from organiser.web.site import Site, site_of

_EVERY_S = 2.0
_STEP_S = 0.25
_SILENCE_S = 15.0


class Pulse:
    """How things stand, read at most once in so many seconds however many listen."""

    def __init__(self) -> None:
        self._read = float("-inf")
        self._last: dict[str, Any] = {}
        self._lock = threading.Lock()

    def now(self, site: Site) -> dict[str, Any]:
        """Return the data of every event by its name."""
        with self._lock:
            if time.monotonic() - self._read >= _EVERY_S * 0.9:
                work = standing(site)
                with reading(site.services.engine) as tx:
                    # Verdicts that give way to others are as many as before: that a process ended tells of them.
                    library = pulse(tx) | {"due": work["due"], "processes": site.processes.done}
                self._last = {"work": work, "library": library}
                self._read = time.monotonic()
            return self._last


def events(request: Request) -> Response:
    """A stream that ends with the page or the server."""
    stream = _stream(site_of(request), request.app.state.pulse)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _stream(site: Site, beat: Pulse) -> AsyncIterator[str]:
    sent: dict[str, str] = {}
    silent, known = 0.0, 0
    yield "retry: 3000\n\n"
    while not site.ending.is_set():
        try:
            found = await run_in_threadpool(beat.now, site)
        except Transient:
            found = {}  # the index is busy: the next time
        for name, data in found.items():
            same = json.dumps(_lasting(data), sort_keys=True)
            if sent.get(name) != same:
                sent[name], silent = same, 0.0
                yield f"event: {name}\ndata: {json.dumps(data, allow_nan=False)}\n\n"
        if silent >= _SILENCE_S:
            silent = 0.0
            yield ": still there\n\n"
        silent += _EVERY_S
        for _ in range(round(_EVERY_S / _STEP_S)):
            known, tasks = site.tasks.since(known)
            for task in tasks:
                silent = 0.0
                yield f"event: task\ndata: {json.dumps(task, allow_nan=False)}\n\n"
            if site.ending.is_set():
                return
            await anyio.sleep(_STEP_S)


def _lasting(data: dict[str, Any]) -> dict[str, Any]:
    """What is worth an event: not that time went by."""
    lasting = {name: value for name, value in data.items() if name not in ("at", "oldest", "workers")}
    if "workers" in data:
        lasting["workers"] = [worker["name"] for worker in data["workers"]]
    return lasting
