"""A release built from this tree, and a bare environment outside the repository that it is installed into, once a run."""

import os
import re
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.photos import HAPPY, SAD, photo

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "deploy"))

import release as making  # noqa: E402


@dataclass(frozen=True)
class Installed:
    """An environment that a user made.

    Attributes:
        folder: of the environment.
        work: an empty folder to run things in, with drawn photos in `photos`.
        light: what the commands of the light installation said, by name, before anything else was installed.
    """

    folder: Path
    work: Path
    light: Mapping[str, "subprocess.CompletedProcess[str]"]

    @property
    def program(self) -> Path:
        return self.folder / "bin" / "organiser"


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Wheel and sdist of this tree; the wheel is built from the sdist."""
    return making.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def light(release: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel installed as `pip install organiser` does, and what its commands say."""
    folder, work = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("work")
    folder.chmod(0o755)  # pytest's are 0700, and the containers' users are not root
    venv.create(folder, with_pip=True)
    install(folder, str(release[0]))
    for number in range(4):
        photo(work / "photos" / f"{number}.jpg", [HAPPY if number % 2 else SAD], seed=number)
    commands = {
        "scan": ("scan", "photos", "--collect", "collections"),
        "find": ("find", "faces:1..", "--paths"),
        "report": ("report", "faces:1..", "--out", "report.html"),
        "up": ("up", "photos"),
        "version": ("--version",),
    }
    ran = {name: run(folder, work, *words) for name, words in commands.items()}
    return Installed(folder, work, ran)


@pytest.fixture(scope="session")
def full(light: Installed, release: tuple[Path, Path]) -> Installed:
    """The same environment with what the service needs, as in the image."""
    install(light.folder, f"{release[0]}[service,web,postgres]")
    return light


def install(folder: Path, wanted: str) -> None:
    """Install with pip, from the index, in the versions of the lock, with bytecode: the images' roots are read-only."""
    constraints = folder / "constraints.txt"
    pinned = re.findall(
        r"^([a-z0-9_.-]+==\S+)(.*?)\s*\\?$", (ROOT / "requirements/dev.txt").read_text("utf-8"), re.MULTILINE
    )
    constraints.write_text("".join(f"{name}{marker}\n" for name, marker in pinned), "utf-8")
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "-c", constraints, wanted]
    subprocess.run(pip, check=True, capture_output=True, env=clean(), cwd="/", timeout=900)


def run(folder: Path, work: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the installed program away from the repository."""
    environment = clean() | {"ORGANISER_HOME": str(work / "home"), "ORGANISER_DETECTOR": "drawn"}
    command = [folder / "bin" / "organiser", *words]
    return subprocess.run(command, env=environment, cwd=work, capture_output=True, text=True, check=False, timeout=600)


def clean() -> dict[str, str]:
    """This environment without what would lead back into the repository."""
    leading = ("PYTHON", "VIRTUAL_ENV", "ORGANISER_")
    return {name: value for name, value in os.environ.items() if not name.startswith(leading)}
