"""A run of a minute on a few real faces, to see that everything works; its figures mean nothing.

python -m organiser.training fit --config smoke --data runs/faces --out runs/smoke

It ends with a run folder and no claim.
"""

from organiser.training.learn.config import Config

CONFIG = Config(
    name="smoke",
    labels=("happy", "sad", "neutral", "angry", "surprise", "fear", "disgust"),
    options={"widths": (8, 16, 32), "depths": (1, 1)},
    epochs=2,
    limit=2000,
)
