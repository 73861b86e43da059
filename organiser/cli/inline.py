"""Pictures and links inside a terminal: what it can show, found by its environment or by asking it, and how to say it.

Owns the escape sequences of kitty, iTerm2, sixel and OSC 8; refuses to know photos' verdicts and where pictures come
from. What is returned is written to the terminal as it is, past any library that measures or wraps text.

Sources: kitty's "terminal graphics protocol", iTerm2's "inline images protocol", DEC's sixel as in "VT330/VT340
programmer reference" chapter 14, and "hyperlinks in terminal emulators" for OSC 8.
"""

import os
import re
import select
import termios
import time
import tty
from base64 import b64encode
from collections.abc import Iterator, Mapping
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organiser.core.outgoing import printable


class Ability(StrEnum):
    """The best a terminal can do for a picture."""

    KITTY = "kitty"
    ITERM2 = "iterm2"
    SIXEL = "sixel"
    LINK = "link"
    TEXT = "text"


PATIENCE: Final = 1.0
"""Seconds to wait for a terminal that does not answer at all; any that does ends the wait at once."""

# A picture of one pixel that kitty's protocol lets a terminal refuse or accept unseen, then the question that every
# terminal answers: whoever answers only the second does not know the first.
_QUESTION: Final = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
_ATTRIBUTES: Final = re.compile(rb"\x1b\[\?([\d;]*)c")
_KITTY_ACCEPTS: Final = b"\x1b_Gi=31;OK"
_SIXEL: Final = b"4"

_KITTY_CHUNK: Final = 4096


def detect(environment: Mapping[str, str], terminal: int | None, *, patience: float = PATIENCE) -> Ability:
    """Return what the terminal can show.

    Args:
        environment: the process's environment; believed where it names a terminal that is known.
        terminal: descriptor of the terminal, open for reading and writing; None when the output is none.
        patience: seconds to wait for an answer.
    """
    name = environment.get("TERM", "")
    if terminal is None or name in ("", "dumb"):
        return Ability.TEXT
    return _named(environment, name) or _answered(ask(terminal, _QUESTION, patience))


def _named(environment: Mapping[str, str], name: str) -> Ability | None:
    """Return what the environment promises; inside a multiplexer it speaks of another terminal and is not believed."""
    if "TMUX" in environment or name.startswith(("tmux", "screen")):
        return None
    program = environment.get("TERM_PROGRAM") or environment.get("LC_TERMINAL", "")
    if name in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return Ability.KITTY
    if program in ("iTerm.app", "iTerm2", "WezTerm"):
        return Ability.ITERM2
    if program == "Apple_Terminal":
        return Ability.LINK
    return None


def _answered(answer: bytes) -> Ability:
    if _KITTY_ACCEPTS in answer:
        return Ability.KITTY
    attributes = _ATTRIBUTES.search(answer)
    return Ability.SIXEL if attributes and _SIXEL in attributes[1].split(b";")[1:] else Ability.LINK


def ask(terminal: int, question: bytes, patience: float) -> bytes:
    """Write `question`, which must end by asking for the device attributes, and return the answer up to these.

    Returns what has come when `patience` seconds are over. The terminal's settings are put back.
    """
    settings = termios.tcgetattr(terminal)
    deadline = time.monotonic() + patience
    answer = b""
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        os.write(terminal, question)
        while not _ATTRIBUTES.search(answer):
            readable, _, _ = select.select([terminal], [], [], max(deadline - time.monotonic(), 0))
            if not readable:
                break
            answer += os.read(terminal, 1024)
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, settings)
    return answer


def picture(jpeg: bytes, ability: Ability) -> str:
    """Return what makes the terminal show the JPEG `jpeg` in its own size, then a new line; "" where it cannot.

    Raises:
        OSError: `jpeg` is no picture.
    """
    if ability is Ability.ITERM2:
        return f"\x1b]1337;File=inline=1;size={len(jpeg)}:{b64encode(jpeg).decode()}\x07\n"
    if ability not in (Ability.KITTY, Ability.SIXEL):
        return ""
    with Image.open(BytesIO(jpeg)) as opened:
        image = opened.convert("RGB")
    return f"{_kitty(image) if ability is Ability.KITTY else _sixel(image)}\n"


def link(path: Path, ability: Ability, *, host: str = "") -> str:
    """Return `path`, an absolute one, as text that opens the file where the terminal knows links.

    Args:
        host: this machine's name, by which a terminal elsewhere knows that the file is not its own.
    """
    text = printable(str(path))
    if ability is Ability.TEXT:
        return text
    return f"\x1b]8;;{urlsplit(path.as_uri())._replace(netloc=host).geturl()}\x1b\\{text}\x1b]8;;\x1b\\"


def _kitty(image: Image.Image) -> str:
    """As PNG, in chunks; q=2 keeps the terminal from answering into the next question."""
    png = BytesIO()
    image.save(png, "PNG", compress_level=1)
    payload = b64encode(png.getvalue()).decode()
    chunks = [payload[start : start + _KITTY_CHUNK] for start in range(0, len(payload), _KITTY_CHUNK)]
    last = len(chunks) - 1
    return "".join(
        f"\x1b_G{'a=T,f=100,q=2,' if number == 0 else ''}m={int(number < last)};{chunk}\x1b\\"
        for number, chunk in enumerate(chunks)
    )


def _sixel(image: Image.Image) -> str:
    """In at most 255 colours of its own; what no colour covers stays as it was (P2 = 1)."""
    indexed = image.quantize(255)
    palette = np.asarray(indexed.getpalette(), np.float64).reshape(-1, 3)
    colours = "".join(
        f"#{number};2;{';'.join(str(round(part / 2.55)) for part in colour)}" for number, colour in enumerate(palette)
    )
    bands = "-".join("$".join(_band(band)) for band in _bands(np.asarray(indexed, np.uint8)))
    return f'\x1bP0;1q"1;1;{image.width};{image.height}{colours}{bands}\x1b\\'


def _bands(pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    for top in range(0, len(pixels), 6):
        yield pixels[top : top + 6]


def _band(band: NDArray[np.uint8]) -> Iterator[str]:
    """Each colour's sixels of six rows (fewer in the last band) of palette numbers, uint8[rows, W]."""
    weights = 1 << np.arange(len(band))
    for colour in np.unique(band):
        yield f"#{colour}{_runs(weights @ (band == colour))}"


def _runs(sixels: NDArray[np.int64]) -> str:
    """Sixels 0–63 as characters, repetitions counted."""
    starts = np.flatnonzero(np.diff(sixels, prepend=-1))
    lengths = np.diff(starts, append=len(sixels))
    return "".join(
        f"!{length}{chr(63 + sixel)}" if length > 3 else chr(63 + sixel) * length
        for sixel, length in zip(sixels[starts].tolist(), lengths.tolist(), strict=True)
    )
