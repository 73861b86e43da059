"""Preparing: what is trained on is what is served, and every way a set can come is read."""

import csv
import json
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from organiser.errors import Permanent
from organiser.vision.align import crop_of_face_picture, encode_crop
from organiser.vision.bundle import Input, cut
from organiser.vision.detectors.yunet import YuNet
from tests.training.drawn import write_tree
from training.cutting import Kind
from training.data import cut_inputs
from training.folds import Leaking
from training.prepare import Source, prepare
from training.prepared import load, to_grey
from training.sources import VOTES, read, read_votes


def quiet(text: str) -> None:
    """Progress nobody reads."""


def portrait() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut()[0:220, 120:330])


def write(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


def test_a_crop_prepared_for_training_is_the_crop_served_byte_for_byte(tmp_path: Path) -> None:
    write(tmp_path / "set" / "train" / "happy" / "a.png", portrait())
    write_tree(tmp_path / "set", ("sad",), 2, split="train")
    prepare([Source("own", tmp_path / "set")], {}, tmp_path / "out", YuNet(), note=quiet)
    kept = (tmp_path / "out" / "crops.bin").read_bytes()
    served = encode_crop(crop_of_face_picture(portrait(), YuNet()))
    assert kept.startswith(served)
    rows = list(csv.DictReader((tmp_path / "out" / "faces.csv").read_text().splitlines()))
    assert rows[0]["aligned"] == "1"
    assert (tmp_path / "out" / "contact-sheet.png").is_file()


def test_the_largest_face_of_a_whole_photo_is_taken_and_a_photo_without_one_is_not(tmp_path: Path) -> None:
    write(tmp_path / "photos" / "happy" / "a.png", data.astronaut())
    write(tmp_path / "photos" / "happy" / "b.png", np.full((200, 200, 3), 90, np.uint8))
    prepare([Source("own", tmp_path / "photos", Kind.PHOTOS)], {}, tmp_path / "out", YuNet(), note=quiet)
    assert [row.name for row in load(tmp_path / "out").rows] == ["happy/a.png"]


def test_a_leak_across_splits_is_refused_or_repaired(tmp_path: Path) -> None:
    write(tmp_path / "set" / "train" / "happy" / "a.png", portrait())
    write(tmp_path / "set" / "val" / "happy" / "b.jpg", portrait())
    source = Source("own", tmp_path / "set")
    with pytest.raises(Permanent, match="across splits"):
        prepare([source], {}, tmp_path / "refused", YuNet(), note=quiet)
    prepare([source], {}, tmp_path / "out", YuNet(), leaking=Leaking.REPAIR, note=quiet)
    assert {row.name: row.fold for row in load(tmp_path / "out").rows} == {
        "train/happy/a.png": "dropped",
        "val/happy/b.jpg": "val",
    }
    assert json.loads((tmp_path / "out" / "prepared.json").read_text())["leaks"] == 1


def test_inputs_are_cut_as_the_organiser_cuts_them() -> None:
    crops = np.random.default_rng(1).integers(0, 256, (3, 128, 128, 3)).astype(np.uint8)
    shape = Input(48, 48, 1, (16, 16, 96, 96))
    assert np.array_equal(cut_inputs(crops, shape)[1], cut(crops[1], shape))
    grey = np.stack([to_grey(crop)[:, :, None] for crop in crops])
    assert np.abs(cut_inputs(grey, shape).astype(int) - cut_inputs(crops, shape)).max() <= 1


def test_a_tree_a_tar_and_a_csv_are_read_alike(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8)
    write(tmp_path / "tree" / "PublicTest" / "sad" / "x.png", np.repeat(grey[:, :, None], 3, axis=2))
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        archive.add(tmp_path / "tree" / "PublicTest", "PublicTest")
    pixels = " ".join(map(str, grey.ravel().tolist()))
    (tmp_path / "fer.csv").write_text(f"emotion,pixels,Usage\n4,{pixels},PublicTest\n")
    for path in ("tree", "set.tar", "fer.csv"):
        (picture,) = read(tmp_path / path, "fer2013")
        assert (picture.split, picture.label) == ("val", "sad")
        assert np.array_equal(cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_GRAYSCALE), grey)


def test_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("no set")
    with pytest.raises(Permanent, match="neither"):
        read(tmp_path / "x.txt", "x")


def test_votes_are_read_by_file_name(tmp_path: Path) -> None:
    counts = [1, 9, 0, 0, 0, 0, 0, 0, 0, 0]
    header = "split,label,file,fer2013_row,match_mad," + ",".join(VOTES)
    (tmp_path / "v.csv").write_text(f"{header}\nTraining,happy,a.jpg,1,0.0,{','.join(map(str, counts))}\n")
    assert read_votes(tmp_path / "v.csv") == {"a.jpg": tuple(counts)}
