from datetime import UTC, datetime

import pytest

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.reporting.photo import ReportFace, record
from tests.reporting.report import reported


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"faces": reported().faces * 3}, "IMG_1.jpg: happy 97\u00a0%, 3 faces"),
        ({}, "IMG_1.jpg: happy 97\u00a0%, 1 face"),
        ({"emotion": None, "confidence": None, "reason": "no_face", "faces": ()}, "IMG_1.jpg: no face"),
        ({"emotion": None, "confidence": None, "reason": "unsure"}, "IMG_1.jpg: unsure, 1 face"),
        ({"emotion": Emotion.SAD, "confidence": None}, "IMG_1.jpg: sad, 1 face"),
        ({"confidence": 1.0, "reason": "corrected"}, "IMG_1.jpg: happy 100\u00a0%, 1 face"),
        ({"confidence": 0.9999}, "IMG_1.jpg: happy 99\u00a0%, 1 face"),
    ],
)
def test_every_picture_has_words_in_its_place(changes: dict[str, object], text: str) -> None:
    assert record(reported(**changes))["alt"] == text


def test_a_face_is_recorded_with_box_probabilities_gate_and_correction() -> None:
    judged = ReportFace(Box(0.123456, 0.2, 0.3, 0.4), {Emotion.HAPPY: 0.666666, Emotion.SAD: 0.333334}, corrected=True)
    refused = ReportFace(Box(0, 0, 0.01, 0.01), gate="small")
    faces = record(reported(faces=(judged, refused)))["faces"]
    assert faces == [
        {
            "box": [0.1235, 0.2, 0.3, 0.4],
            "probabilities": {"happy": 0.6667, "sad": 0.3333},
            "gate": None,
            "corrected": True,
        },
        {"box": [0, 0, 0.01, 0.01], "probabilities": {}, "gate": "small", "corrected": False},
    ]


def test_a_moment_is_the_clock_of_the_camera() -> None:
    assert record(reported(taken=datetime(2024, 5, 17, 14, 3, 9, 500, tzinfo=UTC)))["taken"] == "2024-05-17T14:03:09"
    assert record(reported(taken=None))["taken"] is None


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "https://example.org/a.jpg",
        "//server/a.jpg",
        "file://server/a.jpg",
        "data:text/html,x",
        "\\\\server\\a",
    ],
)
def test_a_photo_cannot_link_elsewhere(link: str) -> None:
    with pytest.raises(ValueError, match="this machine"):
        reported(link=link)


@pytest.mark.parametrize("link", ["./a.jpg", "../photos/a%20b.jpg", "file:///photos/a.jpg"])
def test_a_photo_links_to_its_file(link: str) -> None:
    assert record(reported(link=link))["link"] == link


@pytest.mark.parametrize("size", [{"width": 0}, {"height": 0}])
def test_a_picture_without_a_size_is_refused(size: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="pixels"):
        reported(**size)
