"""A teacher: the body of a network that was trained on a great many faces by others, fine-tuned as a whole.

python -m organiser.training pretrained --config teacher --backbone faceres.tar --data runs/faces --out runs/faceres
python -m organiser.training fit --config teacher --start runs/faceres --data runs/faces --out runs/teacher

Too large and too slow to ship; what it answers is kept (`python -m organiser.training answers`) and a student learns from that.
Crops are read at their full 96 pixels, in grey, as all faces of the sets are.
"""

from organiser.training.learn.augment import Augment
from organiser.training.learn.config import Config
from organiser.training.learn.targets import Targets

CONFIG = Config(
    name="teacher",
    labels=("happy", "sad", "neutral", "angry", "surprise", "fear", "disgust"),
    network="mobilenet",
    size=96,
    targets=Targets(
        votes=0.25,
        neutral_pull=0.35,
        smoothing=0.05,
        source_weights={"muxspace/sad": 0.5, "muxspace/angry": 0.5, "muxspace/surprise": 0.7},
        repeats={"fer2013/disgust": 2.0, "muxspace/happy": 0.5, "muxspace/neutral": 0.5},
    ),
    augment=Augment(
        unaligned=0.05, turn=4.0, scale=0.05, shift=2.5, light=0.15, exposure=0.05, coarse=0.1, blur=0.05, jpeg=0.05,
        noise=0.03, mask=0.05, fill=0.4, cutout=0.1,
    ),
    epochs=6,
    limit=14_000,
    batch=64,
    rate=1e-3,
    warmup=0.1,
    decay=0.03,
    average=0.97,
    views=2,
)  # fmt: skip
