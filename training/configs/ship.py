"""The model that ships: seven emotions from grey 48×48 faces.

python -m training fit --config ship --data runs/faces --out runs/ship

Result on FER2013 PublicTest: happy against sad 0.952, F1 among all seven 0.874 (happy) and 0.560 (sad), as int8 with two
views; for this model's first epochs see docs/training.md.
"""

from training.augment import Augment
from training.config import Config
from training.targets import Targets

CONFIG = Config(
    name="faces7",
    labels=("happy", "sad", "neutral", "angry", "surprise", "fear", "disgust"),
    options={"widths": (32, 64, 128, 192), "depths": (1, 2, 2), "dropout": 0.25},
    targets=Targets(
        votes=0.35,
        neutral_pull=0.4,
        smoothing=0.06,
        source_weights={"muxspace/sad": 0.5, "muxspace/angry": 0.5, "muxspace/surprise": 0.7},
        repeats={"fer2013/disgust": 2.5, "muxspace/happy": 0.5, "muxspace/neutral": 0.5},
    ),
    augment=Augment(turn=7.0, scale=0.08, shift=3.5),
    views=2,
    epochs=26,
    policy="mixed_bfloat16",
)
