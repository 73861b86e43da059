"""A command in odd surroundings: a full or closed output, a folder that is gone; one line says so, never a traceback."""

import subprocess
import sys
from pathlib import Path

from tests.cli.command import Organiser

_PROGRAM = [sys.executable, "-c", "from organiser.cli.main import main; main()"]


def _run(shell: str, *words: object) -> "subprocess.CompletedProcess[str]":
    """Run the command as `"$@"` in a line of shell."""
    command = ["sh", "-c", shell, "sh", *_PROGRAM, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_full_disk_behind_the_output_is_told_in_one_line(organiser: Organiser, photos: Path) -> None:
    ran = _run('"$@" > /dev/full', "find", "emotion:happy", "--json")
    assert (ran.returncode, ran.stderr) == (1, "organiser: No space left on device\n")


def test_a_closed_output_hinders_nothing(organiser: Organiser, photos: Path) -> None:
    ran = _run('"$@" >&-', "find", "emotion:happy")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_folder_that_is_gone_is_told(organiser: Organiser, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    ran = _run(f'cd {gone} && rmdir {gone} && "$@"', "scan", ".")
    assert ran.returncode == 1
    assert "the folder that this was started in is gone" in " ".join(ran.stderr.split())
    assert "Traceback" not in ran.stderr
