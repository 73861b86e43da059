"""The first run on the way to the model that ships: seven emotions from grey 48×48 faces; `polish` goes on from here.

python -m organiser.training fit --config ship --data runs/faces --out runs/ship

Expected, exported and with two views, on PublicTest: happy against sad 0.952, F1 0.879 and 0.574, accuracy 0.663
(version 2 of the model).
"""

from organiser.training.learn.augment import Augment
from organiser.training.learn.config import Config
from organiser.training.learn.targets import Targets

CONFIG = Config(
    name="faces7",
    version="2",
    labels=("happy", "sad", "neutral", "angry", "surprise", "fear", "disgust"),
    options={"widths": (16, 48, 96, 256), "depths": (1, 2, 2), "dropout": 0.25},
    targets=Targets(
        votes=0.35,
        neutral_pull=0.4,
        smoothing=0.06,
        source_weights={"muxspace/sad": 0.5, "muxspace/angry": 0.5, "muxspace/surprise": 0.7},
        repeats={"fer2013/disgust": 2.5, "muxspace/happy": 0.5, "muxspace/neutral": 0.5},
    ),
    augment=Augment(turn=6.0, scale=0.07, shift=3.0, exposure=0.12, coarse=0.22, blur=0.15, cutout=0.2),
    views=2,
    epochs=40,
    refine=0.4,
    refine_from=16,
    policy="mixed_bfloat16",
)
