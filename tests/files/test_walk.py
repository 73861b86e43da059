import os
import socket
import subprocess
import sys
import tempfile

import pytest

from organiser.core.library.reconcile import Scope
from organiser.files.ignore import Rules
from organiser.files.walk import folders, walk
from tests import photos


def put(root, *relpaths, data=b"x"):
    for relpath in relpaths:
        path = os.path.join(os.fsencode(root), os.fsencode(relpath))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def found(root, *rest, **options):
    return [file.relpath for folder in walk(root, *rest, **options) for file in folder.files]


def unreadable(root, **options):
    return [unread.relpath for folder in walk(root, **options) for unread in folder.unreadable]


def scope(trees=(), directories=()):
    return Scope(frozenset(trees), frozenset(directories))


def test_a_tree_is_walked_by_name_folders_after_files(tmp_path):
    put(tmp_path, "b.jpg", "a.jpg", "c/z.jpg", "c/d/y.jpg", "B/x.jpg")
    assert found(tmp_path) == ["a.jpg", "b.jpg", "B/x.jpg", "c/z.jpg", "c/d/y.jpg"]


def test_a_file_comes_with_its_stat(tmp_path):
    put(tmp_path, "sub/a.jpg", data=b"12345")
    status = os.stat(tmp_path / "sub/a.jpg")
    (file,) = [file for folder in walk(tmp_path) for file in folder.files]
    assert file == ("sub/a.jpg", 5, status.st_mtime_ns, status.st_dev, status.st_ino)


def test_extensions_count_whatever_their_case(tmp_path):
    put(tmp_path, "a.JPG", "b.Jpeg", "c.hEiC", "d.mp4", "e.xmp", "f.txt", "g.jpg.part", "h.jpg.tmp", "i.crdownload")
    assert found(tmp_path) == ["a.JPG", "b.Jpeg", "c.hEiC"]


def test_only_the_extensions_asked_for_are_taken(tmp_path):
    put(tmp_path, "a.CR3", "b.jpg")
    assert found(tmp_path) == ["a.CR3", "b.jpg"]
    assert found(tmp_path, Rules(extensions=frozenset({"jpg"}))) == ["b.jpg"]


@pytest.mark.parametrize("kind", sorted(photos.FORMATS))
def test_a_file_without_extension_is_taken_if_it_begins_like_a_picture(tmp_path, kind):
    photos.photo(tmp_path / f"a.{kind}").rename(tmp_path / "picture")
    put(tmp_path, "README", "LICENSE", "empty", data=b"Business matters are text")
    (tmp_path / "empty").write_bytes(b"")
    assert found(tmp_path) == ["picture"]


def test_hidden_and_system_names_are_never_scanned(tmp_path):
    put(tmp_path, "._a.jpg", ".hidden.jpg", ".IMG.jpg.Xy12Ab", ".syncthing.a.jpg.tmp", ".organiser-1a2b.jpg")
    put(tmp_path, "~syncthing~a.jpg.tmp", "Thumbs.db", ".DS_Store")
    for folder in ("@eaDir", ".stfolder", ".stversions", ".Trash-1000", "$RECYCLE.BIN", "lost+found", ".thumbnails"):
        put(tmp_path, f"{folder}/a.jpg", f"sub/{folder}/a.jpg")
    put(tmp_path, "sub/a.jpg")
    assert found(tmp_path) == ["sub/a.jpg"]


def test_a_hidden_folder_can_itself_be_a_root(tmp_path):
    put(tmp_path, ".album/a.jpg")
    assert found(tmp_path / ".album") == ["a.jpg"]


def test_a_folder_named_like_a_picture_is_a_folder(tmp_path):
    put(tmp_path, "x.jpg/a.jpg")
    assert found(tmp_path) == ["x.jpg/a.jpg"]


def test_names_that_are_no_utf8_come_back_as_the_same_bytes(tmp_path):
    if sys.platform == "darwin":
        put(tmp_path, "caf\u00e9.jpg")
        assert os.path.exists(tmp_path / found(tmp_path)[0])
        return
    put(tmp_path, b"caf\xe9/\xff.jpg", "line\nbreak.jpg")
    names = found(tmp_path)
    assert [os.fsencode(name) for name in names] == [b"line\nbreak.jpg", b"caf\xe9/\xff.jpg"]
    assert all(os.path.exists(os.path.join(tmp_path, name)) for name in names)


def test_sockets_and_pipes_are_passed_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.jpg")
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.jpg")
        assert found(".") == []


def test_links_to_folders_are_not_followed(tmp_path):
    put(tmp_path, "root/a.jpg", "outside/b.jpg")
    (tmp_path / "root/loop").symlink_to(tmp_path / "root")
    (tmp_path / "root/out").symlink_to(tmp_path / "outside")
    (tmp_path / "root/folder.jpg").symlink_to(tmp_path / "outside")
    assert found(tmp_path / "root") == ["a.jpg"]
    assert found(tmp_path / "root", scope=scope(trees=["out", "loop"])) == []


def test_a_link_to_a_file_is_followed_unless_the_walk_meets_its_target(tmp_path):
    put(tmp_path, "root/a.jpg", "root/.annex/b.jpg", "outside/c.jpg")
    (tmp_path / "root/same.jpg").symlink_to("a.jpg")
    (tmp_path / "root/annexed.jpg").symlink_to(".annex/b.jpg")
    (tmp_path / "root/elsewhere.jpg").symlink_to(tmp_path / "outside/c.jpg")
    (tmp_path / "root/broken.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "root/self.jpg").symlink_to("self.jpg")
    assert found(tmp_path / "root") == ["a.jpg", "annexed.jpg", "elsewhere.jpg"]


def test_a_root_may_be_reached_through_a_link(tmp_path):
    put(tmp_path, "real/a.jpg")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real/same.jpg").symlink_to(tmp_path / "link" / "a.jpg")
    assert found(tmp_path / "link") == ["a.jpg"]


def test_a_root_that_is_gone_is_unreadable_and_nothing_else(tmp_path):
    (folder,) = walk(tmp_path / "gone")
    assert (folder.relpath, folder.files) == ("", [])
    assert [unread.relpath for unread in folder.unreadable] == [""]
    assert "No such file" in folder.unreadable[0].reason
    assert unreadable(tmp_path / "gone", scope=scope(directories=["sub"])) == [""]


def test_a_folder_of_the_scope_that_is_gone_holds_nothing(tmp_path):
    put(tmp_path, "a.jpg")
    assert list(walk(tmp_path, scope=scope(trees=["sub"], directories=["other/sub"]))) == []


def test_a_scope_limits_the_walk(tmp_path):
    put(tmp_path, "a.jpg", "b/c.jpg", "b/d/e.jpg", "f/g/h.jpg", "f/i.jpg")
    assert found(tmp_path, scope=scope(directories=["b"])) == ["b/c.jpg"]
    assert found(tmp_path, scope=scope(directories=[""])) == ["a.jpg"]
    assert found(tmp_path, scope=scope(trees=["f", "f/g"], directories=["f", "b/d"])) == [
        "b/d/e.jpg",
        "f/i.jpg",
        "f/g/h.jpg",
    ]


def test_a_scope_does_not_reach_into_what_a_whole_walk_leaves_out(tmp_path):
    put(tmp_path, "@eaDir/b/a.jpg", "mine/deep/a.jpg", "private/deep/a.jpg", "raw/deep/a.jpg")
    put(tmp_path, "mine/.organiser-collection", "private/.organiser-ignore", data=b"")
    rules = Rules(patterns=("raw/",))
    for start in ("@eaDir/b", "mine/deep", "private/deep", "raw/deep", "raw", "mine"):
        assert found(tmp_path, rules, scope(trees=[start])) == []


AS_NOBODY = """
import os, sys
from organiser.files.walk import walk
if os.geteuid() == 0:  # permissions do not bind root
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for folder in walk(sys.argv[1]):
    for file in folder.files: print("found", file.relpath)
    for one in folder.unreadable: print("unreadable", one.relpath)
"""


@pytest.fixture
def readable_by_all(tmp_path):
    """A folder that another user can reach."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield name


def test_what_cannot_be_read_is_reported_not_passed_over(readable_by_all):
    root = readable_by_all
    put(root, "a.jpg", "closed/b.jpg", "blind/c.jpg", "guarded/d.jpg", "guarded/.organiser-ignore")
    os.chmod(f"{root}/closed", 0o000)
    os.chmod(f"{root}/blind", 0o444)
    os.chmod(f"{root}/guarded/.organiser-ignore", 0o000)
    try:
        finished = subprocess.run([sys.executable, "-c", AS_NOBODY, root], capture_output=True, text=True, check=True)
    finally:
        os.chmod(f"{root}/closed", 0o755)
        os.chmod(f"{root}/blind", 0o755)
    assert finished.stdout.splitlines() == [
        "found a.jpg",
        "unreadable blind/c.jpg",
        "unreadable closed",
        "unreadable guarded",
    ]


def test_folders_are_those_that_a_walk_lists(tmp_path):
    put(tmp_path, "a.jpg", "b/c.jpg", "b/@eaDir/x.jpg", "b/d/e.jpg", "empty/deep/readme.txt", ".cache/x.jpg")
    put(tmp_path, "private/.organiser-ignore", "mine/.organiser-collection", "mine/deep/a.jpg", data=b"")
    rules = Rules(patterns=("b/d",))
    assert sorted(folders(tmp_path, rules)) == ["", "b", "empty", "empty/deep"]
    assert sorted(folders(tmp_path, rules, "empty")) == ["empty", "empty/deep"]
    assert list(folders(tmp_path, rules, "mine/deep")) == []
    assert list(folders(tmp_path, rules, "gone")) == []


def test_a_folder_comes_before_it_is_listed(tmp_path):
    """Whoever watches it from then on misses nothing."""
    put(tmp_path, "a/1.jpg")
    seen = []
    for relpath in folders(tmp_path):
        seen.append(relpath)
        if relpath == "a":
            put(tmp_path, "a/late/2.jpg")
    assert seen == ["", "a", "a/late"]


@pytest.mark.parametrize("head", [b"II+\0\x08\0\0\0", b"FUJIFILMCCD-RAW 0201", b"\0\0\0\x18ftyphevx\0\0\0\0mif1hevx"])
def test_a_file_without_an_extension_is_a_picture_of_any_format_that_is_read(tmp_path, head):
    (tmp_path / "a").write_bytes(head)
    (tmp_path / "b").write_bytes(b"BM and other words that begin like a bitmap\0\0\0\0")
    assert found(tmp_path) == ["a"]
