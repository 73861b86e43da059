"""What is left out where the machine lacks the means."""

from tests.faults.lonely import possible
from tests.workers.conftest import folder, service

__all__ = ["folder", "service"]

_LONELY = possible()
collect_ignore = [] if _LONELY else ["test_silence.py"]


def pytest_report_collectionfinish() -> list[str]:
    """Say what is left out on this machine."""
    return [] if _LONELY else ["that nothing leaves the machine is not proven: that takes Linux and namespaces"]
