"""launchd's agent for the service of one person on macOS. Never run on a Mac where it was written; see docs/service.md."""

import plistlib
from pathlib import Path

from organiser.workers.install.plan import ServicePlan
from organiser.workers.install.written import sealed

LABEL = "org.organiser.up"


def agent_path() -> Path:
    """Return where the agent of this person belongs."""
    return Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"


def agent(plan: ServicePlan) -> str:
    """Return the property list's text, with the line that proves it ours."""
    found = {
        "Label": LABEL,
        "ProgramArguments": list(plan.command),
        "EnvironmentVariables": {"ORGANISER_LOG_FORMAT": "json"},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ExitTimeOut": 200,
        "ProcessType": "Background",
        "LowPriorityIO": True,
        "Umask": 0o077,
        "StandardErrorPath": str(plan.home / "service.log"),
    }
    return sealed(plistlib.dumps(found, sort_keys=False).decode("utf-8"), ("<!-- ", " -->"))
