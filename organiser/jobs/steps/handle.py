"""Which handler does which message: the one table both the local runner and the Celery tasks use."""

from organiser.jobs.messages import Identify, Judge, Look, Message, Place, ScanRoot, Sweep
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.detect import look
from organiser.jobs.steps.identify import identify
from organiser.jobs.steps.judge import judge
from organiser.jobs.steps.place import place
from organiser.jobs.steps.scan import scan_root
from organiser.jobs.steps.sweep import sweep


def handle(services: Services, message: Message) -> Outcome:
    """Do the work of one message and return what follows, to be submitted by the caller.

    Raises:
        OrganiserError: the machine failed; the work stays due.
    """
    match message:
        case ScanRoot():
            return scan_root(services, message)
        case Identify():
            return identify(services, message)
        case Look():
            return look(services, message)
        case Judge():
            return judge(services, message)
        case Place():
            return place(services, message)
        case Sweep():
            return sweep(services, message)
