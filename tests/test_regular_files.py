"""What lies under a name is another's choice: only regular files of bearable size are read, and nothing is waited for."""

import errno
import os
import socket
from pathlib import Path

import pytest

from organiser.regular_files import NotRegularError, TooLargeError, open_regular, read_regular


def test_a_regular_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"some bytes")
    assert read_regular(tmp_path / "a", 10) == b"some bytes"


def test_a_pipe_a_device_and_a_socket_are_refused_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for path in ("pipe", "socket", "/dev/zero", "/dev/null"):
            with pytest.raises(NotRegularError, match="not a regular file"):
                open_regular(path)


def test_a_folder_is_none(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)


def test_links_are_followed_only_where_they_may_be(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "link").symlink_to("a")
    assert read_regular(tmp_path / "link", 10) == b"x"
    with pytest.raises(NotRegularError, match="a symbolic link"):
        open_regular(tmp_path / "link", follow=False)


def test_the_size_is_asked_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 4 * 10**12)
    with pytest.raises(TooLargeError) as caught:
        read_regular(tmp_path / "sparse", 500_000_000)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.strerror == "4000 GB; 500 MB are allowed"


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = len(os.listdir("/dev/fd"))
    for _ in range(20):
        with pytest.raises(NotRegularError):
            open_regular(tmp_path / "pipe")
    assert len(os.listdir("/dev/fd")) == before
