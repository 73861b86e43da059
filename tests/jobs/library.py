"""A library of drawn photos in a test's own folder, an index, and the handlers run one after the other in this process."""

import itertools
import shutil
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from organiser.bootstrap import open_services
from organiser.core.query.parse import parse
from organiser.index.db.engine import reading, writing
from organiser.index.search import find
from organiser.index.search.find import Row
from organiser.index.tables import models
from organiser.jobs.actions import roots
from organiser.jobs.messages import Detect, Message, ScanRoot
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.handle import handle
from organiser.settings.reading import load
from organiser.vision.bundle import load as load_bundle
from organiser.vision.classifiers.stub import write_stub_bundle
from tests.photos import DrawnFace, photo

NOW = 1_700_000_000.0


class Library:
    """A folder of photos, its index, and a clock that only moves when told.

    Attributes:
        folder: the root.
        counts: what the last scan did, by word.
        notes: what the last scan told.
    """

    def __init__(self, scratch: Path, index_url: str) -> None:
        self.folder = scratch / "photos"
        self.folder.mkdir()
        self.now = NOW
        self.counts: Counter[str] = Counter()
        self.notes: list[str] = []
        self._seeds = itertools.count()
        self.home = scratch / "home"
        environment = {
            "ORGANISER_HOME": str(self.home),
            "ORGANISER_INDEX_URL": index_url,
            "ORGANISER_DETECTOR": "drawn",
        }
        self.environment = environment
        self.settings = load(environment)
        self.services: Services = replace(open_services(self.settings), clock=lambda: self.now)
        self.use_model(self.add_model("1"))

    def detect_apart(self) -> None:
        """Have identifying leave faces to a Detect message of its own, as in a worker that is not to detect."""
        jobs = replace(self.services.jobs, detect_while_identifying=False)
        self.services = replace(self.services, jobs=jobs)

    def reopen(self) -> None:
        """Begin anew as a process that starts now."""
        self.services.engine.dispose()
        self.services = replace(open_services(self.settings), clock=lambda: self.now)

    def draw(self, name: str, *faces: DrawnFace, **how: object) -> Path:
        """Draw a photo that no other equals."""
        return photo(self.folder / name, faces, seed=next(self._seeds), **how)  # type: ignore[arg-type]

    def add_model(self, version: str, temperature: float = 1.0) -> str:
        """Make a stub model known; return its digest."""
        bundle = load_bundle(write_stub_bundle(self.home / f"stub-{version}", version=version, temperature=temperature))
        manifest = bundle.manifest
        with writing(self.services.engine) as tx:
            models.add(tx, manifest.name, version, bundle.digest, "face", manifest.labels, str(bundle.path), self.now)
        return bundle.digest

    def use_model(self, digest: str) -> None:
        with writing(self.services.engine) as tx:
            models.use(tx, digest)

    def scan(self, folder: Path | None = None, **how: object) -> Counter[str]:
        """Scan a root to the end of everything that follows."""
        root = roots.add(self.services.engine, str(folder or self.folder), self.now)
        return self.run([ScanRoot(root.id, **how)])  # type: ignore[arg-type]

    def run(self, messages: Iterable[Message]) -> Counter[str]:
        self.counts, self.notes = Counter(), []
        waiting = deque(messages)
        while waiting:
            self._take(handle(self.services, waiting.popleft()), waiting)
        return self.counts

    def _take(self, done: Outcome, waiting: deque[Message]) -> None:
        self.counts.update(done.counts)
        self.notes += done.notes
        self.counts["detect messages"] += sum(isinstance(message, Detect) for message in done.messages)
        waiting.extend(done.messages)

    def find(self, query: str = "") -> list[Row]:
        from datetime import datetime

        with reading(self.services.engine) as tx:
            return list(find.rows(tx, parse(query, datetime.fromtimestamp(self.now))))

    def names(self, query: str = "") -> list[str]:
        """The paths a query selects, relative to the root, sorted."""
        return sorted(row.relpath for row in self.find(query))

    def move(self, old: str, new: str) -> None:
        (self.folder / new).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.folder / old, self.folder / new)
