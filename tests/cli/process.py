"""`organiser` as a process of its own, as a person runs it."""

import subprocess
import sys


def run(*words: object, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run `organiser` with these words and this process's environment, and return how it ended."""
    command = [sys.executable, "-c", "from organiser.cli.main import main; main()", *map(str, words)]
    return subprocess.run(command, input=typed, capture_output=True, text=True, check=False)
