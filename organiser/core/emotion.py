"""The emotions a face can appear to show: the one list every other module names.

We report perceived expression, never a feeling. A model may know fewer of them, never others.
"""

from collections.abc import Mapping
from enum import StrEnum


class Emotion(StrEnum):
    """What a face appears to show."""

    HAPPY = "happy"
    SAD = "sad"
    NEUTRAL = "neutral"
    ANGRY = "angry"
    SURPRISE = "surprise"
    FEAR = "fear"
    DISGUST = "disgust"
    CONTEMPT = "contempt"


Probabilities = Mapping[Emotion, float]
"""Calibrated probability of each emotion a model knows; values in 0–1, summing to 1."""


def top(probabilities: Probabilities) -> tuple[Emotion, float]:
    """Return the likeliest emotion and its probability; ties go to the first in the mapping's order.

    >>> top({Emotion.HAPPY: 0.7, Emotion.SAD: 0.3})
    (<Emotion.HAPPY: 'happy'>, 0.7)
    """
    return max(probabilities.items(), key=lambda item: item[1])
