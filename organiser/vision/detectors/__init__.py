"""The seam between an image and its faces: what every detector promises. Knows no particular network."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

from organiser.core.face import Face

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


DETECTORS: Final[Mapping[str, str]] = {
    "yunet": "organiser.vision.detectors.yunet",
    "drawn": "organiser.vision.detectors.stub",
}
"""The names that a setting may have, and the module of each: it has a class `Detector`, and a function `fingerprint` that
says what the detector's property would, loading no network."""


class FaceDetector(Protocol):
    """Finds faces in upright images."""

    @property
    def fingerprint(self) -> str:
        """Short text that differs whenever the same image could give other faces: name, network, settings."""
        ...

    def detect(self, image: "NDArray[np.uint8]") -> list[Face]:
        """Return the faces of `image`, uint8[H, W, 3] RGB, by descending box area; boxes and landmarks normalised 0–1.

        Boxes lie inside the image; landmarks may lie outside. `Face.quality` is left None.
        """
        ...
