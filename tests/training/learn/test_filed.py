"""What a picture was filed under moves answers that leave it open, and those of other pictures not at all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from organiser.errors import Permanent
from organiser.training.__main__ import main
from organiser.training.data.prepared import Prepared, load
from organiser.training.learn.answers import read_answers, write_answers
from organiser.training.learn.filed import corrected_by_words, words_of
from organiser.training.learn.fit import fit
from organiser.training.learn.targets import Targets
from tests.training.drawn import draw_prepared, tiny_config, write_tree

LABELS = ("happy", "sad")


def test_an_open_answer_follows_its_word_and_a_sure_one_stays() -> None:
    answers = np.array([[0.5, 0.5], [0.5, 0.5], [0.1, 0.9], [0.1, 0.9], [0.99, 0.01], [0.5, 0.5]], np.float32)
    words = ["", "", "sad", "sad", "sad", "sad"]
    corrected = corrected_by_words(answers, words, np.array([True, True, False, False, False, False]))
    np.testing.assert_array_equal(corrected[:2], answers[:2])
    np.testing.assert_allclose(corrected.sum(axis=1), 1, atol=1e-6)
    assert corrected[5, 1] == pytest.approx(
        0.5775
    )  # the mean under "sad" is 0.4225 and 0.5775, among labelled faces half
    assert corrected[4, 0] > 0.98
    assert corrected[2, 1] > 0.9


def _named(prepared: Prepared, names: list[str]) -> Prepared:
    rows = tuple(replace(row, name=name) for row, name in zip(prepared.rows, names, strict=True))
    return replace(prepared, rows=rows)


def test_words_come_from_a_list_by_the_end_of_the_name_and_from_folders(tmp_path: Path) -> None:
    index = tmp_path / "index.csv"
    index.write_text("file,repo,word\nshop/a.jpg,x,sad\nb.jpg,x,\n")
    prepared = _named(draw_prepared(LABELS, 2), ["web/shop/a.jpg", "b.jpg", "set/smile/c.jpg", "shop/d.jpg"])
    assert words_of(prepared, index, []) == {"web/shop/a.jpg": "sad"}
    assert words_of(prepared, None, ["drawn"])["set/smile/c.jpg"] == "smile"


@pytest.mark.parametrize("text", [None, "name,mood\na.jpg,sad\n"])
def test_a_list_that_is_none_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "index.csv").write_text(text)
    with pytest.raises(Permanent, match="no list of words"):
        words_of(draw_prepared(LABELS, 1), tmp_path / "index.csv", [])


def test_files_of_answers_become_one_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tree(tmp_path / "pictures", LABELS, 12)
    asked = [
        "prepare",
        "--faces",
        f"drawn={tmp_path / 'pictures'}",
        "--leaks",
        "keep",
        "--out",
        str(tmp_path / "faces"),
    ]
    assert main(asked) == 0
    run, prepared = tmp_path / "run", load(tmp_path / "faces", folds=("train",))
    often = Targets(votes=0, smoothing=0, repeats={"drawn": 20})
    fit(
        tiny_config(epochs=1, warmup=0.1, average=0.0, targets=often),
        prepared,
        run,
        backbone="abc",
        note=lambda _: None,
    )
    write_answers(run, [prepared], tmp_path / "one.npz", lambda _: None)
    capsys.readouterr()
    command = ["together", "--answers", str(tmp_path / "one.npz"), "--answers", str(tmp_path / "one.npz")]
    command += ["--data", str(tmp_path / "faces"), "--filed", "drawn", "--out", str(tmp_path / "both.npz")]
    assert main(command) == 0
    words = capsys.readouterr().out
    assert all(f"{label}: " in words for label in LABELS)
    before, after = read_answers(tmp_path / "one.npz"), read_answers(tmp_path / "both.npz")
    assert (after.labels, after.backbone, after.known.keys()) == (before.labels, "abc", before.known.keys())
    sad = np.array([row.label == "sad" for row in prepared.rows])
    assert (after.of(prepared)[sad, 1] >= before.of(prepared)[sad, 1] - 4e-3).all()
