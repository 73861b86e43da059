"""System 3: a small binary CNN of cropped faces, happy against sad.

    python -m training fit --config cropped_faces --data runs/faces --out runs/cropped_faces
    python -m training baseline --data runs/faces

The second command gives its rival, HOG + linear SVM. See docs/training.md for both results.
"""

from training.config import Config
from training.targets import Targets

CONFIG = Config(
    name="cropped-faces",
    labels=("happy", "sad"),
    network="binary",
    options={"widths": (16, 32, 64)},
    targets=Targets(votes=0.35, smoothing=0.02),
    epochs=6,
)
