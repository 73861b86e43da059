"""Full, read-only, foreign and forbidding file systems: a clear reason, nothing half-made, and the next sync finishes."""

import contextlib
import errno
import os
import tempfile
from pathlib import Path

import pytest

from organiser.core.collections.placement import PlacementMode, Tag
from organiser.errors import PlacingError
from organiser.placing.apply import apply
from organiser.placing.context import Done, Refused
from organiser.placing.disk.errors import Cause, translated
from organiser.placing.disk.operations import check_room
from tests.placing.volumes import CAN_MOUNT, elsewhere, file_limit, little_room, unwritable, without_rights
from tests.placing.world import World, all_wanted, fill, snapshot

SMILE = Tag("happy", 0.9, "net@1")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", PlacementMode.COPY)


def causes(outcomes):
    return {outcome.error.cause for outcome in outcomes if not isinstance(outcome, Done)}


def litter(folder):
    return [path for path in folder.rglob(".organiser-*") if path.name != ".organiser-collection"]


def test_a_full_disk_postpones_what_does_not_fit_and_the_next_sync_finishes(world, tmp_path):
    originals = fill(world.root, 10, folders=1)
    for original in originals[::2]:
        original.chmod(0o644)
        original.write_bytes(os.urandom(200_000))
    photos = all_wanted(world.root)
    before = snapshot(world.root)
    with little_room(tmp_path / "volume", 150_000) as volume:
        world.target = volume / "happy"
        outcomes = world.sync(photos)
        assert causes(outcomes) == {Cause.NO_SPACE if CAN_MOUNT else Cause.TOO_LARGE}
        assert sum(isinstance(outcome, Done) for outcome in outcomes) == 5
        assert len(snapshot(world.target)) == 5
        assert not litter(world.target)
        assert snapshot(world.root) == before
        for original in originals[::2]:
            original.write_bytes(b"\xff\xd8\xff" + original.name.encode())
        outcomes = world.sync(all_wanted(world.root))
        assert causes(outcomes) == set()
        assert world.plan(all_wanted(world.root)).empty


def test_a_write_that_fails_half_way_leaves_nothing(world):
    first, second = fill(world.root, 2, folders=1)
    second.chmod(0o644)
    second.write_bytes(os.urandom(600_000))
    with file_limit(300_000):
        outcomes = world.sync(all_wanted(world.root))
    assert causes(outcomes) == {Cause.TOO_LARGE}
    assert not litter(world.target)
    assert set(snapshot(world.target)) == {first.name}
    assert world.journal.planned == {}
    assert causes(world.sync(all_wanted(world.root))) == set()


def test_room_is_looked_for_before_anything_is_written(tmp_path):
    with pytest.raises(PlacingError, match="no room") as caught:
        check_room(str(tmp_path), 1 << 60)
    assert caught.value.cause == Cause.NO_SPACE
    assert caught.value.transient


def test_a_target_that_cannot_be_written_to_refuses_every_step_and_changes_nothing(world):
    fill(world.root, 4)
    photos = all_wanted(world.root)
    world.sync(photos[:2])
    before, plan = snapshot(world.target), world.plan(photos[1:])
    context = world.context(established=True)
    with unwritable(world.target):
        outcomes = list(apply(plan.steps, world.journal, context))
        assert snapshot(world.target) == before
    assert all(isinstance(outcome, Refused) for outcome in outcomes)
    assert Cause.READ_ONLY in causes(outcomes) or not CAN_MOUNT
    assert all(str(world.target) in str(outcome.error) for outcome in outcomes)
    assert causes(world.sync(photos[1:])) == set()


def test_a_folder_without_permission_refuses_and_says_so():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        world = World(folder / "photos", folder / "happy", folder / "journal", PlacementMode.COPY)
        for path in fill(world.root, 2, folders=1):
            path.chmod(0o644)
        photos = all_wanted(world.root)
        world.sync(photos[:1])
        plan = world.plan(photos[1:])
        world.notes.chmod(0o666)
        world.target.chmod(0o555)
        with without_rights():
            outcomes = list(apply(plan.steps, world.journal, world.context(established=True)))
        world.target.chmod(0o755)
        assert len(outcomes) == 2
        assert causes(outcomes) == {Cause.NOT_PERMITTED}
        assert world.journal.planned == {}
        assert causes(world.sync(photos[1:])) == set()
        assert world.plan(photos[1:]).empty


def test_an_original_that_cannot_be_read_is_refused_alone():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        world = World(folder / "photos", folder / "happy", folder / "journal", PlacementMode.COPY)
        first, second = fill(world.root, 2, folders=1)
        second.chmod(0o644)
        photos = all_wanted(world.root)
        first.chmod(0o000)
        world.context()
        world.target.chmod(0o777)
        world.plan(photos)
        world.target.chmod(0o777)
        world.notes.touch()
        world.notes.chmod(0o666)
        with without_rights():
            outcomes = world.sync(photos)
        assert causes(outcomes) == {Cause.NOT_PERMITTED}
        assert [outcome.error.path for outcome in outcomes if not isinstance(outcome, Done)] == [str(first)]
        assert set(snapshot(world.target)) == {second.name}


def test_a_hard_link_to_another_file_system_is_refused_with_advice(world):
    fill(world.root, 3)
    world.mode = PlacementMode.HARDLINK
    with elsewhere(world.notes.parent) as other:
        world.target = other / "happy"
        apart = world.root.stat().st_dev != other.stat().st_dev
        outcomes = world.sync(all_wanted(world.root))
        assert causes(outcomes) == ({Cause.OTHER_DEVICE} if apart else set())
        if apart:
            assert all("copy" in outcome.error.hint for outcome in outcomes)
            assert snapshot(world.target) == {}
        for mode in (PlacementMode.AUTO, PlacementMode.SYMLINK):
            world.mode = mode
            assert causes(world.sync(all_wanted(world.root))) == set()
            assert world.plan(all_wanted(world.root)).empty


def test_a_reflink_that_cannot_be_made_is_refused_and_auto_copies(world):
    fill(world.root, 2)
    world.mode = PlacementMode.REFLINK
    outcomes = world.sync(all_wanted(world.root))
    able = world.context().probes.of(str(world.target), all_wanted(world.root)[0].source).reflink
    assert causes(outcomes) == (set() if able else {Cause.UNSUPPORTED})
    world.mode = PlacementMode.AUTO
    assert causes(world.sync(all_wanted(world.root))) == set()
    assert {row.made.mode for row in world.journal.placed()} == {"reflink" if able else "copy"}


def test_a_path_that_is_too_long_is_refused_alone(world):
    fill(world.root, 2)
    world.layout = "/".join("x" * 250 for _ in range(20)) + "/{folder}/{name}"
    outcomes = world.sync(all_wanted(world.root))
    assert causes(outcomes) == {Cause.NAME_TOO_LONG}
    assert not litter(world.target)
    world.layout = None
    assert causes(world.sync(all_wanted(world.root))) == set()


def test_a_tag_in_a_read_only_library_is_refused_aloud(world):
    fill(world.root, 3)
    world.mode = PlacementMode.TAG
    photos = all_wanted(world.root, SMILE)
    for folder in {Path(photo.source).parent for photo in photos}:
        with unwritable(folder):
            inside = [photo for photo in photos if photo.source.startswith(str(folder) + "/")]
            if CAN_MOUNT:
                outcomes = world.sync(inside)
                assert causes(outcomes) == {Cause.READ_ONLY}
                assert all(isinstance(outcome, Refused) for outcome in outcomes)
    assert world.journal.rows == {}
    assert causes(world.sync(photos)) == set()


def test_a_sidecar_that_cannot_be_written_in_full_stays_as_it_was(world):
    (original,) = fill(world.root, 1)
    sidecar = Path(f"{original}.xmp")
    note = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    sidecar.write_text(f"{note}<!-- {'x' * 60_000} --></rdf:RDF></x:xmpmeta>")
    before = sidecar.read_bytes()
    world.mode = PlacementMode.TAG
    with file_limit(50_000):
        outcomes = world.sync(all_wanted(world.root, SMILE))
    assert causes(outcomes) == {Cause.TOO_LARGE}
    assert sidecar.read_bytes() == before
    assert not litter(world.root)
    assert world.journal.planned == {}
    assert causes(world.sync(all_wanted(world.root, SMILE))) == set()


def test_a_sidecar_on_a_full_disk_is_postponed(world, tmp_path):
    with little_room(tmp_path / "volume", 65_536) as volume:
        world.root, world.mode, world.notes = volume / "photos", PlacementMode.TAG, tmp_path / "notes"
        fill(world.root, 1)
        eat(volume)
        outcomes = world.sync(all_wanted(world.root, SMILE))
        assert causes(outcomes) == ({Cause.NO_SPACE} if CAN_MOUNT else set())
        assert not litter(world.root)


def eat(volume):
    """Fill the volume to its last byte, or a file to the limit."""
    with open(volume / "eaten", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.tell() < 1 << 20:
            file.write(bytes(4096))


def test_a_disk_that_is_not_mounted_is_no_empty_collection(world):
    fill(world.root, 3)
    world.sync(all_wanted(world.root))
    world.target.rename(world.target.with_name("unmounted"))
    world.target.mkdir()
    with pytest.raises(PlacingError, match="marker") as caught:
        world.context(established=True)
    assert caught.value.cause == Cause.TARGET_GONE
    assert caught.value.transient
    assert list(world.target.iterdir()) == []
    (world.target / ".organiser-collection").touch()
    world.context(established=True)
    assert causes(world.sync(all_wanted(world.root))) == set()
    assert len(snapshot(world.target)) == 3


@pytest.mark.parametrize(
    ("number", "cause", "transient"),
    [
        ("ENOSPC", Cause.NO_SPACE, True),
        ("EDQUOT", Cause.NO_SPACE, True),
        ("EROFS", Cause.READ_ONLY, False),
        ("EXDEV", Cause.OTHER_DEVICE, False),
        ("EPERM", Cause.NOT_PERMITTED, False),
        ("EACCES", Cause.NOT_PERMITTED, False),
        ("ENAMETOOLONG", Cause.NAME_TOO_LONG, False),
        ("EFBIG", Cause.TOO_LARGE, False),
        ("EIO", Cause.MACHINE, True),
    ],
)
def test_an_error_of_the_system_is_named_and_classed(number, cause, transient):
    code = getattr(errno, number)
    error = translated(OSError(code, os.strerror(code)), "/somewhere/a.jpg")
    assert (error.cause, error.transient) == (cause, transient)
    assert str(error).startswith("/somewhere/a.jpg: ")
    assert os.strerror(code) in str(error)
