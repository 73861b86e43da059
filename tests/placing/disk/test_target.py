"""Which folders may hold a collection, and what its marker keeps."""

import json
import os
import shutil

import pytest

from organiser.core.collections.placement import COLLECTION_MARKER
from organiser.errors import PlacingError
from organiser.placing.disk.errors import Cause
from organiser.placing.disk.target import Target, check_target


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "Pictures" / "family"
    root.mkdir(parents=True)
    (root / "a.jpg").touch()
    return root


@pytest.mark.parametrize("place", [".", "..", "../..", "../../link"])
def test_a_root_or_what_holds_one_is_no_target(root, place):
    (root.parent.parent / "link").symlink_to(root.parent)
    with pytest.raises(PlacingError, match="cannot hold the root") as caught:
        check_target(str(root / place), [str(root)])
    assert caught.value.cause == Cause.BAD_TARGET


@pytest.mark.parametrize("place", ["happy", "deep/happy", "../happy", "../family 2"])
def test_a_new_folder_inside_or_beside_a_root_is_a_target(root, place):
    check_target(str(root / place), [str(root)])


def test_a_folder_of_photos_inside_a_root_is_no_target_until_it_is_marked(root):
    (root / "2024").mkdir()
    check_target(str(root / "2024"), [str(root)])
    (root / "2024" / "b.jpg").touch()
    with pytest.raises(PlacingError, match="no longer be scanned"):
        check_target(str(root / "2024"), [str(root)])
    (root / "2024" / COLLECTION_MARKER).touch()
    check_target(str(root / "2024"), [str(root)])


def test_another_collections_folder_and_a_file_are_no_targets(root, tmp_path):
    with pytest.raises(PlacingError, match="another collection"):
        check_target(str(tmp_path / "x" / ".." / "happy"), [str(root)], [str(tmp_path / "happy")])
    with pytest.raises(PlacingError, match="not a folder"):
        check_target(str(root / "a.jpg"), [str(root)])


def test_a_target_is_made_marked_and_given_up_again(tmp_path):
    path = tmp_path / "new" / "happy"
    target = Target(str(path), "happy")
    assert "Scans leave it out" in json.loads((path / COLLECTION_MARKER).read_text())["note"]
    Target(str(path), "happy", established=True).retire()
    assert list(tmp_path.iterdir()) == []
    assert target.at("2024/a.jpg") == str(path / "2024" / "a.jpg")


def test_only_folders_of_ours_are_pruned_and_only_empty_ones(tmp_path):
    (tmp_path / "2023").mkdir()
    target = Target(str(tmp_path), "happy")
    target.make_folders(["2023/05/a.jpg", "2024/05/a.jpg", "2025/a.jpg"])
    (tmp_path / "2025" / "note").touch()
    Target(str(tmp_path), "happy", established=True).prune()
    assert sorted(path.name for path in tmp_path.iterdir()) == [COLLECTION_MARKER, "2023", "2025"]
    assert list((tmp_path / "2023").iterdir()) == []
    assert json.loads((tmp_path / COLLECTION_MARKER).read_text())["folders"] == ["2025"]


def test_a_folder_that_others_filled_is_kept_when_the_target_is_given_up(tmp_path):
    path = tmp_path / "happy"
    target = Target(str(path), "happy")
    (path / "mine.txt").touch()
    target.retire()
    assert [file.name for file in path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "text", ["{half", "[1]", "null", '{"folders": 3, "made": []}', '{"folders": [1], "made": []}', "[" * 100_000]
)
def test_a_marker_that_is_not_as_we_wrote_it_is_refused_and_left_alone(tmp_path, text):
    (tmp_path / COLLECTION_MARKER).write_text(text)
    with pytest.raises(PlacingError, match="not as we wrote it"):
        Target(str(tmp_path), "happy", established=True)
    assert (tmp_path / COLLECTION_MARKER).read_text() == text


def test_a_marker_that_is_a_pipe_or_a_link_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / COLLECTION_MARKER)
    with pytest.raises(PlacingError, match="not as we wrote it"):
        Target(str(tmp_path), "happy", established=True)
    (tmp_path / COLLECTION_MARKER).unlink()
    (tmp_path / COLLECTION_MARKER).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PlacingError, match="not as we wrote it"):
        Target(str(tmp_path), "happy", established=True)
    assert not (tmp_path / "elsewhere").exists()


def test_writing_the_marker_follows_no_link_that_somebody_laid(tmp_path):
    (tmp_path / "diary").write_text("dear")
    folder = tmp_path / "happy"
    folder.mkdir()
    (folder / f"{COLLECTION_MARKER}.new").symlink_to(tmp_path / "diary")
    Target(str(folder), "happy").make_folders(["x/a.jpg"])
    assert (tmp_path / "diary").read_text() == "dear"


def test_what_a_marker_claims_of_other_folders_does_not_count(tmp_path):
    other, target = tmp_path / "other", tmp_path / "happy"
    other.mkdir()
    target.mkdir()
    claims = {"folders": ["../other", str(other), "x/../../other"], "made": [str(other), str(target)]}
    (target / COLLECTION_MARKER).write_text(json.dumps(claims))
    Target(str(target), "happy", established=True).retire()
    assert other.is_dir()


def test_a_link_in_place_of_a_folder_of_the_collection_is_never_followed(tmp_path):
    target, originals = Target(str(tmp_path / "happy"), "happy"), tmp_path / "originals"
    (originals / "deep").mkdir(parents=True)
    target.make_folders(["a/deep/x.jpg"])
    shutil.rmtree(tmp_path / "happy" / "a")
    (tmp_path / "happy" / "a").symlink_to(originals)
    for destination in ("a/x.jpg", "a/deep/x.jpg", "../originals/x.jpg", str(originals / "x.jpg")):
        with pytest.raises(PlacingError):
            target.at(destination)
    target.prune()
    assert (originals / "deep").is_dir()
