"""The fold: every rule against cases a person would decide alike, and laws that hold for all faces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.judging.correction import Correction
from organiser.core.judging.legible import Legibility, Sight
from organiser.core.judging.verdict import (
    Opinion,
    Policy,
    ReadFace,
    Reason,
    Rule,
    Verdict,
    correct_photo,
    fold,
    judge,
    without,
)
from organiser.core.photo import PhotoId

H, S, N = Emotion.HAPPY, Emotion.SAD, Emotion.NEUTRAL


def face(happy: float = 0.0, sad: float = 0.0, area: float = 0.1) -> Opinion:
    return Opinion(area, {H: happy, S: sad, N: 1 - happy - sad})


@pytest.mark.parametrize(
    ("rule", "faces", "emotion", "reason"),
    [
        (Rule.LARGEST, [face(happy=0.9, area=0.2), face(sad=0.9)], H, Reason.CLEAR),
        (Rule.LARGEST, [face(happy=0.4, sad=0.4)], None, Reason.UNSURE),
        (Rule.AREA, [face(happy=0.9, area=0.3), face(area=0.1)], H, Reason.CLEAR),
        (Rule.AREA, [face(happy=0.9), face(sad=0.9)], None, Reason.MIXED),
        (Rule.AREA, [face(happy=0.45, sad=0.1), face(happy=0.4, sad=0.2)], None, Reason.UNSURE),
        (Rule.MAJORITY, [face(happy=0.9), face(happy=0.9), face(sad=0.9)], H, Reason.CLEAR),
        (Rule.MAJORITY, [face(happy=0.9), face(sad=0.9)], None, Reason.MIXED),
        (Rule.MAJORITY, [face(happy=0.9), face(happy=0.4, sad=0.4)], None, Reason.UNSURE),
        (Rule.ANY, [face(), face(), face(sad=0.8)], S, Reason.CLEAR),
        (Rule.ANY, [face(happy=0.8), face(sad=0.8)], None, Reason.MIXED),
        (Rule.ANY, [face(), face()], N, Reason.CLEAR),
        (Rule.ALL, [face(happy=0.9), face(happy=0.6)], H, Reason.CLEAR),
        (Rule.ALL, [face(happy=0.9), face()], None, Reason.MIXED),
        (Rule.ALL, [face(happy=0.9), face(happy=0.4, sad=0.4)], None, Reason.UNSURE),
    ],
)
def test_each_rule_decides_as_a_person_would(
    rule: Rule, faces: list[Opinion], emotion: Emotion | None, reason: Reason
) -> None:
    verdict = judge(faces, Policy(rule))
    assert (verdict.emotion, verdict.reason) == (emotion, reason)


def test_no_face_is_a_reason_of_its_own() -> None:
    assert judge([], Policy()) == Verdict(None, None, Reason.NO_FACE)


def test_a_threshold_of_its_own_holds_for_its_emotion_only() -> None:
    policy = Policy(threshold=0.5, thresholds={S: 0.8})
    assert judge([face(sad=0.7)], policy).reason is Reason.UNSURE
    assert judge([face(happy=0.7)], policy).emotion is H


def test_a_person_s_word_on_every_face_is_a_correction() -> None:
    opinion = Opinion(0.1, {H: 1.0, S: 0.0, N: 0.0}, corrected=True)
    assert judge([opinion], Policy()) == Verdict(H, 1.0, Reason.CORRECTED)
    assert correct_photo(None) == Verdict(None, None, Reason.CORRECTED)


def test_not_this_leaves_the_rest_in_proportion() -> None:
    assert without({H: 0.6, S: 0.1, N: 0.3}, H) == {H: 0.0, S: 0.25, N: pytest.approx(0.75)}
    assert without({H: 1.0}, H) == {H: 0.0}


@pytest.mark.parametrize(
    "other", [Policy(Rule.ANY), Policy(threshold=0.51), Policy(thresholds={H: 0.5}), Policy(thresholds={S: 0.5})]
)
def test_another_policy_has_another_fingerprint(other: Policy) -> None:
    assert other.fingerprint != Policy().fingerprint


def test_the_order_of_thresholds_is_no_difference() -> None:
    policy, two = Policy(thresholds={H: 0.6, S: 0.7}), Policy(thresholds={S: 0.7, H: 0.6})
    assert policy.fingerprint == two.fingerprint


@st.composite
def opinions(draw: st.DrawFn) -> Opinion:
    happy = draw(st.floats(0, 1))
    sad = draw(st.floats(0, 1 - happy))
    return face(happy, sad, draw(st.floats(0.001, 1)))


@given(st.lists(opinions(), max_size=6), st.sampled_from(Rule), st.randoms())
def test_the_order_of_faces_never_matters(faces: list[Opinion], rule: Rule, random: object) -> None:
    shuffled = faces.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert judge(faces, Policy(rule)) == judge(shuffled, Policy(rule))


@given(st.lists(opinions(), min_size=1, max_size=6), st.sampled_from(Rule), st.floats(0.2, 0.95))
def test_an_emotion_comes_with_a_confidence_and_none_without(faces: list[Opinion], rule: Rule, least: float) -> None:
    verdict = judge(faces, Policy(rule, least))
    assert (verdict.emotion is None) == (verdict.confidence is None)
    assert (verdict.emotion is not None) == (verdict.reason is Reason.CLEAR)
    assert verdict.confidence is None or least <= verdict.confidence <= 1


HERE, THERE = Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.6, 0.2, 0.2)
BLURRED = Sight(80, 1.0, 0.9, 1.0)
STRICT = Policy(legible=Legibility(sharpness=10.0))


def read(happy: float, sad: float = 0.0, box: Box = HERE, sight: Sight | None = None) -> ReadFace:
    return ReadFace(box, face(happy, sad).probabilities, sight)


def said(emotion: Emotion | None, box: Box | None = HERE, verb: str = "is") -> Correction:
    return Correction(PhotoId(1), box, verb, emotion, "Anna", 1.0)


def test_a_word_on_a_face_is_certain_though_the_face_is_illegible() -> None:
    blurred = read(0.9, sight=BLURRED)
    assert fold([blurred], [], STRICT, faces=1).reason is Reason.UNSURE
    assert fold([blurred], [said(S)], STRICT, faces=1) == Verdict(S, 1.0, Reason.CORRECTED)
    assert fold([blurred], [said(S, THERE)], STRICT, faces=1).reason is Reason.UNSURE


def test_a_word_on_one_of_two_faces_leaves_the_other_to_the_model() -> None:
    two = [read(0.9), read(0.0, 0.9, THERE)]
    assert fold(two, [], Policy(Rule.ALL)).reason is Reason.MIXED
    assert fold(two, [said(S)], Policy(Rule.ALL)) == Verdict(S, 0.9, Reason.CLEAR)


def test_nothing_of_the_kind_on_the_only_face_leaves_no_emotion() -> None:
    assert fold([read(0.9)], [said(None)], Policy()).emotion is None


def test_a_refused_emotion_leaves_the_rest_to_be_sure_of() -> None:
    assert fold([read(0.5, 0.4)], [said(H, verb="is_not")], Policy()).emotion is S
    assert fold([read(0.5, 0.4)], [said(H, None, "is_not")], Policy()).emotion is S
    assert fold([read(0.5, 0.4)], [said(H, THERE, "is_not")], Policy()).emotion is H


readings = st.builds(
    lambda opinion, box, sight: ReadFace(box, opinion.probabilities, sight),
    opinions(),
    st.sampled_from([HERE, THERE, Box(0.12, 0.1, 0.3, 0.3)]),
    st.sampled_from([None, BLURRED]),
)
corrections = st.builds(
    said, st.sampled_from([H, S, None]), st.sampled_from([HERE, THERE, None]), st.sampled_from(["is", "is_not"])
)


@given(st.lists(readings, max_size=4), st.lists(corrections, max_size=4), st.sampled_from(Rule))
def test_a_word_on_the_whole_photo_decides_alone(faces: list[ReadFace], people: list[Correction], rule: Rule) -> None:
    people = [*people, said(H, None)]
    first = next(correction for correction in people if correction.box is None and correction.verb == "is")
    assert fold(faces, people, Policy(rule)) == correct_photo(first.emotion)


@given(st.lists(readings, max_size=4), st.lists(corrections, max_size=4), st.sampled_from(Rule))
def test_what_a_person_refused_for_the_photo_is_never_its_verdict_unless_they_said_it_of_a_face(
    faces: list[ReadFace], people: list[Correction], rule: Rule
) -> None:
    verdict = fold(faces, [*people, said(H, None, "is_not")], Policy(rule, legible=STRICT.legible), faces=len(faces))
    if not any(correction.verb == "is" and correction.emotion is H for correction in people):
        assert verdict.emotion is not H


@given(st.lists(readings, max_size=4), st.sampled_from(Rule))
def test_without_a_word_or_a_measurement_it_is_the_fold_of_what_was_read(faces: list[ReadFace], rule: Rule) -> None:
    opinions = [Opinion(each.box.w * each.box.h, each.probabilities) for each in faces]
    assert fold(faces, [], Policy(rule), faces=len(faces)) == judge(opinions, Policy(rule), faces=len(faces))
