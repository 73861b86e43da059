"""Preparing: what is trained on is what is served, nothing is lost on the way and nothing is left out unseen."""

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from organiser.errors import Permanent
from organiser.training.data.crops import Kind
from organiser.training.data.prepare import Source, prepare
from organiser.training.data.prepared import load, to_grey
from organiser.training.data.sources import VOTES
from organiser.training.data.splits import Leaking
from organiser.training.data.votes import Votes, read_votes
from organiser.training.learn.batches import cut_inputs
from organiser.vision.align import crop_of_face_picture, encode_crop
from organiser.vision.bundle import Input, cut
from organiser.vision.detectors.yunet import YuNet
from tests.training.drawn import write_tree


def quiet(text: str) -> None:
    """Progress nobody reads."""


def portrait() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut()[0:220, 120:330])


def write(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


def lesson(folder: Path) -> dict[str, object]:
    return json.loads((folder / "prepared.json").read_text())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_crop_prepared_for_training_is_the_crop_served_byte_for_byte(tmp_path: Path) -> None:
    write(tmp_path / "set" / "train" / "happy" / "a.png", portrait())
    write_tree(tmp_path / "set", ("sad",), 2, split="train")
    prepare([Source("own", tmp_path / "set")], Votes(), tmp_path / "out", YuNet(), note=quiet)
    kept = (tmp_path / "out" / "crops.bin").read_bytes()
    served = encode_crop(crop_of_face_picture(portrait(), YuNet()))
    assert kept.startswith(served)
    rows = list(csv.DictReader((tmp_path / "out" / "faces.csv").read_text().splitlines()))
    assert rows[0]["aligned"] == "1"
    assert sorted(contents(tmp_path / "out")) == [
        "contact-sheet.png",
        "crops.bin",
        "faces.csv",
        "prepared.json",
        "wholes.bin",
    ]


def test_what_is_left_out_is_counted_and_named(tmp_path: Path) -> None:
    write(tmp_path / "photos" / "happy" / "a.png", data.astronaut())
    write(tmp_path / "photos" / "happy" / "b.png", np.full((200, 200, 3), 90, np.uint8))
    (tmp_path / "photos" / "happy" / "c.png").write_bytes(b"")
    (tmp_path / "photos" / "happy" / "d.png").write_text("Dear diary")
    notes: list[str] = []
    prepare([Source("own", tmp_path / "photos", Kind.PHOTOS)], Votes(), tmp_path / "out", YuNet(), note=notes.append)
    assert [row.name for row in load(tmp_path / "out").rows] == ["happy/a.png"]
    assert lesson(tmp_path / "out")["left_out"] == {
        "own": {
            "no_face": {"count": 1, "first": ["happy/b.png"]},
            "empty": {"count": 1, "first": ["happy/c.png"]},
            "not_a_picture": {"count": 1, "first": ["happy/d.png"]},
        }
    }
    assert "own: 1 left out (no_face): happy/b.png" in notes


def test_an_empty_picture_has_no_copy_and_stops_nothing(tmp_path: Path) -> None:
    write(tmp_path / "set" / "happy" / "a.png", portrait())
    (tmp_path / "set" / "happy" / "b.png").write_bytes(b"")
    source = Source("own", tmp_path / "set", copies=True)
    prepare([source], Votes(), tmp_path / "out", YuNet(), leaking=Leaking.KEEP, note=quiet)
    assert [row.name for row in load(tmp_path / "out").rows] == ["happy/a.png", "happy/a.png~copy"]


def test_a_leak_across_splits_is_refused_or_repaired(tmp_path: Path) -> None:
    write(tmp_path / "set" / "train" / "happy" / "a.png", portrait())
    write(tmp_path / "set" / "val" / "happy" / "b.jpg", portrait())
    source = Source("own", tmp_path / "set")
    with pytest.raises(Permanent, match="across splits"):
        prepare([source], Votes(), tmp_path / "refused", YuNet(), note=quiet)
    prepare([source], Votes(), tmp_path / "out", YuNet(), leaking=Leaking.REPAIR, note=quiet)
    assert {row.name: row.fold for row in load(tmp_path / "out").rows} == {
        "train/happy/a.png": "dropped",
        "val/happy/b.jpg": "val",
    }
    assert lesson(tmp_path / "out")["leaks"] == 1


def test_a_refused_run_leaves_the_set_that_is_there(tmp_path: Path) -> None:
    write_tree(tmp_path / "set", ("happy", "sad"), 2, split="train")
    out = tmp_path / "out"
    prepare([Source("own", tmp_path / "set")], Votes(), out, YuNet(), leaking=Leaking.KEEP, note=quiet)
    before = contents(out)
    (tmp_path / "empty").mkdir()
    sources = [Source("own", tmp_path / "set"), Source("other", tmp_path / "empty")]
    with pytest.raises(Permanent, match=r"no pictures in .*empty"):
        prepare(sources, Votes(), out, YuNet(), leaking=Leaking.KEEP, note=quiet)
    with pytest.raises(Permanent, match="nothing is there"):
        prepare([Source("own", tmp_path / "typo.tar")], Votes(), out, YuNet(), note=quiet)
    assert contents(out) == before
    assert len(load(out).rows) == 4


def test_the_same_request_is_done_once_and_any_other_anew(tmp_path: Path) -> None:
    folder, out = tmp_path / "set", tmp_path / "out"
    write_tree(folder, ("happy", "sad"), 2, split="train")

    def asked(*, seed: int = 0, copies: bool = False) -> bool:
        """Prepare; return whether anything was done."""
        notes: list[str] = []
        source = Source("own", folder, copies=copies)
        prepare([source], Votes(), out, YuNet(), leaking=Leaking.KEEP, seed=seed, note=notes.append)
        assert (len(notes) == 1) == ("nothing to do" in notes[0])
        return len(notes) > 1

    assert asked()
    before = contents(out)
    assert not asked()
    assert contents(out) == before
    assert asked(seed=1)
    assert not asked(seed=1)
    assert asked(seed=1, copies=True)
    write_tree(folder, ("happy",), 3, split="train")
    assert asked(seed=1, copies=True)
    assert len(load(out).rows) == 10
    (out / "wholes.bin").write_bytes(b"damaged")
    assert asked(seed=1, copies=True)
    assert len(load(out).rows) == 10


def test_a_row_of_the_csv_gets_its_votes_by_its_number(tmp_path: Path) -> None:
    (csv_file, votes_file), counts = fer_csv(tmp_path, emotions=(3, 4)), "0 1 0 9 0 0 0 0 0 0"
    prepare([Source("fer2013", csv_file)], read_votes(votes_file), tmp_path / "out", YuNet(), note=quiet)
    assert [(row.name, row.votes) for row in load(tmp_path / "out").rows] == [("row/0", ""), ("row/1", counts)]
    assert lesson(tmp_path / "out")["voted"] == 1


def test_votes_that_count_the_rows_of_another_csv_or_match_nothing_are_refused(tmp_path: Path) -> None:
    csv_file, votes_file = fer_csv(tmp_path, emotions=(4, 3))
    with pytest.raises(Permanent, match="row/1 is happy, the votes say sad"):
        prepare([Source("fer2013", csv_file)], read_votes(votes_file), tmp_path / "out", YuNet(), note=quiet)
    write_tree(tmp_path / "set", ("happy",), 1)
    with pytest.raises(Permanent, match="none of the pictures"):
        prepare([Source("own", tmp_path / "set")], read_votes(votes_file), tmp_path / "out", YuNet(), note=quiet)


def fer_csv(folder: Path, emotions: tuple[int, ...]) -> tuple[Path, Path]:
    """A CSV of random faces with these emotions, and votes for the sad face of its second row."""
    rng = np.random.default_rng(0)
    rows = [f"{emotion},{' '.join(map(str, rng.integers(0, 256, 2304)))},Training" for emotion in emotions]
    (folder / "fer.csv").write_text("\n".join(["emotion,pixels,Usage", *rows, ""]))
    header = "split,label,file,fer2013_row,match_mad," + ",".join(VOTES)
    (folder / "votes.csv").write_text(f"{header}\nTraining,sad,a.jpg,1,0.0,0,1,0,9,0,0,0,0,0,0\n")
    return folder / "fer.csv", folder / "votes.csv"


def test_inputs_are_cut_as_the_organiser_cuts_them() -> None:
    crops = np.random.default_rng(1).integers(0, 256, (3, 128, 128, 3)).astype(np.uint8)
    shape = Input(48, 48, 1, (16, 16, 96, 96))
    assert np.array_equal(cut_inputs(crops, shape)[1], cut(crops[1], shape))
    grey = np.stack([to_grey(crop)[:, :, None] for crop in crops])
    assert np.abs(cut_inputs(grey, shape).astype(int) - cut_inputs(crops, shape)).max() <= 1


def test_a_set_for_choosing_is_never_learned_from(tmp_path: Path) -> None:
    write_tree(tmp_path / "own", ("happy", "sad"), 6, split="train")
    write_tree(tmp_path / "other", ("happy", "sad"), 6)
    sources = [Source("own", tmp_path / "own"), Source("jaffe", tmp_path / "other", Kind.CHOOSING)]
    prepare(sources, Votes(), tmp_path / "out", YuNet(), leaking=Leaking.KEEP, note=quiet)
    folds = {(row.source, row.fold) for row in load(tmp_path / "out").rows}
    assert ("jaffe", "val") in folds
    assert not {("jaffe", "train"), ("jaffe", "held")} & folds
    with pytest.raises(Permanent, match="choosing only"):
        prepare([Source("jaffe", tmp_path / "other")], Votes(), tmp_path / "not", YuNet(), note=quiet)


def test_unlabelled_faces_are_to_learn_from_but_for_those_an_album_is_measured_by(tmp_path: Path) -> None:
    write(tmp_path / "web" / "site" / "a.jpg", portrait())
    write(tmp_path / "web" / "site" / "b.jpg", np.full((200, 200, 3), 90, np.uint8))
    write_tree(tmp_path / "own", ("happy", "sad"), 4)
    write(tmp_path / "photos" / "event" / "p.jpg", data.astronaut())
    sources = [Source("own", tmp_path / "own"), Source("web", tmp_path / "web", Kind.UNLABELLED)]
    for apart, fold in (((), "train"), ((tmp_path / "photos",), "dropped")):
        out = tmp_path / f"out-{fold}"
        prepare(sources, Votes(), out, YuNet(), leaking=Leaking.KEEP, apart=apart, note=quiet)
        rows = [row for row in load(out).rows if row.source == "web"]
        assert [(row.name, row.label, row.fold) for row in rows] == [("site/a.jpg", "", fold)]
    assert lesson(tmp_path / "out-dropped")["apart"] == 1


def test_a_twin_of_a_face_held_out_is_not_learned_from_for_want_of_a_label(tmp_path: Path) -> None:
    write(tmp_path / "own" / "test" / "happy" / "a.png", portrait())
    shutil.copytree(tmp_path / "own" / "test", tmp_path / "web")
    sources = [Source("own", tmp_path / "own"), Source("web", tmp_path / "web", Kind.UNLABELLED)]
    prepare(sources, Votes(), tmp_path / "out", YuNet(), leaking=Leaking.REPAIR, note=quiet)
    assert [row.fold for row in load(tmp_path / "out").rows] == ["held", "dropped"]


def test_photos_without_a_face_keep_nothing_apart(tmp_path: Path) -> None:
    write(tmp_path / "photos" / "event" / "p.jpg", np.full((200, 200, 3), 90, np.uint8))
    write(tmp_path / "web" / "site" / "a.jpg", portrait())
    sources = [Source("web", tmp_path / "web", Kind.UNLABELLED)]
    with pytest.raises(Permanent, match="no face to keep apart"):
        prepare(sources, Votes(), tmp_path / "out", YuNet(), apart=[tmp_path / "photos"], note=quiet)
