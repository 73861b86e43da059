"""`organiser` as a process of its own, as a person runs it."""

import os
import pty
import subprocess
import sys


def run(*words: object, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run `organiser` with these words and this process's environment, and return how it ended."""
    command = [sys.executable, "-c", "from organiser.cli.main import main; main()", *map(str, words)]
    return subprocess.run(command, input=typed, capture_output=True, text=True, check=False)


def run_at_terminal(*words: object, typed: str) -> "subprocess.CompletedProcess[str]":
    """Run `organiser` with these words for a person at a terminal who types `typed`."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed.encode())
        command = [sys.executable, "-c", "from organiser.cli.main import main; main()", *map(str, words)]
        return subprocess.run(command, stdin=theirs, capture_output=True, text=True, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
