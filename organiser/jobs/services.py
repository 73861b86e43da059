"""What handlers work with: the index, the detector, the classifier, the clock and a few plain options.

Built by the composition root and passed to every handler. Networks are loaded when first used, once a process.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from organiser.core.judging.mixture import Mixture
from organiser.core.judging.verdict import Policy
from organiser.core.library.reconcile import LossLimits
from organiser.core.query.dates import wall_clock
from organiser.files.digest import Digested, digest_of_content
from organiser.files.ignore import Rules
from organiser.index.db.engine import Index, owner_name
from organiser.jobs.paths import mounted

if TYPE_CHECKING:  # networks and decoders weigh; whoever only asks the index never loads them
    from organiser.vision.bundle import Bundle
    from organiser.vision.classifiers import Classifier
    from organiser.vision.detectors import FaceDetector
    from organiser.vision.pipeline import DetectOptions


@dataclass(frozen=True, slots=True)
class JobOptions:
    """How work is cut and guarded.

    Attributes:
        chunk: most photos in one message.
        faces: most faces in one forward pass.
        lease: seconds after which a worker that did not come back is taken for dead.
        grace: seconds a missing file is remembered before its row is purged.
        keep_crops: keep canonical crops and thumbnails, so that a new model opens no photo.
        memory: bytes of address space a child process may take, 0 for no limit.
        detect_while_identifying: find the faces of new files in the identify step, in the bytes that it read anyway;
            False leaves them to workers that read each file again.
        judge_while_detecting: classify in the detect step's pass; False leaves it to judge workers.
        judge_least: photos that are judged in one go where as many are due: a message of fewer is filled up. 0 fills none.
        window: most messages that a sweep queues at once; the queue is a window on what is due, not a copy of it.
    """

    chunk: int = 32
    faces: int = 256
    lease: float = 600.0
    grace: float = 30 * 86_400.0
    keep_crops: bool = True
    detect_while_identifying: bool = True
    judge_while_detecting: bool = True
    judge_least: int = 0
    memory: int = 0
    window: int = 4096
    loss: LossLimits = field(default_factory=LossLimits)


@dataclass(frozen=True, slots=True)
class TagOptions:
    """How tags are written.

    Attributes:
        regions: name the faces of a photo with what they appear to show (MWG regions).
        embed: write into the pictures themselves instead of beside them.
    """

    regions: bool = False
    embed: bool = False


@dataclass(frozen=True, slots=True)
class ActiveModel:
    """The model in use: its row in the index, its bundle, and the name its classifier's backend goes by."""

    id: int
    bundle: "Bundle"
    backend: str


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a handler needs; the callables load on first use and keep what they loaded.

    Attributes:
        engine: the index.
        home: the organiser's own folder.
        detector: gives the detector.
        model: gives the active model as of now.
        classifier: gives the active model's classifier.
        own_policy: the policy as the settings say it.
        mixture: gives how common each emotion is in the library, as far as it was estimated; see `mixtures`.
        clock: seconds since the epoch.
        roots: where this host mounts a root that the index knows under another path.
        digest: gives the digest of the picture file at a path, of its content, and what it says of itself.
        reads_raw: what decodes camera raw files is installed; without it scans pass over those not known yet.
    """

    engine: Index
    home: Path
    detector: "Callable[[], FaceDetector]"
    detector_fingerprint: str
    model: Callable[[], ActiveModel]
    classifier: "Callable[[ActiveModel], Classifier]"
    own_policy: Policy
    rules: Rules
    detect: "DetectOptions"
    jobs: JobOptions
    tags: TagOptions
    clock: Callable[[], float]
    roots: dict[str, str]
    owner: Callable[[], str] = owner_name
    digest: Callable[[str, bytes], Digested] = digest_of_content
    reads_raw: bool = True
    mixture: Callable[[], Mixture] = dict

    @property
    def policy(self) -> Policy:
        """The policy in force as of now: the settings' own and the library's mixture."""
        return replace(self.own_policy, mixture=self.mixture())

    def local_time(self) -> datetime:
        """Return the local wall-clock time of now, which queries speak of."""
        return wall_clock(self.clock())

    def here(self, path: str) -> str:
        """Return an absolute path of the index as this host mounts it."""
        return mounted(self.roots, path)
