"""What a model would change, tried in a child process: networks weigh, and the page's server stays small."""

import multiprocessing
import os
import signal
from collections import Counter, OrderedDict
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Final

from organiser.bootstrap import open_services
from organiser.errors import OrganiserError, Permanent
from organiser.jobs.actions import reclassify
from organiser.jobs.actions.reclassify import Plan
from organiser.jobs.collections.progress import Progress
from organiser.lifeline import end_with_parent
from organiser.settings.values import Settings
from organiser.vision.pipeline import use_one_thread

SAMPLE: Final = 2000
"""Photos that a model is tried on unless all are asked for; as many as `organiser reclassify --dry-run` takes."""

_MOST: Final = 4
_END_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a model while another one was active.

    Attributes:
        active: digest of the model whose verdicts it was compared with.
    """

    active: str
    plan: Plan

    def changes(self) -> list[dict[str, object]]:
        """Return how many photos would go from what to what, most first."""
        found = Counter((flip.before, flip.after) for flip in self.plan.flips)
        return [{"from": before, "to": after, "photos": count} for (before, after), count in found.most_common()]


class Trials:
    """The latest trials by the digest of the model tried."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._found: OrderedDict[str, Trial] = OrderedDict()

    def get(self, digest: str, active: str) -> Trial | None:
        """Return what came of trying a model, or None when that was not done while `active` is the active one."""
        found = self._found.get(digest)
        return found if found is not None and found.active == active else None

    def run(self, digest: str, active: str, most: int | None, progress: Progress) -> Trial:
        """Try a model on `most` photos, None for all, and keep what came of it.

        Raises:
            OrganiserError: it could not be tried; Stopped: `progress` wants no more of it.
        """
        context = multiprocessing.get_context("spawn")
        near, far = context.Pipe(duplex=False)
        child = context.Process(target=_try, args=(self._settings, digest, most, far, os.getpid()), daemon=True)
        child.start()
        far.close()
        try:
            trial = Trial(active, _await(near, progress))
        finally:
            near.close()
            child.terminate()
            child.join(_END_S)
        self._found[digest] = trial
        self._found.move_to_end(digest)
        while len(self._found) > _MOST:
            self._found.popitem(last=False)
        return trial


def _await(near: "Connection[object, object]", progress: Progress) -> Plan:
    done, total = 0, 0
    while True:
        if not near.poll(0.25):
            progress(done, total)  # it may want to stop meanwhile
            continue
        try:
            answer = near.recv()
        except EOFError as error:
            raise Permanent("the process that tried it ended in mid-way") from error
        if isinstance(answer, Plan):
            return answer
        if isinstance(answer, str):
            raise Permanent(answer)
        assert isinstance(answer, tuple)
        done, total = answer
        progress(done, total)


def _try(settings: Settings, digest: str, most: int | None, far: "Connection[object, object]", parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides what Ctrl-C means
    end_with_parent(partial(os._exit, os.EX_TEMPFAIL), parent)
    use_one_thread()
    try:
        services = open_services(settings)
        tried = reclassify.plan(services, "", digest, most, lambda done, total: far.send((done, total)))
    except OrganiserError as error:
        far.send(f"{error}; {error.hint}" if error.hint else str(error))
    else:
        far.send(tried)
