import os
import pty
import re
import termios
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Thread
from urllib.parse import unquote_to_bytes, urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from organiser.cli.inline import Ability, detect, link, picture
from tests.photos import HAPPY, SAD, scene

XTERM = {"TERM": "xterm-256color"}
KITTY_OK = b"\x1b_Gi=31;OK\x1b\\"


@dataclass
class Terminal:
    """A real terminal device; `asked` is what the program wrote to it before it answered."""

    descriptor: int
    asked: bytes = b""


@contextmanager
def terminal(*answer: bytes) -> Iterator[Terminal]:
    """A terminal that answers the question for its attributes, piece by piece; without an answer it stays silent."""
    screen, line = pty.openpty()
    end = Terminal(line)

    def respond() -> None:
        while not end.asked.endswith(b"\x1b[c"):
            try:
                heard = os.read(screen, 1024)
            except OSError:  # Linux's way to say that the program closed its end
                return
            if not heard:
                return
            end.asked += heard
        for piece in answer:
            os.write(screen, piece)

    thread = Thread(target=respond)
    thread.start()
    try:
        yield end
    finally:
        os.close(line)
        thread.join()
        os.close(screen)


@pytest.mark.parametrize(
    ("environment", "ability"),
    [
        ({"TERM": "xterm-kitty"}, Ability.KITTY),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, Ability.KITTY),
        ({**XTERM, "TERM_PROGRAM": "iTerm.app"}, Ability.ITERM2),
        ({**XTERM, "LC_TERMINAL": "iTerm2"}, Ability.ITERM2),
        ({**XTERM, "TERM_PROGRAM": "WezTerm"}, Ability.ITERM2),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, Ability.LINK),
        ({"TERM": "dumb"}, Ability.TEXT),
        ({}, Ability.TEXT),
    ],
)
def test_a_terminal_known_by_name_is_not_asked(environment: dict[str, str], ability: Ability) -> None:
    with terminal() as end:
        assert detect(environment, end.descriptor) is ability
    assert end.asked == b""


@pytest.mark.parametrize(
    ("answer", "ability"),
    [
        ((KITTY_OK, b"\x1b[?62;c"), Ability.KITTY),
        ((KITTY_OK, b"\x1b[?62;4;22c"), Ability.KITTY),
        ((b"\x1b[?62;4;22c",), Ability.SIXEL),
        ((b"\x1b[?6", b"4;1;2;", b"4", b"c"), Ability.SIXEL),
        ((b"\x1b[?4;1c",), Ability.LINK),  # a VT132: 4 is its model, not sixel
        ((b"\x1b[?64;14;44c",), Ability.LINK),
        ((b"\x1b_Gi=31;ENOTSUPPORTED\x1b\\", b"\x1b[?1;2c"), Ability.LINK),
        ((b"\x1b[?1;2c",), Ability.LINK),
        ((b"typed ahead", b"\x1b[?62;4c"), Ability.SIXEL),
    ],
)
def test_an_unknown_terminal_is_asked(answer: tuple[bytes, ...], ability: Ability) -> None:
    with terminal(*answer) as end:
        assert detect(XTERM, end.descriptor, patience=30) is ability


def test_a_silent_terminal_gets_links() -> None:
    with terminal() as end:
        assert detect(XTERM, end.descriptor, patience=0.01) is Ability.LINK


@pytest.mark.parametrize(
    "outer", [{"TERM": "tmux-256color"}, {"TERM": "screen"}, {**XTERM, "TMUX": "/tmp/tmux-0/default,1,0"}]
)
def test_inside_a_multiplexer_the_outer_terminals_name_is_not_believed(outer: dict[str, str]) -> None:
    with terminal(b"\x1b[?1;2;4c") as end:
        assert detect({"TERM_PROGRAM": "iTerm.app", **outer}, end.descriptor, patience=30) is Ability.SIXEL


def test_what_is_no_terminal_gets_text() -> None:
    assert detect({"TERM": "xterm-kitty"}, None) is Ability.TEXT


def test_asking_leaves_the_terminal_as_it_was() -> None:
    with terminal(b"\x1b[?62;4c") as end:
        before = termios.tcgetattr(end.descriptor)
        detect(XTERM, end.descriptor, patience=30)
        assert termios.tcgetattr(end.descriptor) == before


def jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def pixels(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"), np.uint8)


def test_kitty_gets_the_same_pixels_in_chunks_that_fit() -> None:
    shown = jpeg(scene(256, 192, [HAPPY]))
    text = picture(shown, Ability.KITTY)
    commands = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", text)
    assert "".join(f"\x1b_G{keys};{payload}\x1b\\" for keys, payload in commands) + "\n" == text
    assert [keys.split(",")[-1] for keys, _ in commands] == ["m=1"] * (len(commands) - 1) + ["m=0"]
    assert commands[0][0] == "a=T,f=100,q=2,m=1"
    assert all(len(payload) <= 4096 and len(payload) % 4 == 0 for _, payload in commands)
    assert np.array_equal(pixels(b64decode("".join(payload for _, payload in commands))), pixels(shown))


def test_a_picture_that_fits_one_chunk_is_one_command() -> None:
    assert picture(jpeg(Image.new("RGB", (4, 4))), Ability.KITTY).startswith("\x1b_Ga=T,f=100,q=2,m=0;")


def test_iterm2_gets_the_file_itself() -> None:
    shown = jpeg(scene(64, 48))
    found = re.fullmatch(r"\x1b]1337;File=inline=1;size=(\d+):([^\x07]*)\x07\n", picture(shown, Ability.ITERM2))
    assert found
    assert (int(found[1]), b64decode(found[2])) == (len(shown), shown)


@pytest.mark.parametrize("size", [(256, 192), (97, 61), (1, 1), (5, 200), (200, 7)])
def test_sixel_shows_the_picture_in_its_colours(size: tuple[int, int]) -> None:
    shown = jpeg(scene(*size, [HAPPY, SAD]) if min(size) > 8 else Image.new("RGB", size, (200, 40, 90)))
    drawn = read_sixel(picture(shown, Ability.SIXEL))
    assert drawn.shape == pixels(shown).shape
    assert np.abs(drawn.astype(int) - pixels(shown)).mean() < 3


def read_sixel(text: str) -> NDArray[np.uint8]:
    """Draw as a terminal would, uint8[H, W, 3]; fails on anything outside the grammar that is used."""
    found = re.fullmatch(r'\x1bP0;1q"1;1;(\d+);(\d+)([^\x1b]*)\x1b\\\n', text)
    assert found
    width, height, body = int(found[1]), int(found[2]), found[3]
    drawn = np.zeros((-(-height // 6) * 6, width, 3))
    painted = np.zeros(drawn.shape[:2], bool)
    palette: dict[str, NDArray[np.float64]] = {}
    colour, left, top = "", 0, 0
    for token in re.findall(r"#\d+(?:;2;\d+;\d+;\d+)?|!\d+[?-~]|[?-~]|[$-]", body):
        if token[0] == "#":
            colour, *levels = token[1:].split(";")
            if levels:
                palette[colour] = np.array([int(level) for level in levels[1:]]) * 2.55
        elif token in "$-":
            left, top = 0, top + 6 * (token == "-")
        else:
            times = int(token[1:-1]) if token[0] == "!" else 1
            rows = [top + bit for bit in range(6) if (ord(token[-1]) - 63) >> bit & 1]
            drawn[rows, left : left + times] = palette[colour]
            painted[rows, left : left + times] = True
            left += times
            assert left <= width
    assert painted[:height].all()
    assert not painted[height:].any()
    return drawn[:height].round().astype(np.uint8)


def test_sixel_counts_what_repeats() -> None:
    assert "!200~" in picture(jpeg(Image.new("RGB", (200, 6), (10, 20, 30))), Ability.SIXEL)


@pytest.mark.parametrize("ability", [Ability.LINK, Ability.TEXT])
def test_a_terminal_without_pictures_gets_none(ability: Ability) -> None:
    assert picture(jpeg(scene(16, 16)), ability) == ""


@pytest.mark.parametrize("ability", [Ability.KITTY, Ability.SIXEL])
def test_what_is_no_picture_is_refused(ability: Ability) -> None:
    with pytest.raises(OSError, match="image"):
        picture(b"no picture", ability)


NAMES = [
    b"a b.jpg",
    "ä 日本 😀.jpg".encode(),
    b"latin-\xe9.jpg",
    b"\x1b]8;;http://example.org\x1b\\x.jpg",
    b"new\nline\x07\x9b.jpg",
    b"#?%;.jpg",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("host", ["", "studio"])
def test_a_link_opens_the_file_and_steers_nothing_else(name: bytes, host: str) -> None:
    path = Path("/photos") / os.fsdecode(name)
    found = re.fullmatch(
        r"\x1b]8;;([!-~]*)\x1b\\([^\x00-\x1f\x7f-\x9f]+)\x1b]8;;\x1b\\", link(path, Ability.LINK, host=host)
    )
    assert found
    uri = urlsplit(found[1])
    assert (uri.scheme, uri.netloc, unquote_to_bytes(uri.path)) == ("file", host, os.fsencode(path))


@pytest.mark.parametrize("name", NAMES)
def test_without_links_the_path_is_harmless_text(name: bytes) -> None:
    text = link(Path("/photos") / os.fsdecode(name), Ability.TEXT)
    assert text.startswith("/photos/")
    assert re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", text) is None
