"""The system's service manager: which there is, what it is told, and what it says of our service."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from organiser.errors import OrganiserError
from organiser.workers.install import launchd, systemd
from organiser.workers.install.plan import ServicePlan


@dataclass(frozen=True, slots=True)
class Installation:
    """One service's file and the commands about it.

    Attributes:
        path: where the file belongs.
        text: what it says, or an empty text where only the commands matter.
        start, stop, ask: commands of the manager, in order.
    """

    path: Path
    text: str
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]
    ask: tuple[str, ...]


def installation(plan: ServicePlan, platform: str = sys.platform) -> Installation:
    """Return how this plan is installed on this platform.

    Raises:
        OrganiserError: launchd knows services of one person only here.
    """
    if platform == "darwin":
        if plan.user is not None:
            raise OrganiserError("on macOS there is a service of one person only", "leave --system away")
        target = f"gui/{os.getuid()}"
        path = launchd.agent_path()
        load: tuple[tuple[str, ...], ...] = (("launchctl", "bootstrap", target, str(path)),)
        stop = (("launchctl", "bootout", f"{target}/{launchd.LABEL}"),)
        return Installation(path, launchd.agent(plan), load, stop, ("launchctl", "print", f"{target}/{launchd.LABEL}"))
    base = ("systemctl",) if plan.user else ("systemctl", "--user")
    path = systemd.unit_path(plan, os.environ.get("XDG_CONFIG_HOME"))
    start = ((*base, "daemon-reload"), (*base, "enable", "--now", systemd.FILE))
    stop = ((*base, "disable", "--now", systemd.FILE),)
    return Installation(path, systemd.unit(plan), start, stop, (*base, "--no-pager", "status", systemd.FILE))


def run(commands: Sequence[Sequence[str]]) -> None:
    """Run the manager's commands, one after the other.

    Raises:
        OrganiserError: one is not there or fails; names those that are left to be run by hand.
    """
    for number, command in enumerate(commands):
        left = " && ".join(" ".join(words) for words in commands[number:])
        if shutil.which(command[0]) is None:
            raise OrganiserError(f"{command[0]} is not on this machine", f"where it is, run: {left}")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
            raise OrganiserError(f"{' '.join(command)}: {reason}", f"run it yourself: {left}")
