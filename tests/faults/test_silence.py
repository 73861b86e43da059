"""Nothing leaves the machine: a day of a user in a network where every name and address answers and is counted.

The environment is a user's: nothing but a path and a fresh home, so that nothing mutes telemetry by chance.
"""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.faults.lonely import ROOT, Lonely, Seen, lonely
from tests.photos import HAPPY, photo, real_face
from tests.training.drawn import write_tree
from tests.workers.service_process import wait_until

NOTHING = Seen([], [], 0)
_DATA = Path(".local/share/organiser")
_TINY = """
from organiser.training.learn.augment import NONE
from organiser.training.learn.config import Config
from organiser.training.learn.targets import Targets

CONFIG = Config(
    name="tiny", labels=("happy", "sad"), options={"widths": (4, 8), "depths": (1,)}, size=24, augment=NONE,
    targets=Targets(votes=0), epochs=1, batch=8, average=0.0,
)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    photo(folder / "drawn.jpg", [HAPPY])
    Image.fromarray(real_face()).save(folder / "person.jpg", quality=95)
    return folder


@pytest.fixture
def network() -> Iterator[Lonely]:
    """Give a network in which, afterwards, nothing must have been seen."""
    with lonely() as made:
        yield made
    assert made.seen == NOTHING


def environment(home: Path) -> dict[str, str]:
    """Return a user's environment."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


def run(network: Lonely, home: Path, *words: str) -> str:
    command = network.inside(sys.executable, *words)
    ran = subprocess.run(command, cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (words, ran.stderr)
    return ran.stdout


@contextlib.contextmanager
def running(network: Lonely, home: Path, *words: str) -> Iterator[None]:
    """Run a part of the service, and end it as a person does."""
    log = home.parent / "log"
    command = network.inside(sys.executable, "-m", "organiser", *words)
    with log.open("wb") as errors, subprocess.Popen(command, cwd=ROOT, env=environment(home), stderr=errors) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(150)
            print(log.read_text("utf-8", "replace"))
    assert code == 0


def judged(home: Path) -> int:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{home / _DATA / 'index.db'}?mode=ro", uri=True)) as index:
            return int(index.execute("SELECT count(*) FROM verdicts").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0


def left(home: Path) -> list[str]:
    """Return what lies in a home beside the organiser's own folder."""
    paths = (path.relative_to(home) for path in home.rglob("*") if not path.is_dir())
    return sorted(str(path) for path in paths if not path.is_relative_to(_DATA))


def test_the_network_sees_names_connections_and_whatever_else_is_sent(home: Path) -> None:
    names = "import socket; socket.create_connection(('example.org', 443))"
    bare = "import socket; socket.socket(socket.{}, socket.SOCK_DGRAM).sendto(b'me', ('{}', 9999))"
    with lonely() as network:
        run(network, home, "-c", names)
    assert network.seen is not None
    assert (set(network.seen.queries), network.seen.connections) == ({"example.org"}, [443])
    for family, address in (("AF_INET", "192.0.2.1"), ("AF_INET6", "2001:db8::1")):
        with lonely() as network:
            run(network, home, "-c", bare.format(family, address))
        assert network.seen is not None
        assert network.seen.packets > 0


def test_a_runtime_with_its_telemetry_on_would_be_found_in_the_home(network: Lonely, home: Path) -> None:
    run(network, home, "-c", "import onnxruntime")
    assert any(name.endswith("deviceid") for name in left(home))


def test_commands_say_nothing_to_anybody(network: Lonely, home: Path, library: Path, tmp_path: Path) -> None:
    def organiser(*words: str) -> str:
        return run(network, home, "-m", "organiser", *words)

    organiser("scan", str(library), "--collect", str(tmp_path))
    assert judged(home) == 2
    assert organiser("find", "--paths").count("\n") == 2
    organiser("show", str(library / "person.jpg"))
    organiser("predict", str(library / "person.jpg"))
    organiser("report", "--out", str(tmp_path / "report.html"))
    organiser("stats")
    organiser("doctor")
    organiser("status")
    organiser("forget", "--all", "--yes")
    assert left(home) == []


def test_the_service_says_nothing_to_anybody(network: Lonely, home: Path, library: Path, tmp_path: Path) -> None:
    """It runs `organiser worker`, `beat` and `watch` as anybody would."""
    with running(network, home, "up", str(library), "--collect", str(tmp_path)):
        wait_until("all are judged", lambda: judged(home) == 2)
        photo(library / "new.jpg", [HAPPY], seed=1)
        wait_until("the new photo is judged", lambda: judged(home) == 3)
    assert left(home) == []


def test_a_watch_without_a_queue_says_nothing_to_anybody(network: Lonely, home: Path, library: Path) -> None:
    run(network, home, "-m", "organiser", "roots", "add", str(library))
    with running(network, home, "watch"):
        wait_until("all are judged", lambda: judged(home) == 2)
    assert left(home) == []


def test_training_says_nothing_to_anybody(network: Lonely, home: Path, tmp_path: Path) -> None:
    for split, count in (("train", 8), ("val", 4)):
        write_tree(tmp_path / "set", ("happy", "sad"), count, split=split)
    (tmp_path / "tiny.py").write_text(_TINY, encoding="utf-8")
    prepared, made = str(tmp_path / "prepared"), str(tmp_path / "run")

    def training(*words: str) -> str:
        return run(network, home, "-m", "organiser.training", *words)

    training("prepare", "--faces", f"own={tmp_path / 'set'}", "--leaks", "keep", "--out", prepared)
    training("fit", "--config", str(tmp_path / "tiny.py"), "--data", prepared, "--out", made)
    training("calibrate", "--run", made, "--data", prepared)
    training("evaluate", "--run", made, "--data", prepared, "--out", str(tmp_path / "report"))
    training("export", "--run", made, "--data", prepared, "--out", str(tmp_path / "bundle"))
    folders = {os.path.dirname(name) for name in left(home)}
    assert folders == {".cache/matplotlib", ".keras"}  # a list of fonts, and Keras's settings
