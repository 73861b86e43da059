"""Folders that change while the service runs, and while it does not. The tests share one service, each has its root."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zlib import crc32

import pytest

from organiser.core.emotion import Emotion
from organiser.core.photo import PhotoId
from organiser.core.query.parse import parse
from organiser.index import corrections, roots, search
from organiser.index.engine import Transaction, reading, writing
from organiser.index.roots import Root
from organiser.jobs import handed
from organiser.jobs.services import Services
from tests.photos import HAPPY, SAD, photo
from tests.workers.service import Service, draw, environment_of, judged_in, nothing_is_due, verdicts


@dataclass
class Watched:
    """A root that the shared service watches."""

    service: Service
    services: Services
    folder: Path
    root: Root

    def judged(self) -> dict[str, tuple[object, ...]]:
        return verdicts(self.services, self.folder)

    def wait_for(self, count: int) -> None:
        def done() -> bool:
            return len(self.judged()) == count and nothing_is_due(self.services)

        self.service.wait(f"{count} photos are judged", done)

    def offline(self) -> str | None:
        with reading(self.services.engine) as tx:
            found = roots.get(tx, self.root.id)
        assert found is not None
        return found.offline_reason if found.offline_since is not None else None


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Service, Services]]:
    folder = Path(tempfile.mkdtemp(prefix="org"))
    service = Service(folder / "home", folder / "library", environment_of(folder / "home", ""))
    services = service.open()
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
    found = Watched(service, services, folder, handed.add(services.engine, str(folder), time.time()))
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
        watched.service.wait("the watcher had time to look", _after(0.3))
    with slow.open("ab") as file:
        file.write(data[file.tell() :])
    watched.wait_for(9)
    assert watched.judged()["slow.jpg"][0] == "sad"
    assert judged_in(watched.service.logs()) == before + 1


def _after(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() >= until


def test_a_renamed_folder_keeps_verdicts_and_corrections_without_any_inference(watched: Watched) -> None:
    draw(watched.folder / "old", 150, start=200_000)
    watched.wait_for(158)
    with writing(watched.services.engine) as tx:
        chosen = next(iter(_ids(tx, "path:old/200001.jpg")))
        word = corrections.Correction(chosen, None, "is", Emotion.FEAR, "test", time.time())
        corrections.record(tx, word)
    before = watched.judged()
    judged = judged_in(watched.service.logs())
    (watched.folder / "old").rename(watched.folder / "new")
    expected = {path.replace("old/", "new/"): verdict for path, verdict in before.items()}
    watched.service.wait("the new paths are known", lambda: watched.judged() == expected)
    assert judged_in(watched.service.logs()) == judged
    with reading(watched.services.engine) as tx:
        assert corrections.of_photos(tx, [chosen])[chosen] == [word]


def _ids(tx: Transaction, query: str) -> list[PhotoId]:
    now = datetime(2026, 1, 1)
    return list(search.photo_ids(tx, parse(query, now)))


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
    source = watched.service.home.parent / "source"
    drawn = draw(source, 1000, start=300_000, size=(64, 48))
    before = judged_in(watched.service.logs())
    for number, path in enumerate(drawn):
        target = watched.folder / f"{number % 7}" / path.name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
    watched.wait_for(1008)
    assert judged_in(watched.service.logs()) == before + 1000


def test_what_moved_while_nobody_watched_keeps_its_verdicts(service: Service) -> None:
    draw(service.library / "old", 40)
    photo(service.library / "stays.jpg", [HAPPY], seed=900)
    services = service.open()
    handed.add(services.engine, str(service.library), time.time())
    watching = service.start("watch", "--workers", "1")
    service.wait("all are judged", lambda: len(verdicts(services)) == 41 and nothing_is_due(services))
    assert service.kill(watching, 15) == os.EX_OK
    before = verdicts(services)
    with reading(services.engine) as tx:
        ids = sorted(_ids(tx, "path:old"))
    (service.library / "old").rename(service.library / "new")
    service.start("watch", "--workers", "1")
    expected = {path.replace("old/", "new/"): verdict for path, verdict in before.items()}
    service.wait("the new paths are known", lambda: verdicts(services) == expected)
    with reading(services.engine) as tx:
        assert sorted(_ids(tx, "path:new")) == ids
