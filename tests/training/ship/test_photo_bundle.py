"""Readers of whole photos, from a folder of pictures to an answer on the command line; each kind of plain network."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from organiser.training.__main__ import main
from organiser.training.data.prepared import load

CONFIG = """
from organiser.training.learn.augment import NONE
from organiser.training.learn.config import Config
from organiser.training.learn.targets import Targets

CONFIG = Config(
    name="tiny-photo", labels=("happy", "sad"), subject="photo", network="{network}", size=64, channels=3,
    window=(0, 0, 256, 256), augment=NONE, targets=Targets(votes=0, smoothing=0, repeats={{"own": 20}}), epochs=1,
    batch=8, rate=1e-3, average=0.0,
)
"""


def _draw(folder: Path, count: int, split: str) -> None:
    """Write bright pictures as happy and dark ones as sad: something that any working network tells apart."""
    for emotion, level in (("happy", 200), ("sad", 50)):
        place = folder / split / emotion
        place.mkdir(parents=True)
        for number in range(count):
            rng = np.random.default_rng([level, count, number])
            picture = np.clip(rng.normal(level, 25, (120, 160, 3)), 0, 255).astype(np.uint8)
            cv2.imwrite(str(place / f"{number}.png"), cv2.GaussianBlur(picture, (0, 0), 3))


@pytest.mark.parametrize("network", ["binary", "sequential", "three_class"])
def test_a_network_of_whole_photos_becomes_a_bundle_that_predicts(network: str, tmp_path: Path) -> None:
    _draw(tmp_path / "set", 16, "train")
    _draw(tmp_path / "set", 8, "val")
    data, run, bundle = (str(tmp_path / name) for name in ("data", "run", "bundle"))
    config = tmp_path / "tiny.py"
    config.write_text(CONFIG.format(network=network))
    assert main(["prepare", "--wholes", f"own={tmp_path / 'set'}", "--leaks", "keep", "--out", data]) == 0
    assert load(Path(data)).subject == "photo"
    assert main(["fit", "--config", str(config), "--data", data, "--out", run]) == 0
    assert main(["export", "--run", run, "--data", data, "--out", bundle]) == 0
    pictures = [str(tmp_path / "set" / "val" / emotion / "1.png") for emotion in ("happy", "sad")]
    command = [sys.executable, "-m", "organiser", "--home", str(tmp_path / "home"), "predict", "--model", bundle]
    ran = subprocess.run([*command, *pictures], check=True, capture_output=True)
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [answer["faces"][0]["emotion"] for answer in answers] == ["happy", "sad"]
    assert all(answer["faces"][0]["box"] == [0, 0, 160, 120] for answer in answers)
