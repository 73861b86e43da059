"""When two texts are the same but for case, in terms that SQLite, Postgres and Python can all keep.

One letter stands for one letter: `É` is `é`, but `ß` is not `ss` and the Kelvin sign is no `k`. Folded are ASCII and
the Latin, Greek and Cyrillic letters beyond it. An accent typed as one character also finds the letter followed by a
combining accent, as macOS writes names, and the other way round. Databases fold by their own, differing tables, so they
are handed each folded form and the letters it stands for.
"""

from functools import lru_cache
from unicodedata import normalize

_CASED = (range(0x80, 0x370), range(0x386, 0x528), range(0x1E00, 0x2000))
"""Where letters have case, beyond ASCII; SQLite's trigram tokenizer folds at least these."""


def fold(text: str) -> str:
    """Return `text` in lower case, letter by letter, of the same length.

    >>> fold("ÉTÉ in Straße")
    'été in straße'
    """
    return text.lower() if text.isascii() else "".join(map(_fold_letter, text))


def forms(text: str) -> tuple[str, ...]:
    """Return the folded spellings under which `text` is looked for: as typed, composed and decomposed.

    >>> [len(form) for form in forms("Été")]
    [3, 5]
    """
    return tuple(dict.fromkeys(map(fold, (text, normalize("NFC", text), normalize("NFD", text)))))


def contains(text: str, wanted: str) -> bool:
    """Say whether `wanted` occurs in `text`, case and composition of accents aside."""
    folded = fold(text)
    return any(form in folded for form in forms(wanted))


def capitals(form: str) -> list[tuple[str, str]]:
    """Return the letters beyond ASCII that fold to one of a folded form's, each with what it folds to.

    >>> capitals("zürich")
    [('Ü', 'ü')]
    """
    letters = dict.fromkeys(letter for letter in form if not letter.isascii())
    cased = ((other, letter) for letter in letters for other in dict.fromkeys((letter.upper(), letter.title())))
    return [(other, letter) for other, letter in cased if other != letter and fold(other) == letter]


@lru_cache(maxsize=4096)
def _fold_letter(letter: str) -> str:
    low = letter.lower()
    if letter.isascii():
        return low
    cased = any(ord(letter) in span for span in _CASED)
    return low if cased and not low.isascii() and letter in (low.upper(), low.title()) else letter
