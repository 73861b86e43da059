"""System 1: a whole-picture happy/sad classifier, image in, happy or sad out, no face step.

    python -m organiser.training prepare --wholes web=PICTURES/web --leaks repair --out runs/web
    python -m organiser.training fit --config whole_photo --data runs/web --out runs/whole_photo
    python -m organiser.training evaluate --run runs/whole_photo --data runs/web --fold held --out runs/whole_photo/held

PICTURES/web holds happy/ and sad/. Expected of 200 messy web pictures: happy against sad right for 0.67 of the 27 held
out, a little better than guessing the larger class; docs/training.md says why.
"""

from organiser.training.learn.augment import Augment
from organiser.training.learn.config import Config
from organiser.training.learn.targets import Targets

CONFIG = Config(
    name="whole-photo",
    labels=("happy", "sad"),
    subject="photo",
    network="binary",
    options={"widths": (16, 32, 64, 96)},
    size=128,
    channels=3,
    window=(0, 0, 256, 256),
    targets=Targets(votes=0, smoothing=0.05),
    augment=Augment(unaligned=0, shift=8.0, fill=0, mask=0),
    epochs=30,
    batch=16,
    average=0.9,
)
