"""Settings: read once, at the edge, into frozen dataclasses; each value knows where it came from.

Flags win over the environment, the environment over `organiser.toml`, the file over the defaults. A key `policy.rule` is
`rule` in the file's table `[policy]` and `ORGANISER_POLICY_RULE` in the environment. Nothing below reads the environment.
"""

import json
import os
import tomllib
import types
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from platformdirs import user_data_path

from organiser.core.emotion import Emotion
from organiser.core.legible import Legibility
from organiser.core.verdict import DEFAULT, Policy, Rule
from organiser.errors import SettingsError


class Origin(StrEnum):
    """Where a setting's value came from, the strongest last."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


def _setting(default: Any, doc: str) -> Any:
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata={"doc": doc})
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """What is scanned and when a loss is believed."""

    ignore: tuple[str, ...] = _setting((), "gitignore patterns, relative to each root, of what is never scanned")
    grace_days: float = _setting(30.0, "days a missing file is remembered before its row is purged")
    loss_share: float = _setting(0.25, "share of a root's files (0-1) that may vanish at once and be believed")
    loss_least: int = _setting(50, "files that may vanish at once whatever their share")


@dataclass(frozen=True, slots=True)
class DetectSettings:
    """How photos are read and which faces are good enough."""

    max_megabytes: float = _setting(500.0, "files above this are not read")
    max_megapixels: float = _setting(200.0, "pictures above this are not decoded")
    keep_crops: bool = _setting(
        True, "keep aligned face crops and thumbnails, so that a new model opens no photo; false erases those kept"
    )
    memory_megabytes: float = _setting(4096.0, "address space a decoding process may take, 0 for no limit (Linux)")


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """How faces become a verdict."""

    rule: Rule = _setting(DEFAULT.rule, "largest, majority, area, any or all")
    threshold: float = _setting(DEFAULT.threshold, "least probability that counts as sure")
    thresholds: Mapping[Emotion, float] = _setting(
        dict(DEFAULT.thresholds), "least probability by emotion; emotions that are not named have policy.threshold"
    )
    size: float = _setting(
        DEFAULT.legible.size, "a face counts whose shorter side has at least so many pixels of the picture"
    )
    sharpness: float = _setting(
        DEFAULT.legible.sharpness, "a face counts that is at least as sharp, by the variance of its Laplacian"
    )
    score: float = _setting(DEFAULT.legible.score, "a face counts of which the detector is as sure, 0-1")
    frontal: float = _setting(
        DEFAULT.legible.frontal,
        "a face counts whose eyes are so far apart, over the distance to its mouth: front 1, profile 0",
    )


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How folders are watched."""

    settle_seconds: float = _setting(2.0, "a file is taken when it was quiet and unchanged for this long")
    reconcile_minutes: float = _setting(60.0, "a whole scan at this interval, as a safety net")
    poll_seconds: float = _setting(60.0, "how often network folders are polled")
    poll: tuple[str, ...] = _setting((), "roots to poll whatever their file system")
    events: tuple[str, ...] = _setting((), "roots to watch by events whatever their file system")


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """How collections are written."""

    regions: bool = _setting(False, "write face regions (MWG) into sidecars in tag mode")
    embed: bool = _setting(False, "tag mode writes into the pictures themselves instead of sidecars")


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How the always-on service runs."""

    separate_judge_workers: bool = _setting(
        False, "leave judging to workers of the judge queue, e.g. one with a GPU; needs detect.keep_crops"
    )
    maintenance_seconds: float = _setting(
        30.0, "how often the index is asked what was left lying or is missing in the queue"
    )
    heartbeat_timeout: float = _setting(
        300.0, "a worker that hears nothing of itself for this long ends and is replaced"
    )
    port: int = _setting(0, "port of /metrics and /healthz, 0 for none")
    address: str = _setting("127.0.0.1", "address of /metrics and /healthz")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that two users would set differently."""

    home: Path = _setting(Path(), "the organiser's folder: index, crops, models, broker data")
    index_url: str = _setting("", "the index; default: sqlite in the home folder")
    broker_url: str = _setting("", "the queue, redis://…; default: none, work is done in this process")
    workers: int = _setting(0, "processes that read photos; 0: one a core")
    detector: str = _setting(
        "yunet", "what finds faces: yunet, or drawn for the drawn faces of tests and demonstrations"
    )
    device: str = _setting("cpu", "cpu (LiteRT) or gpu (Keras/TensorFlow)")
    roots: Mapping[str, str] = _setting({}, "where this host mounts a root: { '/their/path' = '/our/path' }")
    scan: ScanSettings = field(default_factory=ScanSettings)
    detect: DetectSettings = field(default_factory=DetectSettings)
    policy: PolicySettings = field(default_factory=PolicySettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    place: PlaceSettings = field(default_factory=PlaceSettings)
    service: ServiceSettings = field(default_factory=ServiceSettings)
    origins: Mapping[str, Origin] = field(default_factory=dict)

    @property
    def index(self) -> str:
        """The index's URL."""
        return self.index_url or f"sqlite:///{self.home / 'index.db'}"

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


@dataclass(frozen=True, slots=True)
class Item:
    """One setting as `organiser doctor` and the documentation list it."""

    key: str
    variable: str
    value: Any
    origin: Origin
    doc: str


def load(environment: Mapping[str, str], flags: Mapping[str, Any] = types.MappingProxyType({})) -> Settings:
    """Read the settings.

    Args:
        environment: usually `os.environ`.
        flags: values by key from the command line; None means not given.

    Raises:
        SettingsError: a value cannot be what was given, or the file has a key that no setting has.
    """
    home = flags.get("home") or environment.get("ORGANISER_HOME") or user_data_path("organiser")
    path = Path(environment.get("ORGANISER_CONFIG") or Path(home) / "organiser.toml")
    written = _flatten(_read_file(path))
    keys = _keys(Settings)
    for key in written:
        if key not in keys:
            raise SettingsError(f"{path}: there is no setting {key!r}", "organiser doctor lists the settings")
    values: dict[str, Any] = {"home": Path(home).expanduser().absolute()}
    origins = {"home": _home_origin(environment, flags)}
    for key, (kind, _) in keys.items():
        given = flags.get(key), environment.get(_variable(key)), written.get(key)
        for raw, origin in zip(given, (Origin.FLAG, Origin.ENVIRONMENT, Origin.FILE), strict=True):
            if raw is not None and key != "home":
                values[key] = _parse(kind, raw, f"{key} ({origin} {path if origin is Origin.FILE else ''})")
                origins[key] = origin
                break
    built: Settings = _build(Settings, "", values)
    _check_together(built)
    return replace(built, origins=origins)


def _check_together(settings: Settings) -> None:
    """Refuse settings that each are fine and together never come to an end."""
    if settings.service.separate_judge_workers and not settings.detect.keep_crops:
        raise SettingsError(
            "service.separate_judge_workers needs detect.keep_crops: whoever judges apart reads the kept crops",
            "leave one of the two at its default",
        )


def items(settings: Settings) -> list[Item]:
    """Return every setting with its value and origin, in the order of the file."""
    found = []
    for key, (_, doc) in _keys(Settings).items():
        value: Any = settings
        for part in key.split("."):
            value = getattr(value, part)
        found.append(Item(key, _variable(key), value, settings.origins.get(key, Origin.DEFAULT), doc))
    return found


def _home_origin(environment: Mapping[str, str], flags: Mapping[str, Any]) -> Origin:
    if flags.get("home"):
        return Origin.FLAG
    return Origin.ENVIRONMENT if environment.get("ORGANISER_HOME") else Origin.DEFAULT


def _variable(key: str) -> str:
    return "ORGANISER_" + key.replace(".", "_").upper()


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _flatten(tables: Mapping[str, Any]) -> dict[str, Any]:
    sections = {each.name for each in fields(Settings) if each.name != "origins" and _section(each)}
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        if name in sections and isinstance(value, dict):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            flat[name] = value
    return flat


def _section(each: "Field[Any]") -> bool:
    return "doc" not in each.metadata


def _keys(kind: Any, prefix: str = "") -> dict[str, tuple[Any, str]]:
    hints = get_type_hints(kind)
    keys: dict[str, tuple[Any, str]] = {}
    for each in fields(kind):
        if each.name == "origins":
            continue
        if _section(each):
            keys |= _keys(hints[each.name], f"{each.name}.")
        else:
            keys[prefix + each.name] = (hints[each.name], each.metadata["doc"])
    return keys


def _build(kind: Any, prefix: str, values: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    made = {}
    for each in fields(kind):
        if each.name == "origins":
            continue
        if _section(each):
            made[each.name] = _build(hints[each.name], f"{each.name}.", values)
        elif prefix + each.name in values:
            made[each.name] = values[prefix + each.name]
    return kind(**made)


def _parse(kind: Any, raw: Any, where: str) -> Any:
    """Turn text (environment) or a TOML value into a setting's type."""
    try:
        origin = get_origin(kind)
        if origin is tuple:
            return tuple(raw.split(os.pathsep) if isinstance(raw, str) else [str(one) for one in raw])
        if origin is not None and issubclass(origin, Mapping):
            name, inner = get_args(kind)
            table = json.loads(raw) if isinstance(raw, str) else raw
            return {name(key): inner(value) for key, value in table.items()}
        if kind is bool:
            return raw if isinstance(raw, bool) else _TRUTH[str(raw).lower()]
        return kind(raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"setting {where} cannot be {raw!r}") from error


_TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
