"""System 4: angry, happy and sad from grey faces, two convolutions and two dense layers, about 100 pictures a class.

    python -m organiser.training fit --config three_class --data runs/faces --out runs/three_class
    python -m organiser.training evaluate --run runs/three_class --data runs/faces --fold held --out runs/three_class/held

Expected of 100 pictures a class: accuracy 0.58 over the three on held-out faces (F1 angry 0.45, happy 0.74, sad 0.42).
`organiser predict` shows one picture's distribution once it is exported.
"""

from organiser.training.learn.augment import NONE
from organiser.training.learn.config import Config
from organiser.training.learn.targets import Targets

CONFIG = Config(
    name="three-class",
    labels=("angry", "happy", "sad"),
    network="three_class",
    targets=Targets(votes=0, smoothing=0),
    augment=NONE,
    per_class=100,
    epochs=20,
    batch=32,
    rate=1e-3,
    warmup=0.0,
    decay=0.0,
    average=0.0,
)
