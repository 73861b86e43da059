"""What a file system can do, found out by trying."""

import os

import pytest

from organiser.core.collections.layout import Naming
from organiser.errors import PlacingError
from organiser.placing.disk.capabilities import Probes, probe
from organiser.placing.disk.errors import Cause
from tests.placing.volumes import elsewhere


@pytest.fixture
def original(tmp_path):
    path = tmp_path / "photos" / "a.jpg"
    path.parent.mkdir()
    path.write_bytes(b"a picture")
    return path


def test_a_probe_says_what_then_works(tmp_path, original):
    able = probe(str(tmp_path), str(original))
    assert able.hardlink
    assert able.symlink
    os.link(original, tmp_path / "link")
    os.symlink(original, tmp_path / "symlink")
    (tmp_path / "Name").touch()
    (tmp_path / "caf\u00e9").touch()
    assert able.naming.folds_case == (tmp_path / "nAME").exists()
    assert able.naming.folds_form == (tmp_path / "cafe\u0301").exists()
    (tmp_path / ("x" * able.naming.limit)).touch()
    moment = 1_234_567_890_123_456_789
    os.utime(original, ns=(moment, moment))
    assert abs(original.stat().st_mtime_ns - moment) < able.mtime_step


def test_a_probe_leaves_nothing_behind_and_does_not_touch_the_original(tmp_path, original):
    target = tmp_path / "target"
    target.mkdir()
    before = original.stat()
    probe(str(target), str(original))
    assert list(target.iterdir()) == []
    after = original.stat()
    assert (after.st_ctime_ns, after.st_nlink) == (before.st_ctime_ns, 1)


def test_a_probe_clears_what_a_killed_one_left(tmp_path):
    (tmp_path / ".organiser-probe").mkdir()
    (tmp_path / ".organiser-probe" / "sample").touch()
    assert probe(str(tmp_path)).symlink
    assert list(tmp_path.iterdir()) == []


def test_a_probe_clears_no_file_that_it_did_not_write(tmp_path):
    scratch = tmp_path / ".organiser-probe"
    scratch.mkdir()
    (scratch / "sample").write_text("a person's")
    (scratch / "link").symlink_to("a.jpg")
    probe(str(tmp_path))
    assert (scratch / "sample").read_text() == "a person's"
    assert (scratch / "link").is_symlink()


def test_hard_links_reach_only_their_own_file_system(tmp_path, original):
    with elsewhere(tmp_path) as other:
        apart = other.stat().st_dev != tmp_path.stat().st_dev
        assert probe(str(other), str(original)).hardlink is not apart


def test_a_folder_is_probed_once_for_all_originals_of_a_device(tmp_path, original):
    target = tmp_path / "target"
    target.mkdir()
    probes = Probes()
    first = probes.of(str(target), str(original))
    moment = target.stat().st_mtime_ns
    second = original.with_name("b.jpg")
    second.touch()
    assert probes.of(str(target), str(second)) is first
    assert target.stat().st_mtime_ns == moment


def test_a_folder_that_is_not_there_has_no_capabilities(tmp_path, original):
    with pytest.raises(PlacingError) as caught:
        probe(str(tmp_path / "gone"), str(original))
    assert caught.value.cause == Cause.TARGET_GONE
    with pytest.raises(PlacingError) as caught:
        Probes().of(str(tmp_path), str(tmp_path / "gone.jpg"))
    assert caught.value.cause == Cause.SOURCE_GONE


def test_names_are_one_when_their_keys_are():
    plain, folding = Naming(), Naming(folds_case=True, folds_form=True)
    assert plain.key("A\u00e9") != plain.key("a\u00e9")
    assert folding.key("A\u00c9.jpg") == folding.key("ae\u0301.JPG")
