"""The application: which address is answered by what. Every handler stands in the module of its resource."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio.to_thread
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from organiser.errors import OrganiserError
from organiser.web.access.entrance import login
from organiser.web.access.guard import LOGIN, Guard, Names
from organiser.web.answers import on_refusal, on_trouble
from organiser.web.resources import (
    collections,
    corrections,
    details,
    failures,
    models,
    photos,
    placing,
    queries,
    review,
    schedules,
    tasks,
    work,
)
from organiser.web.resources.events import Pulse, events
from organiser.web.site import Site
from organiser.web.static_files import modules, static_file

_HERE: Final = Path(__file__).parent
_THREADS: Final = 5
"""Handlers at a time; each has a connection to the index, with a page cache of its own."""

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader([_HERE / "templates", _HERE.parent / "reporting" / "web"]),
    autoescape=select_autoescape(["html"]),
)


def make_app(site: Site, names: Names) -> ASGIApp:
    """Return the application behind its guard."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        site.screen.warm_up()
        try:
            yield
        finally:
            site.ending.set()
            site.placing.shutdown(cancel_futures=True)
            site.aside.shutdown(cancel_futures=True)
            site.processes.stop()
            site.screen.close()

    app = Starlette(
        routes=_ROUTES,
        lifespan=lifespan,
        exception_handlers={HTTPException: on_refusal, OrganiserError: on_trouble},
    )
    app.state.site = site
    app.state.pulse = Pulse()
    return Guard(app, site.door, names)


def index(request: Request) -> Response:
    """The page: `GET /`."""
    asked = request.query_params
    wanted = [name for name in modules(f"{asked.get('view')}.js") if name not in _MODULES]
    first = None if asked.get("view") or asked.get("q") or asked.get("sort") else _FIRST_PHOTOS
    return HTMLResponse(_TEMPLATES.get_template("index.html").render(modules=[*_MODULES, *wanted], first=first))


_MODULES: Final = modules("app.js")
_FIRST_PHOTOS: Final = "/api/photos?sort=-date&limit=80"
"""What the wall of `library.js` asks first; the browser asks it while it still reads the modules."""

_ROUTES: Final = [
    Route("/", index),
    Route(LOGIN, login, methods=["POST"]),
    Route("/static/{name}", static_file),
    Route("/api/photos", photos.rows),
    Route("/api/photos/{id:int}", details.detail),
    Route("/api/photos/{id:int}/thumb", photos.thumb),
    Route("/api/photos/{id:int}/image", photos.image),
    Route("/api/counts", queries.counts),
    Route("/api/suggest", queries.suggestions),
    Route("/api/review", review.queue),
    Route("/api/review/left", review.left),
    Route("/api/faces", review.faces),
    Route("/api/faces/{id:int}/crop", photos.crop),
    Route("/api/corrections", corrections.correct, methods=["POST"]),
    Route("/api/corrections/undo", corrections.undo, methods=["POST"]),
    Route("/api/collections", collections.listed),
    Route("/api/collections", collections.create, methods=["POST"]),
    Route("/api/collections/{name:path}/edit", collections.edit, methods=["POST"]),
    Route("/api/collections/{name:path}/plan", placing.plan),
    Route("/api/collections/{name:path}/sync", placing.sync, methods=["POST"]),
    Route("/api/collections/{name:path}/undo", placing.undo, methods=["POST"]),
    Route("/api/collections/{name:path}/verify", placing.verify, methods=["POST"]),
    Route("/api/collections/{name:path}/remove", placing.remove, methods=["POST"]),
    Route("/api/models", models.listed),
    Route("/api/models/roll-back", models.roll_back, methods=["POST"]),
    Route("/api/models/{digest}/try", models.attempt, methods=["POST"]),
    Route("/api/models/{digest}/flips", models.flips),
    Route("/api/models/{digest}/use", models.use, methods=["POST"]),
    Route("/api/schedules", schedules.add, methods=["POST"]),
    Route("/api/schedules/{id:int}/switch", schedules.switch, methods=["POST"]),
    Route("/api/schedules/{id:int}/remove", schedules.remove, methods=["POST"]),
    Route("/api/tasks", tasks.listed),
    Route("/api/tasks/stop", tasks.stop, methods=["POST"]),
    Route("/api/work", work.overview),
    Route("/api/work/scan", work.scan, methods=["POST"]),
    Route("/api/work/pause", work.pause, methods=["POST"]),
    Route("/api/work/resume", work.resume, methods=["POST"]),
    Route("/api/work/cancel", work.cancel, methods=["POST"]),
    Route("/api/work/retry", failures.retry, methods=["POST"]),
    Route("/api/work/forget-failure", failures.forget, methods=["POST"]),
    Route("/api/events", events),
]
