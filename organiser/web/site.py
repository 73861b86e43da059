"""What the handlers share: the organiser's services, who is let in, the pictures, and one thread that places."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request

from organiser.core.photo import PhotoId
from organiser.core.query.parse import parse
from organiser.core.query.terms import Query
from organiser.jobs.drivers.queue import Queue
from organiser.jobs.services import Services
from organiser.settings.values import Settings
from organiser.web.access.session import Door
from organiser.web.processes import Processes
from organiser.web.resources.corrected import Corrected, ToFollow
from organiser.web.screen import Screen
from organiser.web.tasks import Tasks
from organiser.web.trials import Trials

MOST_ROWS = 1000
_LARGEST_ID = 2**63 - 1


@dataclass
class Site:
    """Everything a handler works with.

    Attributes:
        who: whose word a correction is.
        queue: gives the service's queue, or None without one.
        processes: the scans and such that this server itself started.
        tasks: what goes on because somebody asked for it on the page.
        trials: what other models would change.
        placing: where collections are filled; the placers' lock knows processes, not threads.
        aside: where long work that only reads is done, one thing at a time.
        ending: the server was told to stop.
    """

    settings: Settings
    services: Services
    door: Door
    screen: Screen
    who: str
    queue: Callable[[], Queue | None]
    processes: Processes
    corrected: Corrected = field(default_factory=Corrected)
    to_follow: ToFollow = field(default_factory=ToFollow)
    placing: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "placing"))
    aside: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "aside"))
    ending: threading.Event = field(default_factory=threading.Event)
    tasks: Tasks = field(init=False)
    trials: Trials = field(init=False)

    def __post_init__(self) -> None:
        self.tasks = Tasks(self.ending)
        self.trials = Trials(self.settings)

    def query(self, request: Request) -> Query:
        """Return the query that a request asks.

        Raises:
            QueryError: it does not parse.
        """
        return parse(request.query_params.get("q", ""), self.services.local_time())


def site_of(request: Request) -> Site:
    """Return what the handlers of this application share."""
    site: Site = request.app.state.site
    return site


def photo_id_of(request: Request) -> PhotoId:
    """Return the photo that a request's path names.

    Raises:
        HTTPException: no index has one of that number (404).
    """
    return PhotoId(number_of(request, "id"))


def number_of(request: Request, name: str) -> int:
    """Return a number in a request's path.

    Raises:
        HTTPException: no row has it (404).
    """
    number = int(request.path_params[name])
    if number > _LARGEST_ID:
        raise HTTPException(404, "there is nothing of that number")
    return number


def limit_of(request: Request, usual: int) -> int:
    """Return how many rows a request wants.

    Raises:
        HTTPException: it is no such number (400).
    """
    return asked_number(request, "limit", usual, 1, MOST_ROWS)


def asked_number(request: Request, name: str, usual: int, least: int, most: int) -> int:
    """Return a number that a request's query string names.

    Raises:
        HTTPException: it is no number, or none between `least` and `most` (400).
    """
    text = request.query_params.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise HTTPException(400, f"{name} is a number from {least} to {most}")
    return int(text)
