"""How far filling a collection is, for whoever waits for it and may want it to stop."""

from collections.abc import Callable

from organiser.errors import Permanent

Progress = Callable[[int, int], None]
"""Called with the steps done and their number, often; may raise Stopped, after which nothing more is begun."""


class Stopped(Permanent):
    """A person wants no more of it; what was done stays done."""


def unseen(_done: int, _total: int) -> None:
    """Go on, whatever the progress."""


def counting(checkpoint: Callable[[str], None], moment: str, total: int, progress: Progress) -> Callable[[str], None]:
    """Return a checkpoint that does what `checkpoint` does and tells the progress at each `moment` of `total`."""
    done = 0

    def check(reached: str) -> None:
        nonlocal done
        checkpoint(reached)
        if reached == moment:
            done += 1
            progress(min(done, total), total)

    return check
