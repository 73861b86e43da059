"""The third run on the way to the model that ships: both earlier runs teach, eyes are covered, pictures are mixed.

python -m organiser.training fit --config taught --start runs/blend --teacher runs/ship --teacher runs/polish --data runs/faces \
    --out runs/taught

Expected, in float32 and calibrated, on PublicTest (`benchmarks/mirrored.py`): happy against sad 0.950, F1 0.883 and 0.581,
accuracy 0.682.

`polish` learned the training faces by heart (0.79 of the disturbed ones in the end) and lost what glasses and glare cover.
Mixed pictures and the mean of two networks' answers leave less to learn by heart.
"""

from dataclasses import replace

from organiser.training.learn.configs.polish import CONFIG as POLISH

CONFIG = replace(
    POLISH,
    version="4",
    options={**POLISH.options, "dropout": 0.25},
    augment=replace(POLISH.augment, exposure=0.22, cutout=0.2, glasses=0.12),
    mixup=0.3,
    epochs=28,
    rate=1.5e-3,
    refine=0.5,
    refine_from=0,
)
