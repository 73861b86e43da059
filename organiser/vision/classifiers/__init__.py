"""The seam between kept pictures and probabilities: what every classifier promises. Knows no particular network.

Backends join through the entry-point group `organiser.classifiers`: name → a factory that takes a verified `Bundle`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from organiser.core.emotion import Emotion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from organiser.vision.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Spec:
    """What a classifier is.

    Attributes:
        model: "name@version".
        digest: SHA-256 (hex) of the bundle's manifest.
        subject: "face" (it judges canonical crops) or "photo" (thumbnails).
        labels: the emotions in the order of the probabilities.
    """

    model: str
    digest: str
    subject: str
    labels: tuple[Emotion, ...]


class Classifier(Protocol):
    """Gives calibrated probabilities for kept pictures; may be shared by threads, loads its network at first use."""

    @property
    def spec(self) -> Spec:
        """What this classifier is."""
        ...

    def predict(self, crops: "NDArray[np.uint8] | Sequence[NDArray[np.uint8]]") -> "NDArray[np.float32]":
        """Return float32[N, K] probabilities, rows summing to 1, of N kept pictures uint8[H, W, 3] RGB.

        Raises:
            BundleError: the bundle's network cannot be run.
        """
        ...


def spec_of(bundle: "Bundle") -> Spec:
    """Return what a classifier built from `bundle` is."""
    manifest = bundle.manifest
    return Spec(manifest.model, bundle.digest, manifest.subject, manifest.labels)


def decode_kept(data: bytes) -> "NDArray[np.uint8]":
    """Return a kept crop or thumbnail (JPEG) as uint8[H, W, 3] RGB; ValueError when `data` is no picture."""
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
    if image is None:
        raise ValueError("a kept picture cannot be decoded")
    return np.asarray(image, np.uint8)
