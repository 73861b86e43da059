"""What other programs wrote of a photo into its file or the sidecars beside it, as a value. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from organiser.core.outgoing import xml_text

LONGEST_KEYWORD = 400
"""Characters of a keyword that are kept; a database's index holds no more than some thousand bytes."""

MOST_KEYWORDS = 1000
"""Keywords of one file that are kept."""

REJECTED, MOST_STARS = -1, 5


@dataclass(frozen=True, slots=True)
class Labels:
    """Keywords, levels of a hierarchy separated by '|', and stars: 0 to 5, -1 for rejected, None where nobody gave any."""

    keywords: tuple[str, ...] = ()
    rating: int | None = None


def kept_keywords(words: Iterable[str]) -> tuple[str, ...]:
    """Return keywords as they are kept: each once, none empty, none that no text column could hold.

    >>> kept_keywords(["sea ", "", "sea"])
    ('sea',)
    """
    tidy = (xml_text(word).strip()[:LONGEST_KEYWORD].strip() for word in words)
    return tuple(dict.fromkeys(filter(None, tidy)))[:MOST_KEYWORDS]


def rating_of(text: str | None) -> int | None:
    """Return the stars that a text means; None when it is no number of stars.

    >>> rating_of("4"), rating_of("4.5"), rating_of("-1"), rating_of("99"), rating_of("good")
    (4, 4, -1, None, None)
    """
    try:
        stars = float(text or "")
    except ValueError:
        return None
    return int(stars) if REJECTED <= stars <= MOST_STARS else None
