"""Near-duplicates are found across splits, whatever small thing was done to them."""

import cv2
import numpy as np
import pytest

from organiser.training.data.duplicates import fingerprint, groups, leaks
from organiser.training.data.splits import Leaking, assign_folds


def noise(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(0, 256, (12, 12, 3)).astype(np.uint8), (96, 96), interpolation=cv2.INTER_CUBIC)


def recompressed(image: np.ndarray) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        recompressed,
        lambda image: image[:, ::-1],
        lambda image: cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA),
        lambda image: np.clip(image * 0.8 + 20, 0, 255).astype(np.uint8),
    ],
    ids=["same", "recompressed", "mirrored", "smaller", "paler"],
)
def test_a_planted_duplicate_is_found_across_splits(change) -> None:  # type: ignore[no-untyped-def]
    images = [noise(seed) for seed in range(6)]
    images.append(np.ascontiguousarray(change(images[2])))
    group = groups(fingerprint(images))
    assert leaks(group, ["train"] * 6 + ["val"]) == [(2, 6)]


def test_different_pictures_stay_apart() -> None:
    group = groups(fingerprint([noise(seed) for seed in range(40)]))
    assert len(set(group.tolist())) == 40


def test_a_chain_of_duplicates_is_one_group() -> None:
    first = noise(50)
    second = recompressed(first)
    group = groups(fingerprint([first, noise(1), second, recompressed(second)]))
    assert group.tolist() == [0, 1, 0, 0]


def test_a_leak_is_repaired_by_dropping_the_training_face() -> None:
    group = np.array([0, 1, 0, 3, 3])
    assert assign_folds(group, ["train", "train", "val", "val", "test"], 0, Leaking.REPAIR)[0] == "dropped"
    assert assign_folds(group, ["train", "train", "val", "val", "test"], 0, Leaking.REPAIR)[2:] == [
        "val",
        "dropped",
        "held",
    ]


def test_a_group_is_never_split_between_training_and_held_out() -> None:
    group = np.repeat(np.arange(300), 3)
    folds = np.array(assign_folds(group, [""] * 900, 0, Leaking.REPAIR)).reshape(300, 3)
    assert (folds == folds[:, :1]).all()
    assert 15 < (folds[:, 0] == "held").sum() < 70
    assert 15 < (folds[:, 0] == "val").sum() < 70


def test_leaks_that_are_kept_on_purpose_split_groups() -> None:
    folds = np.array(assign_folds(np.repeat(np.arange(300), 3), [""] * 900, 0, Leaking.KEEP)).reshape(300, 3)
    assert (folds != folds[:, :1]).any()
