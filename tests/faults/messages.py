"""What somebody could put into the broker: named cases, and seeded changes of real messages."""

import base64
import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from organiser.jobs.messages import Detect, Identify, Judge, Place, ScanRoot, Sweep, encode
from organiser.workers.dispatch import HANDLE, HEARTBEAT, MAINTAIN, RECOVER, SCHEDULED

_EMBEDDED = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
_NESTED = b"[" * 200_000
_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**31, 2**64, 10**400, float("nan"), float("inf"), "", "x", "\0", "\ud800", "x" * 70_000,
    "9999-12-31T23:59:59+00:00", "2026-13-45", [], {}, [[]], [None], [1] * 50_000, {"": {}}, {"__type__": "uuid", "__value__": "x"},
    {"__type__": "datetime", "__value__": "x"}, {"__type__": {}, "__value__": 1},
)  # fmt: skip
_MESSAGES = (
    ScanRoot(1, ("a",), ("b",), run_id=1, asked=True, token="x"),
    Identify((1, 2), size=9),
    Detect((1,)),
    Judge((1,)),
    Place(),
    Sweep(),
)


def body(named: object, embedded: object = _EMBEDDED) -> str:
    return base64.b64encode(json.dumps([[], named, embedded]).encode()).decode()


def message(task: str = HANDLE, named: object = None, **headers: object) -> dict[str, Any]:
    """Return a message as our dispatcher sends it."""
    named = {"message": encode(Sweep())} if named is None else named
    return {
        "body": body(named),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": task, "id": "1-2", "shadow": None, "eta": None, "expires": None, "group": None,
                    "group_index": None, "retries": 0, "timelimit": [80.0, None], "root_id": "1-2", "parent_id": None,
                    "argsrepr": "", "kwargsrepr": "", "origin": "gen1@host", "ignore_result": None,
                    "replaced_task_nesting": 0, "stamped_headers": None, "stamps": {}, "sent": 1.0, "crashes": 0} | headers,
        "properties": {"correlation_id": "1-2", "reply_to": "3-4", "delivery_mode": 2, "priority": 0,
                       "delivery_info": {"exchange": "", "routing_key": "detect"}, "body_encoding": "base64",
                       "delivery_tag": "5-6"},
    }  # fmt: skip


def valid() -> list[dict[str, Any]]:
    """Return one message of each kind that we send."""
    return [
        *(message(named={"message": encode(step)}) for step in _MESSAGES),
        message(RECOVER, {"owner": "elsewhere:5", "why": "it ended"}),
        message(SCHEDULED, {"entry": 1}, expires="2026-01-01T00:00:00+00:00"),
        message(MAINTAIN, {}),
        message(HEARTBEAT, {}),
    ]


def named_cases() -> Iterator[tuple[str, bytes]]:
    """Yield what a thoughtful attacker would try, with a name each."""
    yield "no JSON", b"{'"
    yield "no text", b"\xff\xfe\0"
    yield "nested without end", _NESTED
    yield "a number", b"7"
    yield "null", b"null"
    yield "nothing in it", b"{}"
    yield "a long text", b'"' + b"x" * 20_000_000 + b'"'
    packed = message()
    for name, changed in {
        "a task of Celery's": message("celery.backend_cleanup"),
        "a group of Celery's": message("celery.group", {}),
        "a task of nobody's": message("os.system", {"command": "true"}),
        "a task that is a list": message() | {"headers": {"task": [HANDLE], "id": "1"}},
        "pickled": message() | {"content-type": "application/x-python-serialize"},
        "another character set": message() | {"content-encoding": "utf-7"},
        "compressed": message(compression="application/x-gzip"),
        "retries below nothing": message(retries=-(2**70)),
        "retries of text": message(retries="many"),
        "tried again in the year 9999": message(eta="9999-12-31T23:59:59+00:00"),
        "tried again at no time": message(eta="tomorrow"),
        "tried again without a zone": message(eta="2026-01-01T00:00:00"),
        "expires at no time": message(expires={"in": 5}),
        "no time limit to speak of": message(timelimit=[1e18, None]),
        "a time limit of text": message(timelimit=["x", "y"]),
        "time limits without end": message(timelimit=[1] * 100_000),
        "under another name": message(shadow="organiser.heartbeat"),
        "with a chord": message(chord={"task": HANDLE}),
        "deaths of text": message(crashes="x"),
        "sent as text": message(sent="x"),
        "with callbacks": message() | {"body": body({"message": encode(Sweep())}, {"callbacks": [{"task": HANDLE}]})},
        "arguments that are none": message(named=[]),
        "an unknown argument": message(named={"message": encode(Sweep()), "self": 1}),
        "a message nested without end": message() | {"body": base64.b64encode(_NESTED).decode()},
        "a body that is no base64": message() | {"body": "é"},
        "a body that is not packed": packed | {"properties": packed["properties"] | {"body_encoding": None}},
        "no tag": packed | {"properties": packed["properties"] | {"delivery_tag": None}},
        "a tag that is a list": packed | {"properties": packed["properties"] | {"delivery_tag": [1]}},
        "a priority of text": packed | {"properties": packed["properties"] | {"priority": "x"}},
        "a priority without end": packed | {"properties": packed["properties"] | {"priority": float("inf")}},
        "a priority of 1e999": packed | {"properties": packed["properties"] | {"priority": 10**400}},
        "no address": packed | {"properties": packed["properties"] | {"delivery_info": "detect"}},
        "above the root": message(named={"message": encode(ScanRoot(1, ("../../etc",)))}),
        "a name with NUL": message(named={"message": encode(ScanRoot(1, ("a\0b",)))}),
        "a million photos": message(named={"message": {"kind": "detect", "photo_ids": [1] * 1_000_000}}),
        "a photo that is a list": message(named={"message": {"kind": "detect", "photo_ids": [[1]]}}),
        "an owner that is a number": message(RECOVER, {"owner": 1, "why": ""}),
        "a reason without end": message(RECOVER, {"owner": "h:1", "why": "x" * 10_000_000}),
        "a schedule's entry by name": message(SCHEDULED, {"entry": "x"}),
    }.items():
        yield name, json.dumps(changed).encode()


def changed(seed: int) -> bytes:
    """Return a real message with a few things changed, removed or doubled, or with its bytes damaged."""
    chance = random.Random(seed)
    made = json.loads(json.dumps(chance.choice(valid())))
    if chance.random() < 0.5:
        inner = json.loads(base64.b64decode(made["body"]))
        _change(inner, chance)
        made["body"] = base64.b64encode(json.dumps(inner).encode()).decode()
    else:
        for _ in range(chance.randint(1, 3)):
            _change(made, chance)
    text = bytearray(json.dumps(made).encode())
    if chance.random() < 0.2:
        for _ in range(chance.randint(1, 5)):
            text[chance.randrange(len(text))] = chance.randrange(256)
    return bytes(text)


def _change(there: Any, chance: random.Random) -> None:
    """Change something somewhere in a JSON value."""
    while True:
        keys = list(there) if isinstance(there, dict) else range(len(there))
        if not keys:
            return
        key = chance.choice(list(keys))
        if isinstance(there[key], dict | list) and there[key] and chance.random() < 0.7:
            there = there[key]
            continue
        if isinstance(there, dict) and chance.random() < 0.2:
            del there[key]
        else:
            there[key] = copy.deepcopy(chance.choice(_VALUES))
        return
