"""The teacher once more, from where it ended: a warm restart with half the rate and targets that are less smoothed.

python -m organiser.training fit --config teacher_longer --start runs/teacher --data runs/faces --out runs/teacher-longer

What it answers is what a student learns from: `python -m organiser.training answers --run runs/teacher-longer`.
"""

from dataclasses import replace

from organiser.training.learn.configs.teacher import CONFIG as TEACHER

CONFIG = replace(TEACHER, version="2", targets=replace(TEACHER.targets, smoothing=0.03), rate=6e-4, epochs=4, seed=2)
