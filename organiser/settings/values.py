"""What can be set: frozen dataclasses, a field a setting, each with its default, its meaning and what is allowed."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from organiser.core.emotion import Emotion
from organiser.core.judging.legible import Legibility
from organiser.core.judging.verdict import DEFAULT, Policy, Rule
from organiser.settings.fields import (
    above,
    at_least,
    between,
    each,
    one_of,
    section,
    setting,
    url,
)
from organiser.settings.servers import PostgresSettings, RedisSettings
from organiser.vision.detectors import DETECTORS

_log = logging.getLogger(__name__)


class Origin(StrEnum):
    """Where a setting's value came from, the strongest last."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """What is scanned and when a loss is believed."""

    ignore: tuple[str, ...] = setting((), "gitignore patterns, relative to each root, of what is never scanned")
    grace_days: float = setting(30.0, "days a missing file is remembered before its row is purged", at_least(0))
    loss_share: float = setting(0.25, "share of a root's files that may vanish at once and be believed", between(0, 1))
    loss_least: int = setting(50, "files that may vanish at once whatever their share", at_least(0))


@dataclass(frozen=True, slots=True)
class DetectSettings:
    """How photos are read and which faces are good enough."""

    max_megabytes: float = setting(500.0, "files above this are not read", above(0))
    max_megapixels: float = setting(200.0, "pictures above this are not decoded", above(0))
    keep_crops: bool = setting(
        True, "keep aligned face crops and thumbnails, so that a new model opens no photo; false erases those kept"
    )
    memory_megabytes: float = setting(
        4096.0, "address space a decoding process may take, 0 for no limit (Linux)", at_least(0)
    )


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """How faces become a verdict."""

    rule: Rule = setting(DEFAULT.rule, "largest, majority, area, any or all")
    threshold: float = setting(DEFAULT.threshold, "least probability that counts as sure", between(0, 1))
    thresholds: Mapping[Emotion, float] = setting(
        dict(DEFAULT.thresholds),
        "least probability by emotion; emotions that are not named have policy.threshold",
        each("emotions", between(0, 1)),
    )
    size: float = setting(
        DEFAULT.legible.size, "a face counts whose shorter side has at least so many pixels of the picture", at_least(0)
    )
    sharpness: float = setting(
        DEFAULT.legible.sharpness,
        "a face counts that is at least as sharp, by the variance of its Laplacian",
        at_least(0),
    )
    score: float = setting(DEFAULT.legible.score, "a face counts of which the detector is as sure", between(0, 1))
    frontal: float = setting(
        DEFAULT.legible.frontal,
        "a face counts whose eyes are so far apart, over the distance to its mouth: front 1, profile 0",
        between(0, 2),
    )


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How folders are watched."""

    settle_seconds: float = setting(2.0, "a file is taken when it was quiet and unchanged for this long", at_least(0))
    reconcile_minutes: float = setting(60.0, "a whole scan at this interval, as a safety net", above(0))
    poll_seconds: float = setting(60.0, "how often network folders are polled", above(0))
    poll: tuple[str, ...] = setting((), "roots to poll whatever their file system")
    events: tuple[str, ...] = setting((), "roots to watch by events whatever their file system")


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """How collections are written."""

    regions: bool = setting(False, "write face regions (MWG) into sidecars in tag mode")
    embed: bool = setting(False, "tag mode writes into the pictures themselves instead of sidecars")


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How the always-on service runs."""

    separate_judge_workers: bool = setting(
        False, "leave judging to workers of the judge queue, e.g. one with a GPU; needs detect.keep_crops"
    )
    maintenance_seconds: float = setting(
        30.0, "how often the index is asked what was left lying or is missing in the queue", above(0)
    )
    heartbeat_timeout: float = setting(
        300.0, "a worker that hears nothing of itself for this long ends and is replaced", above(0)
    )
    port: int = setting(0, "port of /metrics and /healthz, 0 for none", between(0, 65535))
    address: str = setting("127.0.0.1", "address of /metrics and /healthz")


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the page in the browser is served."""

    port: int = setting(8320, "port of the page, 0 for a free one", between(0, 65535))
    address: str = setting("127.0.0.1", "address of the page; others than this machine's own need a password")


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How commands that run for long tell what they do."""

    format: str = setting(
        "text",
        "text (key=value) or json (one object a line) on stderr, or journald",
        one_of("text", "json", "journald"),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that two users would set differently."""

    home: Path = setting(Path(), "the organiser's folder: index, crops, models, broker data")
    index_url: str = setting("", "the index; default: sqlite in the home folder", url("sqlite", "postgresql"))
    broker_url: str = setting(
        "", "the queue; default: none, work is done in this process", url("redis", "rediss", "unix")
    )
    workers: int = setting(0, "processes that read photos; 0: one a core", between(0, 1024))
    detector: str = setting(
        "yunet",
        "what finds faces: yunet, or drawn for the drawn faces of tests and demonstrations",
        one_of(*DETECTORS),
    )
    device: str = setting("cpu", "cpu (LiteRT) or gpu (Keras/TensorFlow)", one_of("cpu", "gpu"))
    roots: Mapping[str, str] = setting({}, "where this host mounts a root: { '/their/path' = '/our/path' }")
    postgres: PostgresSettings = section(PostgresSettings)
    redis: RedisSettings = section(RedisSettings)
    scan: ScanSettings = section(ScanSettings)
    detect: DetectSettings = section(DetectSettings)
    policy: PolicySettings = section(PolicySettings)
    watch: WatchSettings = section(WatchSettings)
    place: PlaceSettings = section(PlaceSettings)
    service: ServiceSettings = section(ServiceSettings)
    web: WebSettings = section(WebSettings)
    log: LogSettings = section(LogSettings)
    origins: Mapping[str, Origin] = field(default_factory=dict)

    @property
    def index(self) -> str:
        """The index's URL; in the home's path, the characters that mean something in a URL are percent-encoded."""
        file = str(self.home / "index.db").replace("%", "%25").replace("?", "%3F")
        return self.index_url or self.postgres.url or f"sqlite:///{file}"

    @property
    def broker(self) -> str:
        """The queue's URL, or an empty text where none is set."""
        return self.broker_url or self.redis.url

    @property
    def processes(self) -> int:
        """How many processes read photos."""
        return self.workers or len(
            os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
        )

    def to_policy(self) -> Policy:
        """Return the policy of the core; a default threshold of an emotion never lowers the one set for all."""
        own, chosen = self.policy, "policy.thresholds" in self.origins
        thresholds = {emotion: it if chosen else max(it, own.threshold) for emotion, it in own.thresholds.items()}
        least = Legibility(own.size, own.sharpness, own.score, own.frontal)
        return Policy(own.rule, own.threshold, thresholds, least)
