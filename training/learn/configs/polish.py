"""The second run on the way to the model that ships: a warm restart from `ship` with milder disturbances.

python -m organiser.training fit --config polish --start runs/ship --data runs/faces --out runs/polish

Expected, blended with a fifth of `ship` and exported, on PublicTest: happy against sad 0.950, F1 0.884 and 0.583, accuracy
0.679 (version 3 of the model).

In the last epoch of `ship` 0.70 of the disturbed training faces were answered right and 0.645 of new ones: the network was
held back by disturbances more than it had learned by heart.
"""

from dataclasses import replace

from organiser.training.learn.augment import Augment
from organiser.training.learn.configs.ship import CONFIG as SHIP

CONFIG = replace(
    SHIP,
    version="3",
    options={**SHIP.options, "dropout": 0.2},
    targets=replace(SHIP.targets, votes=0.3, neutral_pull=0.35, smoothing=0.03),
    augment=Augment(
        unaligned=0.1, turn=5.0, scale=0.06, shift=2.5, light=0.22, exposure=0.15, coarse=0.18, blur=0.12, jpeg=0.1,
        noise=0.07, mask=0.1, fill=0.4, cutout=0.15,
    ),
    views=1,
    epochs=50,
    rate=1.5e-3,
    refine=0.3,
    refine_from=20,
)  # fmt: skip
