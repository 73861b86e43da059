import os

import pytest

from organiser.files.ignore import PICTURES, Rules, is_ignored
from organiser.files.walk import walk


def tree(root, *relpaths):
    for relpath in relpaths:
        (root / relpath).parent.mkdir(parents=True, exist_ok=True)
        (root / relpath).write_bytes(b"x")


def ignoring(folder, *lines):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".organiser-ignore").write_text("".join(line + "\n" for line in lines))


def found(root, rules=PICTURES):
    """What a walk finds; `is_ignored` must agree about every picture."""
    walked = {file.relpath for folder in walk(root, rules) for file in folder.files}
    there = {
        os.path.relpath(os.path.join(path, name), root)
        for path, _, names in os.walk(root)
        for name in names
        if name.endswith((".jpg", ".png"))
    }
    assert {relpath for relpath in there if not is_ignored(str(root), relpath, rules)} == walked
    return walked


def test_an_empty_ignore_file_means_the_whole_folder(tmp_path):
    tree(tmp_path, "a.jpg", "private/b.jpg", "private/deep/c.jpg")
    ignoring(tmp_path / "private")
    assert found(tmp_path) == {"a.jpg"}


def test_an_ignore_file_of_blank_lines_and_comments_means_the_whole_folder(tmp_path):
    tree(tmp_path, "private/b.jpg")
    ignoring(tmp_path / "private", "# leave this alone", "", "  ")
    assert found(tmp_path) == set()


def test_patterns_hold_in_their_folder_and_below(tmp_path):
    tree(tmp_path, "a.png", "sub/b.png", "sub/b.jpg", "sub/deep/c.png")
    ignoring(tmp_path / "sub", "*.png")
    assert found(tmp_path) == {"a.png", "sub/b.jpg"}


def test_patterns_have_gitignores_meaning(tmp_path):
    tree(tmp_path, "raw/a.jpg", "sub/raw/b.jpg", "sub/shot_1.jpg", "shot_2.jpg", "sub/keep_shot_3.jpg", "x/y/z.jpg")
    ignoring(tmp_path, "/raw/", "shot_*.jpg", "x/**/z.jpg")
    assert found(tmp_path) == {"sub/raw/b.jpg", "sub/keep_shot_3.jpg"}


def test_a_deeper_ignore_file_has_the_last_word(tmp_path):
    tree(tmp_path, "a.png", "sub/b.png", "sub/deep/c.png")
    ignoring(tmp_path, "*.png")
    ignoring(tmp_path / "sub", "!*.png")
    ignoring(tmp_path / "sub" / "deep", "c.*")
    assert found(tmp_path) == {"sub/b.png"}


def test_nothing_below_an_ignored_folder_is_taken_back(tmp_path):
    tree(tmp_path, "sub/deep/a.jpg")
    ignoring(tmp_path, "sub/", "!sub/deep/a.jpg")
    ignoring(tmp_path / "sub" / "deep", "!*.jpg")
    assert found(tmp_path) == set()


def test_a_pattern_that_ends_in_a_slash_means_folders_only(tmp_path):
    tree(tmp_path, "x.jpg", "sub/x.jpg/a.jpg")
    assert found(tmp_path, Rules(patterns=("x.jpg/",))) == {"x.jpg"}


def test_the_settings_patterns_hold_from_the_root_and_come_first(tmp_path):
    tree(tmp_path, "Screenshots/a.jpg", "sub/Screenshots/b.jpg", "wanted/c.png", "d.png")
    ignoring(tmp_path / "wanted", "!*.png")
    assert found(tmp_path, Rules(patterns=("/Screenshots", "*.png"))) == {"sub/Screenshots/b.jpg", "wanted/c.png"}


def test_our_own_collections_are_never_scanned(tmp_path):
    tree(tmp_path, "a.jpg", "happy/b.jpg", "happy/2024/c.jpg")
    (tmp_path / "happy" / ".organiser-collection").touch()
    assert found(tmp_path) == {"a.jpg"}


def test_a_root_that_is_a_collection_of_ours_holds_nothing(tmp_path):
    tree(tmp_path, "a.jpg")
    (tmp_path / ".organiser-collection").touch()
    assert found(tmp_path) == set()


def test_junk_is_ignored_wherever_it_lies(tmp_path):
    tree(tmp_path, "sub/@eaDir/a.jpg", "sub/._b.jpg", ".thumbnails/c.jpg", "sub/d.jpg")
    assert found(tmp_path) == {"sub/d.jpg"}


def test_a_broken_ignore_file_makes_its_folder_unreadable(tmp_path):
    tree(tmp_path, "a.jpg", "sub/b.jpg")
    ignoring(tmp_path / "sub", "!")
    walked = list(walk(tmp_path))
    assert [file.relpath for folder in walked for file in folder.files] == ["a.jpg"]
    assert [unread.relpath for folder in walked for unread in folder.unreadable] == ["sub"]
    assert not is_ignored(str(tmp_path), "sub/b.jpg", PICTURES)


def test_a_broken_pattern_in_the_settings_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="!"):
        list(walk(tmp_path, Rules(patterns=("!",))))


def test_names_that_are_no_utf8_can_be_ignored(tmp_path):
    ignore = tmp_path / ".organiser-ignore"
    ignore.write_bytes(b"caf\xe9*.jpg\n")
    assert is_ignored(str(tmp_path), os.fsdecode(b"caf\xe9_1.jpg"), PICTURES)
    assert not is_ignored(str(tmp_path), os.fsdecode(b"cafe_1.jpg"), PICTURES)


def test_a_path_need_not_exist(tmp_path):
    ignoring(tmp_path / "private")
    assert is_ignored(str(tmp_path), "private/gone/a.jpg", PICTURES)
    assert is_ignored(str(tmp_path), "private", PICTURES, is_directory=True)
    assert not is_ignored(str(tmp_path), "gone/a.jpg", PICTURES)
    assert not is_ignored(str(tmp_path), "", PICTURES, is_directory=True)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.touch() or os.truncate(path, 1 << 40)])
def test_an_ignore_file_that_is_a_pipe_or_without_end_makes_its_folder_unreadable(tmp_path, make):
    (tmp_path / "2019").mkdir()
    (tmp_path / "2019" / "a.jpg").touch()
    make(tmp_path / "2019" / ".organiser-ignore")
    (below,) = [folder for folder in walk(tmp_path) if folder.relpath == "2019"]
    assert (below.files, [unread.relpath for unread in below.unreadable]) == ([], ["2019"])
    assert below.unreadable[0].reason.startswith("its .organiser-ignore: ")
