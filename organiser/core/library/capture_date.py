"""When a photo was taken that does not say so itself: what its file's name tells, else the file's own time. Pure.

Cameras, phones and messengers write the moment into the name; metadata that a messenger or a screenshot tool left out is
still there. All times are local wall-clock times, as the name has them (a Pixel phone's `PXL_` names are in UTC).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from organiser.core.photo import Capture, DateSource

_DAY = r"(?P<year>(?:19|20)\d\d)(?P<gap>[-_.]?)(?P<month>\d\d)(?P=gap)(?P<day>\d\d)"
_TIME = r"(?:[-_ T.]|,? at )(?P<hour>\d\d)[-_.:h]?(?P<minute>\d\d)[-_.:m]?(?P<second>\d\d)(?:[-_.]?\d{3})?(?!\d)"
_MOMENT = re.compile(rf"(?<!\d){_DAY}{_TIME}")
_NAMED_DAY = re.compile(
    rf"(?:^|(?:IMG|VID|AUD|PXL|DSC|Screenshot|Photo|Image|signal|Bildschirmfoto)[-_ ]){_DAY}(?!\d)", re.IGNORECASE
)
"""A day by itself counts only where names begin with it, or after a word that goes before one: eight figures in the
middle of a name are as likely a number."""

_NO_TIME_BEFORE = datetime(1980, 1, 2)  # noqa: DTZ001 local wall-clock time
"""Where clocks and archives begin (Unix in 1970, FAT and ZIP in 1980): an earlier time of a file says nothing."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file of a photo: its name without folders, and when it was last modified, as local wall-clock time."""

    name: str
    modified: datetime


def moment_in_name(name: str) -> tuple[datetime, bool] | None:
    """Return the moment that a file's name tells, and whether it tells the time of day too; None when it tells none.

    >>> moment_in_name("IMG_20240512_101112.jpg")
    (datetime.datetime(2024, 5, 12, 10, 11, 12), True)
    >>> moment_in_name("IMG-20240512-WA0001.jpg")
    (datetime.datetime(2024, 5, 12, 0, 0), False)
    """
    for pattern, parts in ((_MOMENT, ("hour", "minute", "second")), (_NAMED_DAY, ())):
        for match in pattern.finditer(name):
            try:
                day = [int(match[part]) for part in ("year", "month", "day")]
                moment = datetime(*day, *(int(match[part]) for part in parts))  # type: ignore[arg-type]  # noqa: DTZ001
            except ValueError:
                continue  # the figures are no date
            return moment, bool(parts)
    return None


def dated(capture: Capture, files: Sequence[NamedFile]) -> Capture:
    """Return a capture with its date, and where that is from: the picture, else a file's name, else the oldest file.

    A name that only tells the day is given the file's time where the file is of that day.
    """
    if capture.taken is not None:
        return replace(capture, taken_from=DateSource.EXIF)
    for file in files:
        found = moment_in_name(file.name)
        if found is not None:
            moment, whole = found
            same_day = not whole and file.modified.date() == moment.date()
            return replace(capture, taken=file.modified if same_day else moment, taken_from=DateSource.NAME)
    modified = [file.modified for file in files if file.modified >= _NO_TIME_BEFORE]
    return replace(capture, taken=min(modified), taken_from=DateSource.FILE) if modified else capture
