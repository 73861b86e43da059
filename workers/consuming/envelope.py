"""What a message must look like before Celery or kombu act on any part of it: the broker is not trusted.

Whoever can write into the broker can write anything: no JSON, a task of Celery's own, a retry in the year 9999, a body
that unpacks to gigabytes. What is not exactly what we send is refused; the index knows what is due.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from organiser.jobs.messages import InvalidMessage, decode
from organiser.workers.dispatch import HANDLE, HEARTBEAT, LONGEST_S, MAINTAIN, RECOVER, SCHEDULED

_MOST_BYTES = 16_000_000
_LONGEST_WORD = 255
_LONGEST_REASON = 10_000
_MOST_RETRIES = 100
_HIGHEST_PRIORITY = 9
_FURTHEST = timedelta(hours=1)
"""How far ahead a retry may lie; the longest wait between two is five minutes."""

_FURTHEST_EXPIRY = timedelta(days=4000)
"""A schedule's entry expires when the next is due."""

_NO_MORE = ("shadow", "group", "chord", "compression", "stamped_headers", "stamps", "link", "link_error", "chain")
"""Headers that have Celery do something else than the task, or unpack the body: never set by us."""


class Refused(Exception):  # noqa: N818 it is said of a message
    """Why a message is dropped, in a few words of ours: nothing of the message itself is told."""


def parse(text: str | bytes) -> Any:
    """Return what JSON says.

    Raises:
        Refused: it is invalid, or says of what class an object is to be made: kombu would try.
    """
    try:
        return json.loads(text, object_hook=_plain, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused("no JSON") from error


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    if "__type__" in found:
        raise Refused("an object of a class")
    return found


def _no_number(_: str) -> None:
    """Refuse Infinity and NaN, which Python reads and JSON does not know."""
    raise Refused("no JSON")


def check_task(payload: object) -> None:
    """Check a message of a queue, as parsed from the broker's JSON.

    Raises:
        Refused: it is not what our dispatcher sends.
    """
    headers, body = _opened(payload)
    _check_headers(headers)
    if not isinstance(body, list) or len(body) != 3:
        raise Refused("no arguments")
    positional, named, embedded = body
    if positional != [] or not isinstance(named, dict) or not isinstance(embedded, dict) or any(embedded.values()):
        raise Refused("other arguments than ours")
    _ARGUMENTS[headers["task"]](named)


def check_control(payload: object) -> None:
    """Check a message to a mailbox: a command to a worker, or what workers answer.

    Raises:
        Refused: it is neither.
    """
    _, body = _opened(payload)
    if not isinstance(body, dict) or not isinstance(body.get("method", ""), str):
        raise Refused("no command")
    if not isinstance(body.get("arguments"), dict | None) or not isinstance(body.get("destination"), list | None):
        raise Refused("other arguments than a command's")


def check_kept(text: str | bytes) -> None:
    """Check a message as kombu keeps it while somebody has it in progress: the message, and where it is to go back to.

    Raises:
        Refused: it is not that.
    """
    match parse(text):
        case [payload, exchange, key]:
            check_task(payload)
            check_address(exchange, key)
        case _:
            raise Refused("no message")


def check_address(exchange: object, key: object) -> None:
    """Check where a message is for.

    Raises:
        Refused: it is for nowhere.
    """
    if not all(isinstance(word or "", str) and len(word or "") <= _LONGEST_WORD for word in (exchange, key)):  # type: ignore[arg-type]
        raise Refused("no address")


def _opened(payload: object) -> tuple[dict[str, Any], Any]:
    """Return the headers and the parsed body."""
    if not isinstance(payload, dict):
        raise Refused("no message")
    headers, properties, body = payload.get("headers"), payload.get("properties"), payload.get("body")
    if not isinstance(headers, dict) or not isinstance(properties, dict) or not isinstance(body, str):
        raise Refused("a part is missing")
    if (payload.get("content-type"), payload.get("content-encoding")) != ("application/json", "utf-8"):
        raise Refused("no JSON")
    route = properties.get("delivery_info")
    if not _is_word(properties.get("delivery_tag")) or not isinstance(route, dict):
        raise Refused("no address")
    check_address(route.get("exchange"), route.get("routing_key"))
    if not _is_number(properties.get("priority") or 0, _HIGHEST_PRIORITY):
        raise Refused("a priority out of bounds")
    if headers.get("compression") is not None or properties.get("body_encoding") != "base64":
        raise Refused("packed")
    if len(body) > _MOST_BYTES:
        raise Refused("too long")
    try:
        unpacked = base64.b64decode(body, validate=True)
    except ValueError as error:
        raise Refused("a body that is not packed") from error
    return headers, parse(unpacked)


def _check_headers(headers: Mapping[str, Any]) -> None:
    if not isinstance(headers.get("task"), str) or headers["task"] not in _ARGUMENTS:
        raise Refused("an unknown task")
    if not _is_word(headers.get("id")):
        raise Refused("no id")
    if any(headers.get(name) for name in _NO_MORE):
        raise Refused("more than a task")
    for name, most in (("retries", _MOST_RETRIES), ("crashes", _MOST_RETRIES), ("sent", 1e11)):
        if not _is_number(headers.get(name, 0), most):
            raise Refused(f"{name} out of bounds")
    limits = headers.get("timelimit") or [None, None]
    if (
        not isinstance(limits, list)
        or len(limits) != 2
        or not all(limit is None or _is_number(limit, LONGEST_S) for limit in limits)
    ):
        raise Refused("a time limit out of bounds")
    _check_moment(headers.get("eta"), _FURTHEST)
    _check_moment(headers.get("expires"), _FURTHEST_EXPIRY)


def _check_moment(text: object, ahead: timedelta) -> None:
    if text is None:
        return
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year < 2000 or moment > datetime.now(UTC) + ahead:
        raise Refused("a moment out of bounds")


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_WORD and value.isprintable()


def _is_number(value: object, most: float) -> bool:
    return type(value) in {int, float} and 0 <= value <= most  # type: ignore[operator]


def _names(named: Mapping[str, Any], *wanted: str) -> None:
    if named.keys() != set(wanted):
        raise Refused("other arguments than ours")


def _of_handle(named: Mapping[str, Any]) -> None:
    _names(named, "message")
    try:
        decode(named["message"])
    except InvalidMessage as error:
        raise Refused(str(error)) from error


def _of_recover(named: Mapping[str, Any]) -> None:
    _names(named, "owner", "why")
    if not _is_word(named["owner"]) or not isinstance(named["why"], str) or len(named["why"]) > _LONGEST_REASON:
        raise Refused("no owner")


def _of_scheduled(named: Mapping[str, Any]) -> None:
    _names(named, "entry")
    if type(named["entry"]) is not int or not 0 < named["entry"] < 2**63:
        raise Refused("no schedule's entry")


_ARGUMENTS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    HANDLE: _of_handle,
    RECOVER: _of_recover,
    SCHEDULED: _of_scheduled,
    MAINTAIN: _names,
    HEARTBEAT: _names,
}
"""The tasks there are, and how the arguments of each are checked."""
