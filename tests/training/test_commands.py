"""The commands in the order a person types them, on drawn faces."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from organiser.training.__main__ import main
from organiser.training.data.prepared import load
from tests.training.drawn import write_tree

CONFIG = """
from organiser.training.learn.augment import NONE
from organiser.training.learn.config import Config
from organiser.training.learn.targets import Targets

CONFIG = Config(
    name="tiny", labels=("happy", "sad"), options={"widths": (4, 8), "depths": (1,)}, size=24, augment=NONE,
    targets=Targets(votes=0), epochs=1, batch=8, average=0.0,
)
"""


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    for split, count in (("train", 8), ("val", 4)):
        write_tree(tmp_path / "set", ("happy", "sad"), count, split=split)
    assert main(["prepare", "--faces", f"own={tmp_path / 'set'}", "--leaks", "keep", "--out", str(tmp_path / "p")]) == 0
    return tmp_path / "p"


def test_from_pictures_to_a_report(faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tiny.py").write_text(CONFIG)
    run = str(tmp_path / "run")
    assert main(["fit", "--config", str(tmp_path / "tiny.py"), "--data", str(faces), "--out", run]) == 0
    assert main(["calibrate", "--run", run, "--data", str(faces)]) == 0
    assert main(["evaluate", "--run", run, "--data", str(faces), "--out", str(tmp_path / "report")]) == 0
    assert "happy/sad accuracy" in capsys.readouterr().out
    assert (tmp_path / "report" / "report.md").is_file()


def test_a_network_trained_on_another_backend_is_read_on_this_one(
    faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.py").write_text(CONFIG)
    run = tmp_path / "run"
    command = ["fit", "--config", str(tmp_path / "tiny.py"), "--data", str(faces), "--out", str(run)]
    subprocess.run([sys.executable, "-m", "organiser.training", *command, "--backend", "jax"], check=True)
    assert json.loads((run / "run.json").read_text())["versions"]["backend"] == "jax"
    assert main(["evaluate", "--run", str(run), "--data", str(faces), "--out", str(tmp_path / "report")]) == 0
    assert "happy/sad accuracy" in capsys.readouterr().out


def test_the_handcrafted_rival_is_measured(faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "--data", str(faces)]) == 0
    assert "happy_sad_accuracy" in capsys.readouterr().out


def test_copies_are_grouped_with_their_pictures(tmp_path: Path) -> None:
    (tmp_path / "set" / "happy").mkdir(parents=True)
    for seed in range(3):
        coarse = np.random.default_rng(seed).integers(0, 256, (12, 12, 3)).astype(np.uint8)
        picture = cv2.resize(coarse, (300, 200), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(tmp_path / "set" / "happy" / f"{seed}.png"), picture)
    arguments = ["prepare", "--wholes", f"own={tmp_path / 'set'}", "--copies", "--out", str(tmp_path / "p")]
    assert main([*arguments, "--leaks", "keep"]) == 0
    prepared = load(tmp_path / "p", grey=False)
    assert len(prepared.rows) == 6
    assert prepared.crops.shape == (6, 256, 256, 3)
    assert all(copy.group == row.group for row, copy in zip(prepared.rows[::2], prepared.rows[1::2], strict=True))


def test_a_set_without_pictures_and_a_mixture_of_subjects_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    here = f"own={tmp_path / 'empty'}"
    assert main(["prepare", "--faces", here, "--out", str(tmp_path / "p")]) == 1
    assert main(["prepare", "--faces", here, "--wholes", here, "--out", str(tmp_path / "p")]) == 1
    assert "either faces or whole photos" in capsys.readouterr().err
