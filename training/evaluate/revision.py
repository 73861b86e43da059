"""Which revision of this repository did something: for run folders and reports."""

import subprocess
from pathlib import Path


def revision() -> str:
    """Return what `git describe` says, "" outside a repository and where there is no git."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
