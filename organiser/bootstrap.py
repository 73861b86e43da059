"""The composition root: Settings in, Services out. The only place that knows which parts are put together."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from organiser.core.judging.mixture import Mixture
from organiser.core.library.reconcile import LossLimits
from organiser.errors import BundleError, SettingsError
from organiser.files.filesystem import is_network
from organiser.files.ignore import Rules
from organiser.index.db.engine import BUSY_TIMEOUT_S, Index, open_engine, reading, writing
from organiser.index.db.upgrade import upgrade
from organiser.index.tables import mixtures, models
from organiser.jobs.services import ActiveModel, JobOptions, Services, TagOptions
from organiser.settings.values import Settings
from organiser.vision.detectors import DETECTORS

if TYPE_CHECKING:
    from organiser.core.judging.verdict import Policy
    from organiser.jobs.drivers.queue import Queue
    from organiser.vision.bundle import Bundle
    from organiser.vision.classifiers import Classifier
    from organiser.vision.detectors import FaceDetector
    from organiser.vision.pipeline import DetectOptions

_DAY_S = 86_400.0
_BACKENDS = {"cpu": "litert", "gpu": "keras"}


def open_index(settings: Settings, busy: int = BUSY_TIMEOUT_S) -> Index:
    """Open the index and bring it to this version's schema.

    Args:
        busy: seconds for which a writer waits for another.

    Raises:
        IndexUnusable: it cannot be opened or was made by a newer version.
    """
    engine = open_engine(settings.index, on_network=is_network, busy=busy)
    upgrade(engine)
    return engine


def open_services(settings: Settings, busy: int = BUSY_TIMEOUT_S) -> Services:
    """Build what handlers work with; opens the index, loads no network yet.

    Args:
        busy: seconds for which a writer waits for another.
    """
    from organiser.vision.pipeline import fingerprint as detect_fingerprint

    detector, fingerprint = make_detector(settings.detector)
    detect = detect_options(settings)
    engine = open_index(settings, busy)
    return Services(
        engine=engine,
        home=settings.home,
        detector=detector,
        detector_fingerprint=detect_fingerprint(fingerprint, detect),
        model=lambda: active_model(settings, engine),
        classifier=_Classifiers(),
        own_policy=settings.to_policy(),
        rules=Rules(patterns=settings.scan.ignore),
        detect=detect,
        jobs=JobOptions(
            grace=settings.scan.grace_days * _DAY_S,
            keep_crops=settings.detect.keep_crops,
            memory=int(settings.detect.memory_megabytes * 1e6),
            loss=LossLimits(settings.scan.loss_share, settings.scan.loss_least),
        ),
        tags=TagOptions(settings.place.regions, settings.place.embed),
        clock=time.time,
        roots=dict(settings.roots),
        reads_raw=find_spec("rawpy") is not None,
        mixture=lambda: stored_mixture(engine),
    )


def stored_mixture(engine: Index) -> Mixture:
    """Return how common each emotion is in the library, as it was estimated last; empty when it never was."""
    with reading(engine) as tx:
        found = mixtures.stored(tx)
    return found.shares if found else {}


def policy_in_force(settings: Settings, engine: Index) -> "Policy":
    """Return the policy of the settings with the library's mixture, as `Services.policy` does for those who judge."""
    return replace(settings.to_policy(), mixture=stored_mixture(engine))


def detect_options(settings: Settings) -> "DetectOptions":
    """Return what is refused unseen and which faces are judged."""
    from organiser.vision.pipeline import DetectOptions

    return DetectOptions(int(settings.detect.max_megabytes * 1e6), int(settings.detect.max_megapixels * 1e6))


def make_detector(name: str) -> tuple[Callable[[], "FaceDetector"], str]:
    """Return what makes the detector of that name, once a process, and its fingerprint.

    Raises:
        SettingsError: there is none of that name.
    """
    if name not in DETECTORS:
        raise SettingsError(f"there is no detector {name!r}", " or ".join(DETECTORS))
    module = import_module(DETECTORS[name])
    return cache(module.Detector), module.fingerprint()


def active_model(settings: Settings, engine: Index) -> ActiveModel:
    """Return the model in use: the one a person chose, else the one that ships.

    Raises:
        BundleError: its bundle is incomplete or altered; Transient: it is not on this host.
    """
    from organiser.jobs.actions.models import absent, folder_of
    from organiser.vision.bundle import MANIFEST, shipped

    with reading(engine) as tx:
        chosen = models.active_digest(tx)
        known = models.by_digest(tx, chosen) if chosen else None
    folder = shipped() if known is None else folder_of(settings.home, known.digest, known.path)
    if known and not (folder / MANIFEST).is_file():
        raise absent(known)
    bundle = _loaded(folder)
    if known and bundle.digest != known.digest:
        raise BundleError(f"{folder} is no longer {known.label}", "organiser models verify")
    return ActiveModel(register(engine, bundle), bundle, backend_for(bundle, settings.device))


def register(engine: Index, bundle: "Bundle") -> int:
    """Return the index's row of a bundle, made if it is new; whichever host made it, its path is that host's."""
    manifest = bundle.manifest
    with reading(engine) as tx:
        known = models.by_digest(tx, bundle.digest)
    if known is not None:
        return known.id
    values = manifest.name, manifest.version, bundle.digest, manifest.subject, manifest.labels
    with writing(engine) as tx:
        return models.add(tx, *values, str(bundle.path), time.time())


@cache
def _loaded(path: Path) -> "Bundle":
    from organiser.vision.bundle import load

    return load(path)


def backend_for(bundle: "Bundle", device: str) -> str:
    """Return the name of the classifier's backend: the device's, but for a bundle that has only one."""
    kinds = list(bundle.manifest.weights)
    return kinds[0] if len(kinds) == 1 and kinds[0] not in _BACKENDS.values() else _BACKENDS[device]


def make_classifier(model: ActiveModel) -> "Classifier":
    """Load the classifier of a model through the backend's entry point.

    Raises:
        BundleError: no installed part provides the backend.
    """
    found = entry_points(group="organiser.classifiers", name=model.backend)
    for point in found:
        factory: Callable[[Bundle], Classifier] = point.load()
        return factory(model.bundle)
    raise BundleError(f"no classifier backend {model.backend!r} is installed", "pip install 'organiser[training]'")


class _Classifiers:
    """The classifiers this process has loaded; the last one is kept, an older model's memory is given back."""

    def __init__(self) -> None:
        self._last: tuple[tuple[int, str], Classifier] | None = None

    def __call__(self, model: ActiveModel) -> "Classifier":
        key = model.id, model.backend
        if self._last is None or self._last[0] != key:
            self._last = key, make_classifier(model)
        return self._last[1]


def open_queue(settings: Settings) -> "Queue | None":
    """Return the queue of the broker that the settings name or that `organiser up` runs here, or None without one."""
    for point in entry_points(group="organiser.queues"):
        try:
            factory: Callable[[Settings], Queue | None] = point.load()
        except ModuleNotFoundError:
            continue  # the service's requirements are not installed
        return factory(settings)
    return None


def erase_traces(settings: Settings) -> None:
    """Have what other parts keep on disk hold no trace of what was forgotten: the queue's file names folders.

    Raises:
        Transient: it cannot be done now.
    """
    for point in entry_points(group="organiser.traces"):
        try:
            erase: Callable[[Settings], None] = point.load()
        except ModuleNotFoundError:
            continue  # the service's requirements are not installed
        erase(settings)
