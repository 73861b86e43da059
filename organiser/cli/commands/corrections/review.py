"""`organiser review`: a walk through the most doubtful photos, one key an answer."""

import os
import re
import sys
import termios
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from organiser.cli import context
from organiser.cli.output import say, tell
from organiser.cli.query_words import QueryCommand, QueryWord, read_query
from organiser.core.emotion import Emotion

if TYPE_CHECKING:
    from organiser.core.photo import PhotoId
    from organiser.jobs.corrections.correct import Saying
    from organiser.jobs.corrections.review import Answered, Doubt
    from organiser.jobs.services import Services

_EMOTIONS: Mapping[str, Emotion] = {
    "h": Emotion.HAPPY,
    "s": Emotion.SAD,
    "n": Emotion.NEUTRAL,
    "a": Emotion.ANGRY,
    "w": Emotion.SURPRISE,
    "f": Emotion.FEAR,
    "d": Emotion.DISGUST,
    "c": Emotion.CONTEMPT,
}
_KEYS = (
    "y: it is · x: it is not · h happy · s sad · n neutral · a angry · w surprise (wow) · f fear · d disgust\n"
    "c contempt · 0 nothing · Space: skip · u: undo the last answer and go back to it · q: quit · ?: this"
)
_KEY = re.compile(r"\x1b(?:\[[0-9;]*.|O.)|.", re.DOTALL)
"""One key as a terminal sends it; arrows and the like are several characters."""

_NOTHING = ("\r", "\n")
"""Enter: people press it after a key out of habit, and it answers nothing."""

_INTERRUPT, _END = "\x03", "\x04"


@click.command("review", cls=QueryCommand)
@click.argument("query", nargs=-1, type=QueryWord())
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="At most this many photos.")
@click.pass_context
def command(ctx: click.Context, query: tuple[str, ...], limit: int) -> None:
    """Walk through the photos of QUERY, or all, the most doubtful first, and say what they show.

    Every photo is a link; `organiser web` shows the pictures. Keys: y yes, x no, h happy, s sad,
    n neutral, a angry, w surprise, f fear, d disgust, c contempt, 0 nothing, Space skip, u undo and go back, q quit; Enter
    means nothing. Answers are kept at once; keys may also be piped in.

    \b
    organiser review
    organiser review 'emotion:sad confidence:..0.7'
    """
    from organiser.index.db.engine import reading
    from organiser.jobs.corrections import review
    from organiser.jobs.messages import Place
    from organiser.jobs.steps.place import place

    asked = read_query(query)
    services = context.services(ctx)
    doubts = review.doubtful(services, asked, limit)
    if not doubts:
        with reading(services.engine) as tx:
            context.say_if_empty(tx)
        say("nothing is in doubt")
        return
    say(f"{len(doubts)} photos, the most doubtful first\n{_KEYS}")
    with _keys() as read_key:
        walk = _Walk(services, read_key)
        walk.through(doubts)
    say(f"{len(walk.answers)} answered")
    if walk.answers:
        for note in place(services, Place(tuple({answer.photo_id for answer in walk.answers}))).notes:
            say(f"  {note}")


class _Walk:
    """A walk under way: the photos that wait, by their number, and the answers so far."""

    def __init__(self, services: "Services", read_key: Callable[[], str]) -> None:
        from organiser.cli.commands.corrections.correct import who

        self.answers: list[Answered] = []
        self._answered: list[tuple[int, PhotoId]] = []
        self._waiting: deque[tuple[int, PhotoId]] = deque()
        self._services = services
        self._read_key = read_key
        self._who = who()

    def through(self, doubts: "Sequence[PhotoId]") -> None:
        """Ask for these photos one by one, until the last or until the person has had enough."""
        from organiser.jobs.corrections import review

        self._waiting.extend(enumerate(doubts, 1))
        while self._waiting:
            number, photo_id = self._waiting.popleft()
            doubtful = review.describe(self._services, photo_id)
            if doubtful is not None and not self._ask(doubtful, number, f"{number}/{len(doubts)}"):
                return

    def _ask(self, doubtful: "Doubt", number: int, place: str) -> bool:
        """Show a photo and take its answer; False when the person has had enough."""
        from organiser.jobs.corrections import review

        likely = review.likeliest(doubtful)
        self._show(doubtful, place, likely)
        while True:
            key = self._read_key()
            if key in ("q", _INTERRUPT, _END, ""):
                return False
            if key == " ":
                return True
            if key in _NOTHING:
                continue
            if key == "u":
                if self._take_back():
                    self._waiting.insert(1, (number, doubtful.photo_id))
                    return True
            elif (saying := _saying(key, likely)) is not None:
                self.answers.append(review.answer(self._services, doubtful.photo_id, saying, self._who))
                self._answered.append((number, doubtful.photo_id))
                say(f"  {'not ' if saying.verb == 'is_not' else ''}{saying.emotion or 'nothing'}")
                return True
            else:
                say(_KEYS)

    def _show(self, doubtful: "Doubt", place: str, likely: Emotion | None) -> None:
        from organiser.cli.links import write_link

        write_link(f"{place}  ", Path(doubtful.facts.paths[0]))
        for number, probabilities in doubtful.faces.items():
            best = sorted(probabilities.items(), key=lambda item: -item[1])[:3]
            tell(f"  face {number}: " + ", ".join(f"{emotion} {value:.0%}" for emotion, value in best))
        tell(f"  {doubtful.facts.reason}; {likely}?" if likely else "  what is it?")

    def _take_back(self) -> bool:
        """Take the last answer back and have its photo wait first; False when there is none."""
        from organiser.jobs.corrections import review

        if not self.answers:
            say("  nothing to undo")
            return False
        review.take_back(self._services, self.answers.pop())
        self._waiting.appendleft(self._answered.pop())
        say("  the last answer is taken back")
        return True


def _saying(key: str, likely: Emotion | None) -> "Saying | None":
    """What a key says of a photo that is likely this; None when it says nothing."""
    from organiser.jobs.corrections.correct import Saying

    if key in _EMOTIONS:
        return Saying(_EMOTIONS[key])
    if key == "0":
        return Saying(None)
    if likely is not None and key == "y":
        return Saying(likely)
    return Saying(likely, "is_not") if likely is not None and key == "x" else None


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """Give what reads one key of a person, or one character of a pipe; '' at its end.

    A terminal gives keys at once and unshown from here on, so that those of a quick person wait for their photo.
    """
    if not sys.stdin.isatty():
        yield lambda: sys.stdin.read(1)
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    quiet = [*before]
    quiet[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)  # Ctrl-C is a key: what was answered is placed
    waiting: deque[str] = deque()

    def read_key() -> str:
        if not waiting:
            typed = os.read(terminal, 1024).decode(errors="replace")
            waiting.extend(_KEY.findall(typed))
        return waiting.popleft() if waiting else ""

    try:
        termios.tcsetattr(terminal, termios.TCSANOW, quiet)
        yield read_key
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)
