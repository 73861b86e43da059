"""Messages travel as JSON and come back the same."""

import json

import pytest

from organiser.jobs.messages import Detect, Identify, Judge, Message, Place, ScanRoot, Sweep, decode, encode

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
