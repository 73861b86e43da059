"""kill -9 at every moment: nothing of anyone's is harmed, nothing half-made stays, the next run finishes."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.placing.crash import SCENARIOS

ROOT = Path(__file__).parents[2]
MEMORY = "/dev/shm"  # a crash of a process leaves there what it leaves on a disk, and a hundred syncs are quick


@pytest.fixture
def scratch(tmp_path):
    if os.access(MEMORY, os.W_OK):
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            yield Path(folder)
    else:
        yield tmp_path


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "reflink"])  # that one: test_reflink.py
def test_a_process_killed_at_any_moment_leaves_nothing_that_the_next_does_not_mend(name, scratch):
    command = [sys.executable, "-m", "tests.placing.crash", name, str(scratch)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["kills"] >= 4
