"""Messages travel as JSON and come back the same."""

import json

import pytest

from organiser.jobs.messages import (
    Detect,
    Identify,
    InvalidMessage,
    Judge,
    Message,
    Place,
    ScanRoot,
    Sweep,
    decode,
    encode,
)

_MESSAGES: list[Message] = [
    ScanRoot(1, ("a", "b"), ("c",), run_id=4, fresh=True, confirm_missing=True),
    Identify((1, 2, 3), fresh=True, size=4),
    Detect((5,), run_id=1),
    Judge((5, 6)),
    Place(),
    Place((7, 8), run_id=2),
    Sweep(),
]


@pytest.mark.parametrize("message", _MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_wire(message: Message) -> None:
    assert decode(json.loads(json.dumps(encode(message)))) == message
    assert encode(decode(encode(message))) == encode(message)


def test_every_field_of_every_kind_is_checked() -> None:
    for message in _MESSAGES:
        for name in encode(message):
            for wrong in (object(), -1, 2**64, "\0", [-1], ["../x"], {"a": {}}, float("nan"), "x" * 9999):
                with pytest.raises(InvalidMessage):
                    decode(encode(message) | {name: wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        7,
        [],
        "detect",
        {},
        {"kind": None},
        {"kind": ["detect"]},
        {"kind": "exec"},
        {"kind": "detect"},
        {"kind": "detect", "photo_ids": None},
        {"kind": "detect", "photo_ids": [True]},
        {"kind": "detect", "photo_ids": [1.0]},
        {"kind": "detect", "photo_ids": [0]},
        {"kind": "detect", "photo_ids": [1] * 10_001},
        {"kind": "detect", "photo_ids": [[[1]]]},
        {"kind": "detect", "photo_ids": [1], "fresh": 0},
        {"kind": "identify", "file_ids": [1], "size": False},
        {"kind": "detect", "photo_ids": [1], "run_id": "1"},
        {"kind": "detect", "photo_ids": [1], "owner": "x"},
        {"kind": "scanroot", "root_id": 1, "trees": ["/etc"]},
        {"kind": "scanroot", "root_id": 1, "trees": ["a/../../etc"]},
        {"kind": "scanroot", "root_id": 1, "directories": ["a\0"]},
        {"kind": "scanroot", "root_id": 1, "unsettled": "abc"},
        {"kind": "scanroot", "root_id": 1, "quiet": float("inf")},
        {"kind": "scanroot", "root_id": 1, "token": "\ud800"},
    ],
    ids=repr,
)
def test_what_is_no_message_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidMessage):
        decode(wrong)


def test_names_that_no_unicode_holds_travel() -> None:
    message = ScanRoot(1, ("caf\udce9", "a b/ü"), ("",), token="1:abc", unsettled=("x/..y",))
    assert decode(json.loads(json.dumps(encode(message)))) == message


def test_a_message_of_the_version_before_is_understood() -> None:
    old = {"kind": "look", "photo_ids": [1, 2], "run_id": None, "fresh": True}
    assert decode(old) == Detect((1, 2), fresh=True)
