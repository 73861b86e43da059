"""The teacher on all labelled faces: a larger picture, more passes, and the lowest layers left as others trained them.

python -m organiser.training pretrained --config teacher_all --backbone faceres.tar --data runs/faces --out runs/faceres
python -m organiser.training fit --config teacher_all --start runs/faceres --data runs/faces --out runs/teacher-all

The stem and the first three blocks see edges, which faces of any set share, and take a third of a step: they stay.
What it answers is what a student learns from: `python -m organiser.training answers --run runs/teacher-all`.
"""

from dataclasses import replace

from organiser.training.learn.configs.teacher import CONFIG as TEACHER

CONFIG = replace(
    TEACHER,
    name="teacher_all",
    options={"frozen": 3},
    size=112,
    targets=replace(TEACHER.targets, votes=0.4, smoothing=0.03),
    epochs=6,
    limit=0,
    warmup=0.2,
)
