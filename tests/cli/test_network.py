"""No network: every command does its work in a process that a network socket would kill, its children too.

Only the broker and an index that is a server may be talked to; here there is neither. Collected on Linux: conftest.py.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.photos import HAPPY, SAD, photo, real_face

ROOT = Path(__file__).parents[2]


def offline(*command: str, home: Path | None = None, typed: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    here = {name: value for name, value in os.environ.items() if not name.startswith("ORGANISER_")}
    if home is not None:
        here |= {"ORGANISER_HOME": str(home), "HOME": str(home)}
    words = [sys.executable, "-m", "tests.cli.offline", sys.executable, *command]
    return subprocess.run(words, cwd=ROOT, env=here, input=typed, capture_output=True, check=False)


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_PACKET", "AF_NETLINK"])
@pytest.mark.parametrize("child", [False, True])
def test_a_network_socket_kills(family: str, child: bool) -> None:
    act = f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)"
    if child:
        act = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {act!r}]).returncode == -31)"
    assert offline("-c", act).returncode == (1 if child else -signal.SIGSYS)


def test_a_look_up_of_a_name_kills() -> None:
    assert offline("-c", "import socket; socket.getaddrinfo('example.org', 80)").returncode == -signal.SIGSYS


def test_talk_within_the_machine_is_allowed() -> None:
    act = "import socket, multiprocessing as m; socket.socket(socket.AF_UNIX); m.Manager().list()"
    assert offline("-c", f"if __name__ == '__main__':\n    {act}").returncode == 0


def test_the_whole_job_is_done_without_a_network(tmp_path: Path) -> None:
    home, photos, there = tmp_path / "home", tmp_path / "photos", tmp_path / "happy"
    photo(photos / "drawn.jpg", [HAPPY])
    photo(photos / "other.png", [SAD], seed=1)
    Image.fromarray(real_face()).save(photos / "person.jpg", quality=95)

    def run(*words: str, typed: bytes = b"", code: int = 0) -> str:
        ran = offline("-m", "organiser", *words, home=home, typed=typed)
        assert ran.returncode == code, (words, ran.stderr.decode())
        return ran.stdout.decode()

    counts = json.loads(run("scan", str(photos), "--collect", str(tmp_path), "--workers", "2", "--json"))["counts"]
    assert (counts["new"], counts["detected"], counts.get("failed", 0)) == (3, 3, 0)
    assert counts["judged"] == 3
    assert run("find", "--paths").count("\n") == 3
    run("find", "emotion:happy", "--json")
    run("show", str(photos / "person.jpg"))
    run("stats")
    run("predict", str(photos / "person.jpg"), "--json")
    run("report", "--out", str(tmp_path / "report.html"))
    run("correct", str(photos / "drawn.jpg"), "--as", "happy")
    run("review", typed=b"sq")
    run("corrections", "export", str(tmp_path / "said"))
    run("collections", "add", "all", "sort:taken-", "--mode", "tag")
    run("collections", "sync")
    run("collections", "verify")
    assert (there / "drawn.jpg").exists()
    run("collections", "undo")
    run("import-tags")
    run("reclassify")
    run("models", "list")
    run("models", "verify")
    run("failures", "list")
    run("schedule", "list")
    run("status")
    run("doctor")
    run("scan", str(photos))
    assert "erased" in run("forget", "--all", "--yes", "--json")
