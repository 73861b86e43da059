"""Fine-tuning of a shipped model's head on a person's own corrections (labels, network and input are the bundle's).

    python -m organiser.training fit --config corrections --from-bundle organiser/models/faces7 --add DIR --out runs/mine
    python -m organiser.training export --run runs/mine --add DIR --out runs/mine-bundle

DIR holds EMOTION/*.jpg, canonical crops as the organiser keeps them. An epoch is one step on everything at once.
Result: see docs/training.md, "Your own corrections".
"""

from organiser.training.learn.augment import Augment
from organiser.training.learn.config import Config

CONFIG = Config(
    name="corrections",
    labels=("happy", "sad"),
    augment=Augment(unaligned=0.0, cutout=0.1),
    epochs=120,
    rate=0.02,
)
