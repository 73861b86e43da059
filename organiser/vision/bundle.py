"""Model bundles: a directory with a manifest and weights, the whole contract between training and the organiser.

Owns the manifest's schema and its verification; every file is checked against its digest before a network is built from
it. Knows no backend: a weights entry is named after what reads it. Imports nothing heavy, so that commands
that only list models start at once.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from organiser.core.emotion import Emotion
from organiser.core.judging.mixture import Mixture
from organiser.errors import BundleError
from organiser.regular_files import open_regular, read_regular
from organiser.vision.manifest_fields import check_text, count_of, one_of, text_of
from organiser.vision.template import CROP_SIZE, CROP_TEMPLATE, THUMBNAIL_SIZE, THUMBNAIL_TEMPLATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCHEMA: Final = 1
MANIFEST: Final = "manifest.json"

_TEMPLATES: Final = {"face": CROP_TEMPLATE, "photo": THUMBNAIL_TEMPLATE}
_SIDES: Final = {"face": CROP_SIZE, "photo": THUMBNAIL_SIZE}
_SHIPPED: Final = Path(__file__).parent.parent / "models"

_MOST_MANIFEST_BYTES: Final = 1 << 24
_MOST_WEIGHTS_BYTES: Final = 1 << 31
_LONGEST_CAUSE: Final = 300
_LARGEST_SIDE: Final = 1024
"""Pixels of a network's input; what it is cut from has no more than 256."""

_SHA256: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Input:
    """What the network takes, uint8[N, height, width, channels] (1 grey, 3 RGB), and the part of a crop it comes from.

    Attributes:
        window: x, y, w, h in pixels of the crop; of a thumbnail, which may be smaller, it begins in the corner.
    """

    height: int
    width: int
    channels: int
    window: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Calibration:
    """probabilities = softmax((logits + bias) / temperature); the bias has one figure per label or is empty."""

    temperature: float = 1.0
    bias: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """One weights file of a bundle: its plain name, SHA-256 in hex, and for LiteRT its precision."""

    file: str
    sha256: str
    precision: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself.

    Attributes:
        subject: what one input shows, a canonical face crop or a whole photo's thumbnail.
        labels: the emotions in the order of the network's outputs.
        views: 1, or 2 when logits are averaged over the input and its mirror image.
        weights: backend name → file; "features" is for no backend but for a later fine-tuning, and may be missing.
        metrics, provenance: for people; but for `mixture` nothing here depends on them.
    """

    name: str
    version: str
    subject: Literal["face", "photo"]
    labels: tuple[Emotion, ...]
    input: Input
    views: Literal[1, 2]
    calibration: Calibration
    weights: Mapping[str, Weights]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The model's id, "name@version"."""
        return f"{self.name}@{self.version}"

    @property
    def mixture(self) -> Mixture:
        """How common each emotion is among the faces that it was calibrated on; empty when it does not say."""
        try:
            counts = [int(self.metrics["validation"]["report"][label]["support"]) for label in self.labels]
        except (KeyError, TypeError, ValueError):
            return {}
        if min(counts) <= 0:
            return {}
        return {label: count / sum(counts) for label, count in zip(self.labels, counts, strict=True)}

    @property
    def crop(self) -> str:
        """Template id of the pictures the model judges."""
        return _TEMPLATES[self.subject]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle: where it lies, what it says, and the SHA-256 (hex) of its manifest, which names this model."""

    path: Path
    manifest: Manifest
    digest: str

    def weights(self, backend: str) -> Path:
        """Return the verified weights file for `backend`; BundleError when the bundle has none."""
        entry = self.manifest.weights.get(backend)
        if entry is None:
            have = ", ".join(sorted(self.manifest.weights))
            raise BundleError(f"{self.path}: {self.manifest.model} has no weights for {backend} (it has: {have})")
        return self.path / entry.file


def load(path: Path) -> Bundle:
    """Read the bundle in directory `path` and verify every file it names.

    Raises:
        BundleError: a file is missing, altered, or not of a kind this version reads; names the file and the cause.
    """
    source = path / MANIFEST
    try:
        data = read_regular(source, _MOST_MANIFEST_BYTES, follow=_is_shipped(path))
    except OSError as error:
        raise _unreadable(source, error) from error
    manifest = parse(data, str(source))
    for entry in manifest.weights.values():
        _verify(path / entry.file, entry.sha256)
    return Bundle(path, manifest, hashlib.sha256(data).hexdigest())


def shipped() -> Path:
    """Return the directory of the model that ships with the organiser; BundleError when this installation has none."""
    found = sorted(source.parent for source in _SHIPPED.glob(f"*/{MANIFEST}"))
    if not found:
        raise BundleError(f"{_SHIPPED}: no model ships with this installation")
    return found[0]


def parse(data: bytes, source: str) -> Manifest:
    """Return the manifest in `data`; BundleError, beginning with `source`, when anything in it is not as it must be."""
    try:
        return _manifest(json.loads(data))
    except RecursionError as error:
        raise BundleError(f"{source}: nested too deeply") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        cause = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise BundleError(f"{source}: {cause[:_LONGEST_CAUSE]}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest` into the bundle directory `folder`, in the form that `load` reads."""
    entry: dict[str, Any] = {
        "schema": SCHEMA,
        "name": manifest.name,
        "version": manifest.version,
        "subject": manifest.subject,
        "labels": list(manifest.labels),
        "input": {
            "height": manifest.input.height,
            "width": manifest.input.width,
            "channels": manifest.input.channels,
            "window": list(manifest.input.window),
        },
        "crop": manifest.crop,
        "views": manifest.views,
        "calibration": {"method": "temperature", "temperature": manifest.calibration.temperature}
        | ({"bias": list(manifest.calibration.bias)} if manifest.calibration.bias else {}),
        "weights": {
            backend: {"file": item.file, "sha256": item.sha256}
            | ({"precision": item.precision} if item.precision else {})
            for backend, item in manifest.weights.items()
        },
        "metrics": dict(manifest.metrics),
        "provenance": dict(manifest.provenance),
    }
    (folder / MANIFEST).write_text(json.dumps(entry, indent=2) + "\n", "utf-8")


def cut(crop: "NDArray[np.uint8]", shape: Input) -> "NDArray[np.uint8]":
    """Return the network's input uint8[height, width, channels] for a kept picture, uint8[H, W, 3] RGB.

    The window is cut out, shrunk by area, then made grey where the network is. Of a thumbnail smaller than the window
    the whole is taken.
    """
    import cv2

    x, y, w, h = shape.window
    part = cv2.resize(crop[y : y + h, x : x + w], (shape.width, shape.height), interpolation=cv2.INTER_AREA)
    if shape.channels == 1:
        part = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    return part.reshape(shape.height, shape.width, shape.channels).astype("uint8", copy=False)


def read_weights(path: Path) -> bytes:
    """Return the content of a bundle's weights file; OSError when it cannot be read or is invalid."""
    return read_regular(path, _MOST_WEIGHTS_BYTES, follow=_is_shipped(path.parent))


def _is_shipped(path: Path) -> bool:
    """Whether `path` is a bundle of this installation: some installers lay a package's files down as links."""
    return path.parent == _SHIPPED


def _unreadable(path: Path, error: Exception) -> BundleError:
    cause = (error.strerror if isinstance(error, OSError) else None) or str(error)
    hint = "copy it with what its links lead to: cp -rL" if path.is_symlink() else ""
    return BundleError(f"{path}: {cause}", hint)


def _verify(path: Path, sha256: str) -> None:
    try:
        with open_regular(path, max_bytes=_MOST_WEIGHTS_BYTES, follow=_is_shipped(path.parent)) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error
    if digest != sha256:
        raise BundleError(f"{path}: altered since it was exported (its digest is not the manifest's)")


def _manifest(entry: dict[str, Any]) -> Manifest:
    if entry["schema"] != SCHEMA:
        raise ValueError(f"schema {entry['schema']!r} is not {SCHEMA}, which this version reads")
    subject = one_of(entry, "subject", ("face", "photo"))
    if entry["crop"] != _TEMPLATES[subject]:
        raise ValueError(f"made for crops {entry['crop']!r}, this version cuts {_TEMPLATES[subject]!r}")
    labels = tuple(Emotion(label) for label in entry["labels"])
    if len(labels) < 2 or len(set(labels)) != len(labels):
        raise ValueError("'labels' must be at least two different emotions")
    weights = {backend: _weights(backend, item) for backend, item in entry["weights"].items()}
    if not weights:
        raise ValueError("'weights' is empty")
    return Manifest(
        name=text_of(entry, "name"),
        version=text_of(entry, "version"),
        subject=subject,
        labels=labels,
        input=_input(entry["input"], subject),
        views=one_of(entry, "views", (1, 2)),
        calibration=_calibration(entry["calibration"], len(labels)),
        weights=weights,
        metrics=dict(entry.get("metrics", {})),
        provenance=dict(entry.get("provenance", {})),
    )


def _input(entry: dict[str, Any], subject: str) -> Input:
    height, width = (count_of(entry, name) for name in ("height", "width"))
    window = tuple(entry["window"])
    if len(window) != 4 or not all(type(number) is int for number in window) or min(window) < 0 or min(window[2:]) < 1:
        raise ValueError("'window' must be four whole numbers x, y, w, h")
    x, y, w, h = window
    if max(x + w, y + h) > _SIDES[subject]:
        raise ValueError(f"'window' {[x, y, w, h]} reaches beyond {_SIDES[subject]} pixels")
    if subject == "photo" and (x or y):
        raise ValueError("'window' of a photo must begin at 0, 0: thumbnails have various shapes")
    if max(height, width) > _LARGEST_SIDE:
        raise ValueError(f"an input of {width} × {height} pixels; {_LARGEST_SIDE} × {_LARGEST_SIDE} are allowed")
    return Input(height, width, one_of(entry, "channels", (1, 3)), (x, y, w, h))


def _calibration(entry: dict[str, Any], classes: int) -> Calibration:
    one_of(entry, "method", ("temperature",))
    temperature, bias = float(entry["temperature"]), tuple(float(number) for number in entry.get("bias", ()))
    if not 0 < temperature < math.inf:
        raise ValueError("'temperature' must be a number above 0")
    if not all(map(math.isfinite, bias)):
        raise ValueError("'bias' must be of finite numbers")
    if len(bias) not in (0, classes):
        raise ValueError(f"'bias' has {len(bias)} figures for {classes} labels")
    return Calibration(temperature, bias)


def _weights(backend: str, entry: dict[str, Any]) -> Weights:
    check_text(backend, "a backend's name")
    file = text_of(entry, "file")
    if Path(file).name != file or file in ("..", MANIFEST):
        raise ValueError(f"'file' of {backend} must be a plain file name, not {file!r}")
    sha256 = text_of(entry, "sha256")
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"'sha256' of {backend} must be 64 hexadecimal digits, not {sha256!r}")
    return Weights(file, sha256, text_of(entry, "precision") if entry.get("precision") else None)
