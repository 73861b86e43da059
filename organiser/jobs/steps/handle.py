"""Which handler does which message, and what follows: what the local runner and the Celery tasks both call."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from organiser.jobs.messages import Detect, Identify, Judge, Message, Place, ScanRoot, Sweep
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.detect import detect
from organiser.jobs.steps.follow_ups import placing_after
from organiser.jobs.steps.identify import identify
from organiser.jobs.steps.judge import judge
from organiser.jobs.steps.place import place
from organiser.jobs.steps.scan import scan_root
from organiser.jobs.steps.sweep import sweep

HANDLERS: Mapping[type[Message], Callable[[Services, Any], Outcome]] = {
    ScanRoot: scan_root,
    Identify: identify,
    Detect: detect,
    Judge: judge,
    Place: place,
    Sweep: sweep,
}


def handle(services: Services, message: Message) -> Outcome:
    """Do the work of one message and return all that follows, to be submitted by the caller.

    What a fresh message changes is placed at once. Of the others the index notes that the collections are to be brought
    in line; whoever has nothing else left to do asks it, see `follow_ups.placing_requested`.

    Raises:
        OrganiserError: the machine failed; the work stays due.
    """
    done = HANDLERS[type(message)](services, message)
    return replace(done, messages=(*done.messages, *placing_after(message, done)))
