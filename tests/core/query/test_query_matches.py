"""What a query means, over one photo's facts."""

from dataclasses import replace
from datetime import datetime

import pytest

from organiser.core.query.facts import Facts
from organiser.core.query.matches import epoch, matches
from organiser.core.query.parse import parse
from organiser.core.query.terms import Between, Field, Query, Term

NOW = datetime(2024, 5, 17, 14, 3)

JUDGED = Facts(
    paths=("/photos/2024/IMG_1.jpg", "/backup/IMG_1.jpg"),
    roots=("/photos", "/backup"),
    missing=False,
    added=epoch(datetime(2024, 5, 16, 12)),
    taken=datetime(2024, 5, 1, 9, 30),
    camera="Canon EOS 5D",
    width=4000,
    height=3000,
    emotion="happy",
    confidence=0.9,
    reason="clear",
    faces=2,
    model="face@2",
    corrected=True,
)
FAILED = Facts(("/photos/broken.jpg",), ("/photos",), missing=False, added=0.0, failures=frozenset({"truncated"}))
MIXED = replace(JUDGED, emotion=None, confidence=None, reason="mixed")
GONE = replace(JUDGED, missing=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "emotion:sad|happy confidence:0.9 faces:2.. reason:clear",
        "taken:2024-05 added:-1w.. added:-1d",
        "path:img_1 camera:canon model:face@2 root:backup",
        "path:/Photos/2024 path::/IMG_[0-9]",
        "width:4000 height:..3000 corrected:yes duplicates:yes judged:yes failed:no",
        "emotion:sad , emotion:happy",
        "-emotion:sad -confidence:..0.5 -path:screenshots",
    ],
)
def test_a_photo_is_selected(text: str) -> None:
    assert matches(parse(text, NOW), JUDGED)


@pytest.mark.parametrize(
    "text",
    ["emotion:happy faces:3..", "emotion:none", "taken:..2024-04", "camera::^canon", "missing:yes", "-path:backup"],
)
def test_a_photo_is_not_selected(text: str) -> None:
    assert not matches(parse(text, NOW), JUDGED)


def test_what_is_unknown_fails_every_test_and_passes_its_opposite() -> None:
    for text in ("emotion:happy", "emotion:none", "confidence:..", "faces:0..", "taken:..", "camera:c", "model:f"):
        assert not matches(parse(text, NOW), FAILED)
        assert matches(parse(f"-{text}", NOW), FAILED)


def test_a_photo_without_verdict_is_found_by_what_is_known_of_it() -> None:
    assert matches(parse("judged:no failed:truncated path:broken", NOW), FAILED)
    assert not matches(parse("failed:crashed", NOW), FAILED)


def test_a_verdict_without_emotion_is_none() -> None:
    assert matches(parse("emotion:none reason:mixed", NOW), MIXED)


def test_missing_photos_are_selected_only_where_they_are_asked_for() -> None:
    assert not matches(parse("emotion:happy", NOW), GONE)
    assert matches(parse("emotion:happy missing:yes", NOW), GONE)
    assert matches(parse("emotion:happy -missing:no", NOW), GONE)
    assert matches(parse("missing:yes|no", NOW), GONE)
    assert not matches(parse("missing:yes -missing:yes", NOW), GONE)
    assert not matches(parse("missing:yes emotion:sad , emotion:happy", NOW), GONE)


def test_years_no_clock_can_tell_are_before_or_after_all_others() -> None:
    assert matches(parse("added:0001..9999", NOW), JUDGED)
    assert epoch(datetime(1, 1, 1)) < 0 < epoch(datetime(9999, 12, 31, 23, 59, 59))


def test_a_test_of_the_wrong_type_is_an_error_and_no_other_field() -> None:
    with pytest.raises(TypeError, match="camera"):
        matches(Query(((Term(Between(Field.CAMERA, 1, 2)),),)), JUDGED)
