"""How common each emotion is, and what a face's probabilities are where that is otherwise than a model was told. Pure.

A model's probabilities are calibrated on faces of which one in six may be sad; in an album one in fifty is. By Bayes' rule
only the shares differ (Saerens, Latinne and Decaestecker 2002), so stored probabilities stay as they are and are
rebalanced when they are folded.
"""

from collections.abc import Mapping

from organiser.core.emotion import Emotion, Probabilities

Mixture = Mapping[Emotion, float]
"""The share of each emotion among some faces, 0–1 and summing to 1; empty where it is not known."""


def rebalanced(probabilities: Probabilities, learned: Mixture, library: Mixture) -> Probabilities:
    """Return the probabilities of a face that was found among faces of the mixture `library`.

    Args:
        learned: the mixture that `probabilities` were calibrated on. Where either is empty nothing changes, and neither
            does how likely an emotion is that one of them lacks.

    >>> sad = {Emotion.HAPPY: 0.5, Emotion.SAD: 0.5}
    >>> rebalanced(sad, {Emotion.HAPPY: 0.5, Emotion.SAD: 0.5}, {Emotion.HAPPY: 0.9, Emotion.SAD: 0.1})
    {<Emotion.HAPPY: 'happy'>: 0.9, <Emotion.SAD: 'sad'>: 0.1}
    """
    if not learned or not library:
        return probabilities
    weighed = {emotion: value * _ratio(emotion, learned, library) for emotion, value in probabilities.items()}
    whole = sum(weighed.values())
    return {emotion: value / whole for emotion, value in weighed.items()} if whole > 0 else probabilities


def _ratio(emotion: Emotion, learned: Mixture, library: Mixture) -> float:
    """Return how much more common an emotion is in the library; 1 where that is not known."""
    if emotion not in library or learned.get(emotion, 0.0) <= 0:
        return 1.0
    return library[emotion] / learned[emotion]
