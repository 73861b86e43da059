"""Dates as people write them: partial, as ranges, and relative to now. Text ↔ half-open periods of wall-clock time.

A partial date is the whole of what it names: `2024-05` is all of May. `-1w` is the moment one week ago in a range, and
that whole day by itself.
"""

import re
from calendar import monthrange
from datetime import MINYEAR, datetime, timedelta

Span = tuple[datetime | None, datetime | None]
"""From the first moment up to, and without, the second; None is an open end."""

_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt](\d\d)(?::(\d\d)(?::(\d\d))?)?)?)?)?")
_RELATIVE = re.compile(r"-(\d{1,6})([hdwmy])", re.IGNORECASE)
_STEPS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_MONTHS = {"m": 1, "y": 12}


def read_period(text: str, now: datetime) -> Span:
    """Return what a date or a range of dates means at `now` (local wall-clock time).

    Raises:
        ValueError: it is no date, or the range ends before it begins; the message is for a person.

    >>> read_period("2024-05..2024-08", datetime(2025, 1, 1))
    (datetime.datetime(2024, 5, 1, 0, 0), datetime.datetime(2024, 9, 1, 0, 0))
    """
    low, dots, high = text.partition("..")
    if not dots:
        return _whole(text, now)
    since = _moment(low, now) or _partial(low)[0] if low else None
    until = _moment(high, now) or _partial(high)[1] if high else None
    if since and until and since >= until:
        raise ValueError(f"{text!r} ends before it begins")
    return since, until


def write_period(since: datetime | None, until: datetime | None) -> str:
    """Return the shortest text that `read_period` reads as this span.

    >>> write_period(datetime(2024, 5, 1), datetime(2024, 9, 1))
    '2024-05..2024-08'
    """
    low = _texts(since) if since else [""]
    high = _texts(until - timedelta(seconds=1)) if until else [""]
    for text in low:
        if text and _partial(text) == (since, until):
            return text
    first = next(text for text in low if not text or _partial(text)[0] == since)
    last = next(text for text in high if not text or _partial(text)[1] == until)
    return f"{first}..{last}"


def _whole(text: str, now: datetime) -> Span:
    moment = _moment(text, now)
    if moment is None:
        return _partial(text)
    to = 13 if text[-1] in "hH" else 10
    return _partial(moment.isoformat()[:to])


def _moment(text: str, now: datetime) -> datetime | None:
    """The moment a relative date means, or None when the text is not one."""
    match = _RELATIVE.fullmatch(text)
    if not match:
        return None
    count, unit = int(match[1]), match[2].lower()
    start = now.replace(microsecond=0, tzinfo=None)
    try:
        return _months_before(start, count * _MONTHS[unit]) if unit in _MONTHS else start - count * _STEPS[unit]
    except OverflowError:
        raise ValueError(f"{text!r} lies before the year 1") from None


def _months_before(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 - months, 12)
    if year < MINYEAR:
        raise OverflowError
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))


def _partial(text: str) -> Span:
    match = _PARTIAL.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no date; write 2024, 2024-05, 2024-05-17, 2024-05-17T14:03 or -1w")
    given = [int(part) for part in match.groups() if part is not None]
    try:
        year, month, day, hour, minute, second = given + [1, 1, 0, 0, 0][len(given) - 1 :]
        start = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # wall-clock time has no zone
    except ValueError as error:
        raise ValueError(f"{text!r} is no date: {error}") from None
    return start, _next(start, len(given))


def _next(start: datetime, parts: int) -> datetime | None:
    """The end of the year, month, day … that begins at `start`; None beyond the last year there is."""
    try:
        if parts <= 2:
            year, month = divmod(start.year * 12 + start.month - 1 + (12 if parts == 1 else 1), 12)
            return start.replace(year=year, month=month + 1)
        units = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
        return start + units[parts - 3]
    except (OverflowError, ValueError):
        return None


def _texts(moment: datetime) -> list[str]:
    """The year, month, day, hour, minute and second that `moment` lies in, as text."""
    return [moment.isoformat()[:length] for length in (4, 7, 10, 13, 16, 19)]


def wall_clock(seconds: float) -> datetime:
    """Return the local wall-clock time, which queries and cron texts speak of, at a moment in seconds since the epoch."""
    return datetime.fromtimestamp(seconds)  # noqa: DTZ006 naive: "3 o'clock" stays 3 o'clock when the clocks change
