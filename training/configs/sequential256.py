"""System 2: the plain Sequential on whole pictures of 256×256×3; happy = 0, sad = 1; 20 epochs.

python -m training fit --config sequential256 --data runs/web --out runs/sequential256

See docs/training.md for its accuracy with and without duplicates that leak.
"""

from training.augment import NONE
from training.config import Config
from training.targets import Targets

CONFIG = Config(
    name="sequential256",
    labels=("happy", "sad"),
    subject="photo",
    network="sequential",
    size=256,
    channels=3,
    window=(0, 0, 256, 256),
    targets=Targets(votes=0, smoothing=0),
    augment=NONE,
    epochs=20,
    batch=32,
    rate=1e-3,
    warmup=0.0,
    decay=0.0,
    average=0.0,
)
