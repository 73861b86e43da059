"""What is left out where the machine lacks the means, and the table that `make fuzz` ends with."""

import os
from collections.abc import Iterator
from typing import Any

from tests.faults.lonely import containers, possible
from tests.workers.conftest import folder, service

__all__ = ["folder", "service"]

_LONELY = possible()
_CONTAINERS = containers()
collect_ignore = ([] if _LONELY else ["test_silence.py"]) + ([] if _CONTAINERS else ["test_takeover.py"])


def pytest_report_collectionfinish() -> list[str]:
    """Say what is left out on this machine."""
    left_out = [] if _LONELY else ["that nothing leaves the machine is not proven: that takes Linux and namespaces"]
    return left_out + ([] if _CONTAINERS else ["a lock's takeover from a container is not tested: that takes unshare"])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was tried and whether it held."""
    if "FUZZ" not in os.environ:
        return
    rows = sorted(_outcomes(terminalreporter.stats))
    width = max((len(attack) for attack, _ in rows), default=0)
    terminalreporter.write_line(f"{'attack':{width}}  outcome")
    for attack, outcome in rows:
        terminalreporter.write_line(f"{attack:{width}}  {outcome}")


def _outcomes(reports: dict[str, list[Any]]) -> Iterator[tuple[str, str]]:
    for word, outcome in (("passed", "held"), ("failed", "BROKE"), ("error", "BROKE")):
        for report in reports.get(word, []):
            yield report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " "), outcome
