"""How long each statement takes that the page's views cause, on an index of a million photos.

    python benchmarks/page_queries.py [--photos 1000000] [--folder DIR] [--rounds 5] [--plans]

The index is made (see `made_library.py`), kept in the folder and used again. The views are asked for in this process, as
the page asks for them; every statement's time runs from asking SQLite until its last row is fetched, and its processor
time is counted beside it. Counts may come later than the 50 ms that everything else has.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent))

from made_library import made_library, services_of
from sqlalchemy import event
from starlette.testclient import TestClient

from organiser.bootstrap import open_queue
from organiser.index.db.engine import reading
from organiser.index.views.pulse import pulse
from organiser.settings.reading import load
from organiser.web.access.guard import Names
from organiser.web.access.session import Door
from organiser.web.app import make_app
from organiser.web.processes import Processes
from organiser.web.screen import Screen
from organiser.web.site import Site

MOST_MS: Final = 50
COUNTING: Final = "counts"

VIEWS: Final = {
    "library": ["/api/photos?limit=80&sort=-date", "/api/photos?limit=200&sort=date", "/api/collections"],
    "library, further down": ["/api/photos?limit=200&sort=-date&after=NEXT*20"],
    "library, surest": ["/api/photos?limit=200&sort=-confidence", "/api/photos?limit=200&sort=confidence&after=NEXT*3"],
    "library, doubtful": ["/api/photos?limit=200&sort=doubt", "/api/photos?limit=200&sort=doubt&after=NEXT*3"],
    "library, asked": [
        *(
            "/api/photos?limit=80&sort=-date&q=emotion:sad",
            "/api/photos?limit=80&sort=-date&q=emotion:happy%20path:holiday",
        ),
        *("/api/photos?limit=80&sort=-confidence&q=emotion:happy", "/api/photos?limit=80&sort=-date&q=taken:2014"),
        *("/api/photos?limit=80&sort=-date&q=camera:canon", "/api/photos?limit=80&sort=-date&q=path:2010/"),
        "/api/photos?limit=80&sort=doubt&q=emotion:happy",
    ],
    "suggestions": ["/api/suggest?q=em", "/api/suggest?q=camera:", "/api/suggest?q=emotion:s"],
    "photo": ["/api/photos/1", "/api/photos/500000", "/api/photos/500000/thumb", "/api/photos/500000/image?size=1600"],
    "review": ["/api/review?order=doubt&limit=50", "/api/review?order=gain&limit=50"],
    "review, of a query": [
        "/api/review?order=doubt&limit=50&q=emotion:sad",
        "/api/review?order=gain&limit=50&q=emotion:sad",
    ],
    "faces": [
        "/api/faces?emotion=happy&limit=300",
        "/api/faces?emotion=fear&limit=300",
        "/api/faces?emotion=sad&limit=300&after=NEXT*3",
    ],
    COUNTING: ["/api/counts", "/api/counts?q=emotion:happy"],
}


@dataclass
class Ran:
    """A statement that ran: milliseconds of the clock and of the processor until its last row was fetched."""

    text: str
    parameters: Any
    wall: float = 0.0
    cpu: float = 0.0


RAN: list[Ran] = []


class TimedCursor(sqlite3.Cursor):
    """Notes what every statement takes."""

    ran: Ran

    def execute(self, text: str, parameters: Any = ()) -> "TimedCursor":
        self.ran = Ran(text, parameters)
        RAN.append(self.ran)
        self._timed(super().execute, text, parameters)
        return self

    def fetchone(self) -> Any:
        return self._timed(super().fetchone)

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        rows: list[Any] = self._timed(super().fetchmany, size)
        return rows

    def fetchall(self) -> Any:
        return self._timed(super().fetchall)

    def _timed(self, work: Any, *words: Any) -> Any:
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            return work(*words)
        finally:
            self.ran.wall += (time.perf_counter() - wall) * 1000
            self.ran.cpu += (time.thread_time() - cpu) * 1000


class TimedConnection(sqlite3.Connection):
    """A connection whose cursors note what they do."""

    def cursor(self, _factory: Any = None) -> Any:
        return super().cursor(TimedCursor)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--photos", type=int, default=1_000_000)
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--plans", action="store_true", help="print the plan of every slow statement")
    given = arguments.parse_args()
    home = made_library(given.folder, given.photos, pictures=False)
    services = services_of(home)
    event.listen(
        services.engine, "do_connect", lambda _dialect, _record, _words, named: named.update(factory=TimedConnection)
    )
    services.engine.dispose()
    settings = load({"ORGANISER_HOME": str(home)})
    door = Door(home, 0, secure=False)
    screen = Screen(services, keep=False)
    processes = Processes(settings, services)
    site = Site(settings, services, door, screen, "bench", lambda: open_queue(settings), processes)
    print(
        f"{given.photos:,} photos, SQLite {sqlite3.sqlite_version}; load {os.getloadavg()[0]:.1f} of {os.cpu_count()}; "
        "milliseconds of the slowest statement, the least of its rounds"
    )
    print(f"{'view':26}{'statements':>11}{'slowest':>9}{'cpu':>9}")
    with TestClient(make_app(site, Names(frozenset({"testserver"}))), base_url="http://testserver") as client:
        assert client.get("/", params={"token": door.keys.token}).status_code == 200
        for view, addresses in VIEWS.items():
            measure(
                view,
                [[asked(client, address) for address in addresses] for _ in range(given.rounds)],
                home,
                plans=given.plans,
            )
        RAN.clear()
        with reading(services.engine) as tx:
            pulse(tx)
        measure("pulse, every two seconds", [[list(RAN)]], home, plans=given.plans)


def asked(client: TestClient, address: str) -> list[Ran]:
    """Ask for an address; `NEXT*N` in it is the place after so many pages. Returns the statements of the last answer."""
    if "NEXT*" in address:
        base, _, pages = address.partition("&after=NEXT*")
        after = ""
        for _ in range(int(pages)):
            after = client.get(f"{base}{after}").json()["next"]
            if after is None:
                return []
            after = f"&after={after}"
        address = f"{base}{after}"
    RAN.clear()
    found = client.get(address)
    assert found.status_code in (200, 404), found.text
    return list(RAN)


def measure(view: str, rounds: list[list[list[Ran]]], home: Path, *, plans: bool) -> None:
    best: dict[tuple[int, int], Ran] = {}
    for every in rounds:
        for page, statements in enumerate(every):
            for number, ran in enumerate(statements):
                known = best.get((page, number))
                if known is None or ran.cpu < known.cpu:
                    best[page, number] = ran
    slowest = max(best.values(), key=lambda ran: ran.cpu)
    print(f"{view:26}{len(best):11}{slowest.wall:9.1f}{slowest.cpu:9.1f}", flush=True)
    for ran in best.values():
        if ran.cpu > MOST_MS:
            print(f"    {ran.wall:7.1f} {ran.cpu:7.1f}  {' '.join(ran.text.split())[:1500]}  {ran.parameters!r:.200}")
            for line in plan(home, ran) if plans else ():
                print(f"        {line}")


def plan(home: Path, ran: Ran) -> list[str]:
    connection = sqlite3.connect(f"file:{home / 'index.db'}?mode=ro", uri=True)
    return [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {ran.text}", ran.parameters)]


if __name__ == "__main__":
    main()
