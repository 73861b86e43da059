"""Folders that change while the service runs, and while it does not. The tests share one service, each has its root."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zlib import crc32

import pytest

from organiser.core.emotion import Emotion
from organiser.core.photo import PhotoId
from organiser.core.query.parse import parse
from organiser.index.db.engine import Transaction, reading
from organiser.index.search import find
from organiser.index.tables import roots as root_rows
from organiser.index.tables import runs
from organiser.index.tables.roots import Root
from organiser.jobs.actions import roots
from organiser.jobs.corrections.correct import Saying, correct
from organiser.jobs.services import Services
from tests.photos import HAPPY, SAD, photo
from tests.workers.service_process import (
    Service,
    after,
    count,
    draw,
    environment_of,
    judged_in,
    note_judgements,
    nothing_is_due,
    verdicts,
)

_SMALL = (64, 48)


@dataclass
class Watched:
    """A root that the shared service watches."""

    service: Service
    services: Services
    folder: Path
    root: Root

    def judged(self) -> dict[str, tuple[object, ...]]:
        return verdicts(self.services, self.folder)

    def wait_for(self, files: int) -> None:
        """Wait until that many present files show photos that are judged."""

        def done() -> bool:
            return self._count_judged() == files and nothing_is_due(self.services)

        self.service.wait(f"{files} files are judged", done, deadline=600.0)

    def judgements(self) -> int:
        return count(self.services, "judgements")

    def _count_judged(self) -> int:
        return count(
            self.services,
            f"files JOIN verdicts ON verdicts.photo_id = files.photo_id "
            f"WHERE root_id = {self.root.id} AND missing_since IS NULL",
        )

    def offline(self) -> str | None:
        with reading(self.services.engine) as tx:
            found = root_rows.get(tx, self.root.id)
        assert found is not None
        return found.offline_reason if found.offline_since is not None else None


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Service, Services]]:
    folder = Path(tempfile.mkdtemp(prefix="org"))
    service = Service(folder / "home", folder / "library", environment_of(folder / "home", ""))
    services = service.open()
    note_judgements(services)
    service.start_broker()
    service.worker(2)
    service.start("beat")
    service.start("watch")
    yield service, services
    service.stop()
    print(service.logs())
    shutil.rmtree(folder)


@pytest.fixture
def watched(running: tuple[Service, Services], request: pytest.FixtureRequest) -> Watched:
    service, services = running
    folder = service.home.parent / request.node.name
    folder.mkdir()
    draw(folder / "first", 8, start=crc32(request.node.name.encode()) % 10**6 * 1000)
    found = Watched(service, services, folder, roots.add(services.engine, str(folder), time.time()))
    found.wait_for(8)
    return found


def test_a_file_written_slowly_is_taken_once_after_its_end(watched: Watched) -> None:
    source = photo(watched.service.home.parent / "slow" / "source.jpg", [SAD], size=(640, 480), seed=77)
    before = judged_in(watched.service.logs())
    data = source.read_bytes()
    slow = watched.folder / "slow.jpg"
    for end in range(len(data) // 6, len(data), len(data) // 6):
        with slow.open("r+b" if slow.exists() else "wb") as file:
            file.seek(0, os.SEEK_END)
            file.write(data[file.tell() : end])
        watched.service.wait("the watcher had time to look", after(0.3))
    with slow.open("ab") as file:
        file.write(data[file.tell() :])
    watched.wait_for(9)
    assert watched.judged()["slow.jpg"][0] == "sad"
    assert judged_in(watched.service.logs()) == before + 1


def test_a_renamed_folder_keeps_verdicts_and_corrections_without_any_inference(watched: Watched) -> None:
    draw(watched.folder / "old", 500, start=200_000, size=_SMALL)
    watched.wait_for(508)
    corrected = _correct(watched.services, "path:old/200001.jpg")
    before = watched.judged()
    judgements = watched.judgements()
    (watched.folder / "old").rename(watched.folder / "new")
    expected = {path.replace("old/", "new/"): verdict for path, verdict in before.items()}
    watched.service.wait("the new paths are known", lambda: watched.judged() == expected)
    assert watched.judgements() == judgements
    with reading(watched.services.engine) as tx:
        assert _ids(tx, "emotion:fear path:new corrected:yes") == [corrected]


def _correct(services: Services, query: str) -> PhotoId:
    """Say that the one photo which a query finds shows fear."""
    with reading(services.engine) as tx:
        (chosen,) = _ids(tx, query)
    correct(services, [chosen], Saying(Emotion.FEAR), "test")
    return chosen


def _ids(tx: Transaction, query: str) -> list[PhotoId]:
    now = datetime(2026, 1, 1)
    return list(find.photo_ids(tx, parse(query, now)))


def test_a_root_that_is_suddenly_empty_is_offline_and_loses_nothing(watched: Watched) -> None:
    before = watched.judged()
    away = watched.folder.with_name("away")
    watched.folder.rename(away)
    watched.folder.mkdir()
    watched.service.wait("it is shown offline", watched.offline)
    assert watched.judged() == before
    watched.folder.rmdir()
    away.rename(watched.folder)
    watched.service.wait("it is back", lambda: watched.offline() is None)
    assert watched.judged() == before


def test_a_storm_of_files_is_indexed_whole_and_nothing_is_judged_twice(watched: Watched) -> None:
    """20,000 files of 2,000 pictures, some written and some linked, all at once: each picture is judged once."""
    before = watched.judgements()
    for number in range(2000):
        folder = watched.folder / f"{number % 7}"
        written = photo(folder / f"{number}-0.png", [HAPPY], size=_SMALL, seed=300_000 + number)
        for other in range(1, 10):
            os.link(written, folder / f"{number}-{other}.png")
    watched.wait_for(20_008)
    assert watched.judgements() == before + 2000


def test_what_happened_while_the_kernel_lost_events_is_found(watched: Watched) -> None:
    photo(watched.folder / "0.jpg", [HAPPY], size=_SMALL, seed=400_000)
    watched.wait_for(9)
    before = watched.judgements()
    watcher = next(process for process in watched.service.processes if "watch" in process.args)
    watcher.send_signal(signal.SIGSTOP)
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text(encoding="ascii"))
    for number in range(limit):  # each is a going and a coming: twice as many events as the kernel keeps
        os.rename(watched.folder / f"{number % 2}.jpg", watched.folder / f"{1 - number % 2}.jpg")
    draw(watched.folder / "after", 100, start=400_001, size=_SMALL)
    watcher.send_signal(signal.SIGCONT)
    watched.wait_for(109)
    assert watched.judgements() == before + 100
    with reading(watched.services.engine) as tx:
        assert "overflow" in [run.arguments.get("reason") for run in runs.latest(tx)]


def test_what_moved_while_nobody_watched_keeps_its_verdicts_and_corrections(service: Service) -> None:
    draw(service.library / "old", 500, size=_SMALL)
    photo(service.library / "stays.jpg", [HAPPY], seed=900)
    services = service.open()
    note_judgements(services)
    roots.add(services.engine, str(service.library), time.time())
    watching = service.start("watch", "--workers", "1")
    service.wait("all are judged", lambda: count(services, "verdicts") == 501 and nothing_is_due(services))
    assert service.kill(watching, 15) == os.EX_OK
    corrected = _correct(services, "path:old/00001.jpg")
    before = verdicts(services)
    with reading(services.engine) as tx:
        ids = sorted(_ids(tx, "path:old"))
    (service.library / "old").rename(service.library / "new")
    service.start("watch", "--workers", "1")
    expected = {path.replace("old/", "new/"): verdict for path, verdict in before.items()}
    service.wait("the new paths are known", lambda: verdicts(services) == expected)
    assert count(services, "judgements") == 501
    with reading(services.engine) as tx:
        assert sorted(_ids(tx, "path:new")) == ids
        assert _ids(tx, "emotion:fear corrected:yes") == [corrected]
