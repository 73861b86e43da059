"""Whether a path lies in a folder: never by the letters alone, and the way there and back is the same."""

from posixpath import join

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organiser.core.library.folders import below, is_within, moved

names = st.text(st.characters(exclude_characters="/\0", min_codepoint=33), min_size=1, max_size=4)
relative = st.lists(names, min_size=1, max_size=3).map("/".join)
folders = st.lists(names, max_size=3).map(lambda parts: "/" + "/".join(parts))


@pytest.mark.parametrize(
    ("path", "folder", "rest"),
    [
        ("/photos/a.jpg", "/photos", "a.jpg"),
        ("/photos", "/photos", ""),
        ("/photos2/a.jpg", "/photos", None),
        ("/", "/photos", None),
        ("/a", "/", "a"),
        ("/", "/", ""),
    ],
)
def test_a_folder_holds_itself_and_what_is_below_and_no_namesake(path: str, folder: str, rest: str | None) -> None:
    assert below(path, folder) == rest
    assert is_within(path, folder) is (rest is not None)


@given(folders, relative)
def test_what_lies_below_a_folder_is_found_again_by_its_relative_path(folder: str, relpath: str) -> None:
    assert below(join(folder, relpath), folder) == relpath


@given(folders, folders, relative)
def test_what_moves_there_moves_back(old: str, new: str, relpath: str) -> None:
    path = join(old, relpath)
    there = moved(path, old, new)
    assert there is not None
    assert moved(there, new, old) == path
