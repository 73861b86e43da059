"""The model that ships learns what it and a teacher with a pretrained backbone say together, of faces without labels too.

python -m organiser.training answers --run organiser/models/faces7 --data runs/all --out runs/faces7.npz
python -m organiser.training together --answers runs/faces7.npz --answers training/answers/teacher-all-faces.npz \
    --answers training/answers/teacher-all-web.npz --data runs/all --words web_faces/index.csv --filed smiles \
    --out runs/together.npz
python -m organiser.training fit --config student --start organiser/models/faces7 --teacher runs/together.npz --data runs/all \
    --out runs/student

The two err apart: their mean reads better than either (docs/training.md), and faces of whole web pictures, which no set of
labelled faces shows, become part of what is learned, corrected by the words that they were filed under.
"""

from dataclasses import replace

from organiser.training.learn.configs.taught import CONFIG as TAUGHT

CONFIG = replace(
    TAUGHT,
    version="5",
    targets=replace(TAUGHT.targets, repeats={**TAUGHT.targets.repeats, "web": 2.0, "smiles": 0.5}),
    epochs=6,
    rate=8e-4,
    warmup=0.5,
    refine=0.6,
    seed=3,
)
