"""The last epochs of the model that ships: the weights of `ship`, milder disturbances, a low rate.

    python -m training fit --config ship_finish --data runs/faces --start runs/ship --out runs/finish

Faces as they are served are less disturbed than those of `ship`; ending on milder ones closes that gap (as Touvron et
al. 2019, arXiv:1906.06423, do for resolution). Result: see docs/training.md.
"""

from dataclasses import replace

from training.augment import Augment
from training.configs.ship import CONFIG as SHIP

CONFIG = replace(
    SHIP,
    augment=Augment(
        turn=4.5, scale=0.05, shift=2.0, light=0.2, exposure=0.08, coarse=0.15, jpeg=0.1, mask=0.1, cutout=0.1
    ),
    epochs=8,
    rate=5e-4,
    warmup=0.5,
    refine_from=0,
)
