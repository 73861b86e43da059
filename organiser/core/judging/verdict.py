"""The fold from faces' probabilities to one verdict per photo, under a policy. Pure.

Knows neither pixels nor rows. A correction enters the fold as an opinion that always wins, so no machine result can
overwrite what a person said.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from organiser.core.emotion import Emotion, Probabilities, top
from organiser.core.face import Box
from organiser.core.judging.correction import Correction, of_face, of_photo, refused
from organiser.core.judging.legible import Legibility, Sight, illegible
from organiser.core.judging.mixture import Mixture


class Reason(StrEnum):
    """Why a verdict is what it is."""

    CLEAR = "clear"
    MIXED = "mixed"
    UNSURE = "unsure"
    NO_FACE = "no_face"
    CORRECTED = "corrected"


class Rule(StrEnum):
    """How several faces become one verdict."""

    LARGEST = "largest"
    MAJORITY = "majority"
    AREA = "area"
    ANY = "any"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rule and thresholds that fold predictions into a verdict.

    Attributes:
        rule: how faces are combined.
        threshold: least probability (0–1) that counts as sure, for emotions without one of their own.
        thresholds: least probability per emotion.
        legible: least a face must have for what was read of it to count.
        mixture: how common each emotion is in the library, to which whoever gathers what was read rebalances
            probabilities; empty where they are taken as they are.
    """

    rule: Rule = Rule.AREA
    threshold: float = 0.5
    thresholds: Mapping[Emotion, float] = field(default_factory=dict)
    legible: Legibility = field(default_factory=Legibility)
    mixture: Mixture = field(default_factory=dict)

    def least(self, emotion: Emotion) -> float:
        """Return the least probability at which `emotion` counts as sure."""
        return self.thresholds.get(emotion, self.threshold)

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that differ whenever the fold could give another verdict."""
        own = ",".join(f"{name}={self.thresholds[name]!r}" for name in sorted(self.thresholds))
        text = f"fold-2;{self.rule};{self.threshold!r};{own};{self.legible.key}"
        if self.mixture:
            text += ";" + ",".join(f"{name}={self.mixture[name]!r}" for name in sorted(self.mixture))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


DEFAULT: Final = Policy(
    thresholds={Emotion.SAD: 0.7}, legible=Legibility(size=14.0, sharpness=10.0, score=0.7, frontal=0.5)
)
"""What holds where nobody chose otherwise; docs/training.md says how it was chosen and what it does to an album."""


@dataclass(frozen=True, slots=True)
class ReadFace:
    """A face (or the whole picture) with what a model reads of it and what was measured of it, None for nothing."""

    box: Box
    probabilities: Probabilities
    sight: Sight | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is held of one face.

    Attributes:
        area: the face's share of the picture, 0–1; its weight.
        probabilities: calibrated probability per emotion.
        corrected: a person gave these probabilities, which then are certain.
    """

    area: float
    probabilities: Probabilities
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a photo appears to show: an emotion or none, how sure (0–1, None without an emotion), and why."""

    emotion: Emotion | None
    confidence: float | None
    reason: Reason


def fold(read: Iterable[ReadFace], corrections: Sequence[Correction], policy: Policy, *, faces: int = 0) -> Verdict:
    """Fold one photo under `policy`, a person's word first: on the whole photo it decides alone, on a face it is certain.

    What was read of a face that the policy calls illegible does not count, unless a person said what it shows.

    Args:
        read: what was read of its faces, in any order.
        corrections: what people said of the photo, oldest first.
        faces: how many faces it shows, those included of which nothing was read.
    """
    of_whole = of_photo(corrections)
    if of_whole is not None:
        return correct_photo(of_whole.emotion)
    opinions = [opinion for face in read if (opinion := _opinion(face, corrections, policy)) is not None]
    return judge(opinions, policy, faces=faces)


def _opinion(face: ReadFace, corrections: Sequence[Correction], policy: Policy) -> Opinion | None:
    """Return what is held of a face, or None when nothing of it counts."""
    area = face.box.w * face.box.h
    by_person = of_face(corrections, face.box)
    if by_person is not None:
        emotions = dict.fromkeys(face.probabilities) | ({} if by_person.emotion is None else {by_person.emotion: None})
        return Opinion(area, {each: float(each == by_person.emotion) for each in emotions}, corrected=True)
    if illegible(face.sight, policy.legible) is not None:
        return None
    probabilities = face.probabilities
    for emotion in refused(corrections, face.box):
        probabilities = without(probabilities, emotion)
    return Opinion(area, probabilities)


def judge(opinions: Sequence[Opinion], policy: Policy, *, faces: int = 0) -> Verdict:
    """Fold the faces of one photo into its verdict under `policy`; independent of the faces' order.

    Args:
        faces: how many faces the photo shows, those included of which nothing counts.

    >>> judge([Opinion(0.2, {Emotion.HAPPY: 0.9, Emotion.SAD: 0.1})], Policy())
    Verdict(emotion=<Emotion.HAPPY: 'happy'>, confidence=0.9, reason=<Reason.CLEAR: 'clear'>)
    >>> judge([], Policy()).reason
    <Reason.NO_FACE: 'no_face'>
    >>> judge([], Policy(), faces=2).reason
    <Reason.UNSURE: 'unsure'>
    """
    if not opinions:
        return Verdict(None, None, Reason.UNSURE if faces else Reason.NO_FACE)
    ordered = sorted(opinions, key=lambda opinion: (-opinion.area, sorted(opinion.probabilities.items())))
    verdict = _FOLDS[policy.rule](ordered, policy)
    if verdict.reason is not Reason.MIXED and all(opinion.corrected for opinion in opinions):
        return Verdict(verdict.emotion, verdict.confidence, Reason.CORRECTED)
    return verdict


def correct_photo(emotion: Emotion | None) -> Verdict:
    """Return the verdict that a person's word on the whole photo gives; None means "nothing of the kind"."""
    return Verdict(emotion, None if emotion is None else 1.0, Reason.CORRECTED)


def without(probabilities: Probabilities, refused: Emotion) -> Probabilities:
    """Return `probabilities` with a person's "not this" applied: `refused` gets 0, the rest is scaled to sum to 1.

    >>> without({Emotion.HAPPY: 0.5, Emotion.SAD: 0.25, Emotion.FEAR: 0.25}, Emotion.HAPPY)[Emotion.SAD]
    0.5
    """
    rest = sum(value for emotion, value in probabilities.items() if emotion != refused)
    if rest <= 0:
        return dict.fromkeys(probabilities, 0.0)
    return {emotion: 0.0 if emotion == refused else value / rest for emotion, value in probabilities.items()}


def _sure(probabilities: Probabilities, policy: Policy) -> Emotion | None:
    emotion, probability = top(probabilities)
    return emotion if probability >= policy.least(emotion) else None


def _settle(probabilities: Probabilities, policy: Policy, opinions: Sequence[Opinion]) -> Verdict:
    """Give the clear verdict of combined `probabilities`, else say whether the faces disagree or none is sure."""
    emotion, probability = top(probabilities)
    if probability >= policy.least(emotion):
        return Verdict(emotion, min(probability, 1.0), Reason.CLEAR)
    certain = {_sure(opinion.probabilities, policy) for opinion in opinions} - {None}
    return Verdict(None, None, Reason.MIXED if len(certain) > 1 else Reason.UNSURE)


def _mean(opinions: Sequence[Opinion], weights: Sequence[float]) -> Probabilities:
    whole = sum(weights)
    sums: dict[Emotion, float] = {}
    for opinion, weight in zip(opinions, weights, strict=True):
        for emotion, probability in opinion.probabilities.items():
            sums[emotion] = sums.get(emotion, 0.0) + probability * weight / whole
    return sums


def _largest(opinions: Sequence[Opinion], policy: Policy) -> Verdict:
    return _settle(opinions[0].probabilities, policy, opinions[:1])


def _area(opinions: Sequence[Opinion], policy: Policy) -> Verdict:
    if len(opinions) == 1:
        return _largest(opinions, policy)
    return _settle(_mean(opinions, [max(opinion.area, 1e-9) for opinion in opinions]), policy, opinions)


def _majority(opinions: Sequence[Opinion], policy: Policy) -> Verdict:
    certain = [_sure(opinion.probabilities, policy) for opinion in opinions]
    for emotion in Emotion:
        holders = [opinion for opinion, sure in zip(opinions, certain, strict=True) if sure is emotion]
        if 2 * len(holders) > len(opinions):
            return Verdict(
                emotion, sum(holder.probabilities[emotion] for holder in holders) / len(holders), Reason.CLEAR
            )
    return Verdict(None, None, Reason.MIXED if len(set(certain) - {None}) > 1 else Reason.UNSURE)


def _any(opinions: Sequence[Opinion], policy: Policy) -> Verdict:
    """An emotion other than neutral that some face surely shows; two different ones are mixed; else neutral."""
    certain: dict[Emotion, float] = {}
    for opinion in opinions:
        sure = _sure(opinion.probabilities, policy)
        if sure is not None:
            certain[sure] = max(certain.get(sure, 0.0), opinion.probabilities[sure])
    shown = {emotion: value for emotion, value in certain.items() if emotion is not Emotion.NEUTRAL} or certain
    if len(shown) > 1:
        return Verdict(None, None, Reason.MIXED)
    for emotion, probability in shown.items():
        return Verdict(emotion, probability, Reason.CLEAR)
    return Verdict(None, None, Reason.UNSURE)


def _all(opinions: Sequence[Opinion], policy: Policy) -> Verdict:
    certain = {_sure(opinion.probabilities, policy) for opinion in opinions}
    if len(certain) == 1 and (emotion := certain.pop()) is not None:
        return Verdict(emotion, min(opinion.probabilities[emotion] for opinion in opinions), Reason.CLEAR)
    return Verdict(None, None, Reason.MIXED if len(certain - {None}) > 1 else Reason.UNSURE)


_FOLDS = {Rule.LARGEST: _largest, Rule.MAJORITY: _majority, Rule.AREA: _area, Rule.ANY: _any, Rule.ALL: _all}
