"""A prepared set on disk: killed or damaged, it is never taken for one it is not, and a finished one is never lost."""

import json
import multiprocessing
import os
import shutil
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest

from organiser.errors import Permanent, Transient
from organiser.training.data.prepared import Row, load
from organiser.training.data.writer import Writer, writing
from organiser.training.reports.contact_sheet import contact_sheet
from organiser.vision.align import encode_crop
from organiser.vision.template import THUMBNAIL_TEMPLATE
from tests.training.drawn import draw_face


def fill(writer: Writer, emotions: tuple[str, ...], template: str = "arcface128-1") -> None:
    rows = []
    for number, emotion in enumerate(emotions):
        crop = encode_crop(draw_face(emotion, number))
        writer.add(crop, crop)
        rows.append(Row("own", f"{number}.png", emotion, "train", number, 1, "", str(number)))
    writer.complete(rows, {"template": template})


def publish(folder: Path, emotions: tuple[str, ...] = ("happy", "sad"), template: str = "arcface128-1") -> None:
    with writing(folder) as writer:
        fill(writer, emotions, template)
        writer.publish()


def labels(folder: Path) -> list[str]:
    return [row.label for row in load(folder).rows]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    publish(tmp_path)
    prepared = load(tmp_path)
    assert [row.label for row in prepared.rows] == ["happy", "sad"]
    assert prepared.crops.shape == (2, 128, 128, 1)
    prepared.require("face")
    with pytest.raises(Permanent, match="judges a photo"):
        prepared.require("photo")


def test_thumbnails_are_of_photos(tmp_path: Path) -> None:
    publish(tmp_path, template=THUMBNAIL_TEMPLATE)
    prepared = load(tmp_path, grey=False)
    assert prepared.crops.shape == (2, 256, 256, 3)
    with pytest.raises(Permanent, match="judges a face"):
        prepared.require("face")


def die_while(folder: str, step: str) -> None:
    """Prepare another set and be killed while writing its crops, before it is published, or while it is."""
    real = Path.replace

    def replace_and_die(self: Path, target: Path) -> Path:
        real(self, target)
        os.kill(os.getpid(), signal.SIGKILL)
        return target

    with writing(Path(folder)) as writer:
        if step == "adding":
            writer.add(b"half", b"a face")
            os.kill(os.getpid(), signal.SIGKILL)
        fill(writer, ("neutral",))
        if step == "moving":
            Path.replace = replace_and_die  # type: ignore[method-assign, assignment]
            writer.publish()
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("step", ["adding", "completed"])
def test_a_killed_run_leaves_the_old_set(tmp_path: Path, step: str) -> None:
    publish(tmp_path)
    _killed(tmp_path, step)
    assert labels(tmp_path) == ["happy", "sad"]
    with writing(tmp_path):
        pass
    assert labels(tmp_path) == ["happy", "sad"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_set_whose_move_was_cut_short_is_not_read_and_then_put_in_place(tmp_path: Path) -> None:
    publish(tmp_path)
    _killed(tmp_path, "moving")
    with pytest.raises(Permanent, match="prepare"):
        load(tmp_path)
    with writing(tmp_path):
        pass
    assert labels(tmp_path) == ["neutral"]


def _killed(folder: Path, step: str) -> None:
    process = multiprocessing.get_context("spawn").Process(target=die_while, args=(str(folder), step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_a_failed_run_leaves_the_old_set_and_nothing_else(tmp_path: Path) -> None:
    publish(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(ZeroDivisionError), writing(tmp_path) as writer:
        fill(writer, ("neutral",))
        raise ZeroDivisionError
    assert labels(tmp_path) == ["happy", "sad"]
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_two_do_not_write_one_set(tmp_path: Path) -> None:
    with writing(tmp_path) as writer:
        with pytest.raises(Transient, match="another process"), writing(tmp_path):
            pass
        fill(writer, ("happy",))
        writer.publish()
    assert labels(tmp_path) == ["happy"]


@pytest.mark.parametrize("name", ["faces.csv", "crops.bin", "wholes.bin"])
def test_an_altered_or_missing_file_is_noticed(tmp_path: Path, name: str) -> None:
    publish(tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[-2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Permanent, match=f"{name}: not the file"):
        load(tmp_path)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(Permanent, match=f"{name}: not the file"):
        load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(Permanent, match=f"{name} is missing"):
        load(tmp_path)


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="no prepared set"):
        load(tmp_path)
    publish(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    (tmp_path / "a" / "prepared.json").unlink()
    with pytest.raises(Permanent, match="incomplete"):
        load(tmp_path / "a")
    (tmp_path / "a" / "prepared.json").write_text('{"template": ')
    with pytest.raises(Permanent, match="not readable"):
        load(tmp_path / "a")
    about = json.loads((tmp_path / "b" / "prepared.json").read_text())
    (tmp_path / "b" / "prepared.json").write_text(json.dumps(about | {"template": "arcface128-0"}))
    with pytest.raises(Permanent, match="does not cut"):
        load(tmp_path / "b")


def test_a_misspelt_source_is_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    assert len(load(tmp_path, sources=("own",)).rows) == 2
    with pytest.raises(Permanent, match="no set named fer2031"):
        load(tmp_path, sources=("fer2031",))


def test_the_contact_sheet_shows_every_label_in_turn(tmp_path: Path) -> None:
    publish(tmp_path, ("happy", "happy", "happy", "sad"))
    contact_sheet(tmp_path, count=2)
    sheet = cv2.cvtColor(cv2.imread(str(tmp_path / "contact-sheet.png")), cv2.COLOR_BGR2RGB)
    crops = load(tmp_path, grey=False).crops
    assert np.array_equal(sheet[:128, :128], crops[0])
    assert np.array_equal(sheet[:128, 128:256], crops[3])
