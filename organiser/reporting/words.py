"""The report's words: what a picture's alternative text and the line about its making say."""

from datetime import datetime

from organiser.core.emotion import Emotion

_NO_BREAK = "\N{NO-BREAK SPACE}"


def alternative_text(name: str, emotion: Emotion | None, confidence: float | None, reason: str, faces: int) -> str:
    """Return what stands for a picture that is not seen: its name, verdict and number of faces.

    >>> alternative_text("IMG_1.jpg", Emotion.HAPPY, 0.97, "clear", 3).replace(_NO_BREAK, " ")
    'IMG_1.jpg: happy 97 %, 3 faces'
    >>> alternative_text("IMG_2.jpg", None, None, "no_face", 0)
    'IMG_2.jpg: no face'
    """
    shown = emotion or reason.replace("_", " ")
    sure = "" if emotion is None or confidence is None else f" {percent(confidence)}"
    counted = "" if faces == 0 else f", {faces} {'face' if faces == 1 else 'faces'}"
    return f"{name}: {shown}{sure}{counted}"


def percent(share: float) -> str:
    """Return `share` (0–1) as a whole percentage; only what is certain reads as 100 %, only the impossible as 0 %.

    >>> [percent(share).replace(_NO_BREAK, " ") for share in (0.0, 0.001, 0.5, 0.999, 1.0)]
    ['0 %', '1 %', '50 %', '99 %', '100 %']
    """
    whole = round(share * 100)
    if 0 < share < 1:
        whole = min(max(whole, 1), 99)
    return f"{whole}{_NO_BREAK}%"


def long_date(moment: datetime) -> str:
    """Return `moment` as people write it, in the page's language whatever the machine's locale.

    >>> long_date(datetime(2024, 5, 7, 9, 3))
    '7 May 2024, 09:03'
    """
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
