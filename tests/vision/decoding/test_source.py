import errno
import os

import pytest

from organiser.core.photo import Failed, FailureKind
from organiser.vision.decoding.source import failure, read


def test_a_file_is_read_as_it_is(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"some bytes")
    assert read(path, 10) == b"some bytes"


def test_a_file_above_the_limit_is_not_read(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"some bytes")
    found = read(path, 9)
    assert isinstance(found, Failed)
    assert found.kind is FailureKind.TOO_LARGE


def test_a_name_that_is_no_text_is_read_all_the_same(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.jpg")
    try:
        with open(path, "wb") as file:
            file.write(b"x")
    except OSError as error:  # file systems that take only Unicode names
        assert error.errno == errno.EILSEQ
        return
    assert read(os.fsdecode(path), 10) == b"x"


def test_a_file_that_is_gone_has_vanished(tmp_path):
    assert read(tmp_path / "a.jpg", 10) == Failed(FailureKind.VANISHED, "No such file or directory")


def test_a_folder_and_a_pipe_named_like_pictures_are_none(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path, tmp_path / "pipe.jpg"):
        assert read(path, 10) == Failed(FailureKind.NOT_A_PICTURE, "not a regular file")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EACCES, FailureKind.UNREADABLE),
        (errno.EIO, FailureKind.MACHINE),
        (errno.EMFILE, FailureKind.MACHINE),
        (errno.ESTALE, FailureKind.VANISHED),
    ],
)
def test_errors_are_classed_by_whose_fault_they_are(number, kind):
    found = failure(OSError(number, os.strerror(number)))
    assert found == Failed(kind, os.strerror(number))
    assert found.kind.transient
