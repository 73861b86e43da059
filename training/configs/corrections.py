"""Fine-tuning of a shipped model's head on a person's own corrections (labels, network and input are the bundle's).

    python -m training fit --config corrections --from-bundle organiser/models/faces7 --add DIR --out runs/mine
    python -m training export --run runs/mine --add DIR --out runs/mine-bundle

DIR holds EMOTION/*.jpg, canonical crops as the organiser keeps them.
"""

from training.augment import Augment
from training.config import Config
from training.targets import Targets

CONFIG = Config(
    name="corrections",
    labels=("happy", "sad"),
    targets=Targets(votes=0.0, smoothing=0.05),
    augment=Augment(unaligned=0.0, cutout=0.1),
    epochs=8,
    batch=32,
    rate=1e-3,
    warmup=0.5,
    decay=0.0,
    average=0.0,
)
