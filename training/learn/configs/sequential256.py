"""System 2: the plain Sequential on whole pictures of 256×256×3; happy = 0, sad = 1; 20 epochs.

    python -m organiser.training prepare --wholes web=PICTURES/web --copies --leaks repair --out runs/web-honest
    python -m organiser.training prepare --wholes web=PICTURES/web --copies --leaks keep --out runs/web-leaky
    python -m organiser.training fit --config sequential256 --data runs/web-honest --out runs/honest
    python -m organiser.training fit --config sequential256 --data runs/web-leaky --out runs/leaky
    python -m organiser.training evaluate --run runs/honest --data runs/web-honest --fold held --out runs/honest/held
    python -m organiser.training evaluate --run runs/leaky --data runs/web-leaky --fold held --out runs/leaky/held

The copies are those of a set that was enlarged on disk before it was split. Expected of 200 messy web pictures: 1.0 in
training both times; held out 0.59 when no copy can leak and 0.88 when they do.
"""

from organiser.training.learn.augment import NONE
from organiser.training.learn.config import Config
from organiser.training.learn.targets import Targets

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
