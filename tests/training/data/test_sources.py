"""Every way a set can come is read alike, and whatever is no set is said to be none."""

import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from organiser.errors import Permanent
from organiser.training.data.sources import VOTES, Picture, content_digest, read
from organiser.training.data.votes import read_votes
from tests.training.drawn import write_tree

COUNTS = (1, 9, 0, 0, 0, 0, 0, 0, 0, 0)
COLUMNS = ",".join(VOTES)
LINE = ",".join(map(str, COUNTS))


def picture(name: str, source: str = "fer2013") -> Picture:
    return Picture(source, "train", "happy", name, b"")


def test_a_tree_a_tar_and_a_csv_are_read_alike(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8)
    (tmp_path / "tree" / "PublicTest" / "sad").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "tree" / "PublicTest" / "sad" / "x.png"), grey)
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        archive.add(tmp_path / "tree" / "PublicTest", "PublicTest")
    pixels = " ".join(map(str, grey.ravel().tolist()))
    (tmp_path / "fer.csv").write_text(f"emotion,pixels,Usage\n4,{pixels},PublicTest\n")
    for path in ("tree", "set.tar", "fer.csv"):
        (sample,) = read(tmp_path / path, "fer2013")
        assert (sample.split, sample.label) == ("val", "sad")
        assert np.array_equal(cv2.imdecode(np.frombuffer(sample.data, np.uint8), cv2.IMREAD_GRAYSCALE), grey)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.txt", b"no set", "neither"),
        ("missing.tar", None, "nothing is there"),
        ("x.csv", b"name,size\na,1\n", "no columns emotion and pixels"),
        ("x.csv", b"emotion,pixels,Usage\n3,1 2 3,Training\n", "row 0 is no face"),
        ("x.csv", b"emotion,pixels,Usage\n9," + b" ".join([b"7"] * 2304) + b",Training\n", "row 0 is no face"),
    ],
)
def test_something_else_is_refused(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Permanent, match=reason):
        list(read(tmp_path / name, "x"))


def test_half_a_tar_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path / "set", ("happy",), 3)
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        archive.add(tmp_path / "set", "train")
    whole = (tmp_path / "set.tar").read_bytes()
    (tmp_path / "set.tar").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Permanent, match="broken tar"):
        list(read(tmp_path / "set.tar", "x"))


def test_the_digest_changes_with_any_picture_and_with_nothing_else(tmp_path: Path) -> None:
    write_tree(tmp_path / "set", ("happy",), 2)
    first = content_digest(tmp_path / "set")
    (tmp_path / "set" / "notes.txt").write_text("no picture")
    (tmp_path / "set").rename(tmp_path / "moved")
    assert content_digest(tmp_path / "moved") == first
    (tmp_path / "moved" / "happy" / "0.png").rename(tmp_path / "moved" / "happy" / "2.png")
    renamed = content_digest(tmp_path / "moved")
    (tmp_path / "moved" / "happy" / "1.png").write_bytes(b"another")
    assert len({first, renamed, content_digest(tmp_path / "moved")}) == 3


def test_votes_are_found_by_file_name_or_by_row_and_only_for_fer2013(tmp_path: Path) -> None:
    header = f"split,label,file,fer2013_row,match_mad,{COLUMNS}"
    (tmp_path / "v.csv").write_text(f"{header}\nTraining,happy,a.jpg,7,0.0,{LINE}\n")
    votes = read_votes(tmp_path / "v.csv")
    assert votes.of(picture("Training/happy/a.jpg")) == COUNTS
    assert votes.of(picture("row/7")) == COUNTS
    assert votes.of(picture("row/0")) == ()
    assert votes.of(picture("happy/a.jpg", "own")) == votes.of(picture("row/7", "own")) == ()


def test_ferplus_own_file_counts_the_rows_by_their_order(tmp_path: Path) -> None:
    nothing = ",".join("0" * len(VOTES))
    lines = f"Training,fer0000000.png,{nothing}\nTraining,fer0000001.png,{LINE}\n"
    (tmp_path / "v.csv").write_text(f"Usage,Image name,{COLUMNS}\n{lines}")
    assert read_votes(tmp_path / "v.csv").of(picture("row/1")) == COUNTS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file"),
        ("label,file\nhappy,a.jpg\n", "no column neutral"),
        (f"{COLUMNS}\n{LINE}\n", "for no picture"),
        (f"label,file,{COLUMNS}\nhappy,a.jpg,1,x\n", "not readable as votes"),
    ],
)
def test_something_else_than_votes_is_refused(tmp_path: Path, content: str | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "v.csv").write_text(content)
    with pytest.raises(Permanent, match=reason):
        read_votes(tmp_path / "v.csv")
