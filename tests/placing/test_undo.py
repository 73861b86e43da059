"""Undoing a run puts everything back, byte for byte, and touches nothing that changed since."""

import hashlib
import os
from dataclasses import replace

import pytest

from organiser.core.collections.placement import PlacementMode, Tag
from organiser.placing.context import Done
from organiser.placing.disk.errors import Cause
from tests.placing.world import World, all_wanted, fill, snapshot

FILES = [PlacementMode.COPY, PlacementMode.HARDLINK, PlacementMode.SYMLINK]
SMILE = Tag("happy", 0.9, "net@1")


@pytest.fixture(params=FILES)
def world(request, tmp_path):
    return World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", request.param, "{folder}/{name}")


def causes(outcomes):
    return [outcome.error.cause for outcome in outcomes if not isinstance(outcome, Done)]


def last_run(world, known):
    return [key for key in world.journal.finished if key not in known]


def test_undoing_the_first_run_leaves_an_empty_target(world):
    fill(world.root, 9)
    world.sync(all_wanted(world.root))
    assert causes(world.undo()) == []
    assert snapshot(world.target) == {}
    assert world.journal.rows == {}


def test_undoing_a_run_of_every_kind_of_step_restores_the_tree(world):
    fill(world.root, 9)
    photos = all_wanted(world.root)
    world.sync(photos[:6])
    os.utime(photos[0].source)
    before, times = snapshot(world.target), mtimes(world.target)
    known = set(world.journal.finished)
    world.layout = "{name}"
    world.sync(all_wanted(world.root)[3:])
    kinds = {type(world.journal.finished[key].step).__name__ for key in last_run(world, known)}
    assert kinds == {"Create", "Move", "Remove"}
    assert causes(world.undo(last_run(world, known))) == []
    assert snapshot(world.target) == before
    if world.mode is PlacementMode.COPY:
        assert mtimes(world.target) == times
    world.layout = "{folder}/{name}"
    assert world.plan(all_wanted(world.root)[:6]).empty


def mtimes(folder):
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*.jpg")}


@pytest.mark.parametrize("then", FILES)
def test_undoing_a_change_of_mode_restores_the_old_kind_of_file(world, then):
    fill(world.root, 4)
    photos = all_wanted(world.root)
    world.sync(photos)
    before, known, first = snapshot(world.target), set(world.journal.finished), world.mode
    world.mode = then
    world.sync(photos)
    world.undo(last_run(world, known))
    world.mode = first
    assert snapshot(world.target) == before
    assert world.plan(photos).empty
    linked = {path.samefile(photo.source) for photo in photos for path in [world.target / photo.relpath]}
    assert linked == {first is not PlacementMode.COPY}


def test_undoing_twice_is_undoing_once(world):
    fill(world.root, 4)
    world.sync(all_wanted(world.root)[:2])
    before, entries = snapshot(world.target), dict(world.journal.finished)
    world.sync(all_wanted(world.root)[2:])
    world.undo(key for key in world.journal.finished if key not in entries)
    assert snapshot(world.target) == before
    assert world.undo([]) == []


def test_what_a_person_edited_or_put_there_is_refused_and_the_rest_undone(tmp_path):
    world = World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", PlacementMode.COPY)
    originals = fill(world.root, 4, folders=1)
    photos = all_wanted(world.root)
    world.sync(photos[:2])
    known = set(world.journal.finished)
    world.sync(photos[1:])
    edited, blocked = world.target / originals[3].name, world.target / originals[0].name
    edited.chmod(0o644)
    edited.write_bytes(b"edited")
    blocked.write_bytes(b"a stranger's")
    outcomes = world.undo(last_run(world, known))
    assert sorted(causes(outcomes)) == [Cause.EDITED, Cause.OCCUPIED]
    assert (edited.read_bytes(), blocked.read_bytes()) == (b"edited", b"a stranger's")
    assert not (world.target / originals[2].name).exists()


def test_a_removed_copy_cannot_return_from_an_original_that_changed(tmp_path):
    world = World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", PlacementMode.COPY)
    first, second = fill(world.root, 2, folders=1)
    world.sync(all_wanted(world.root))
    known = set(world.journal.finished)
    world.sync([])
    first.chmod(0o644)
    first.write_bytes(b"other bytes")
    second.unlink()
    assert sorted(causes(world.undo(last_run(world, known)))) == [Cause.SOURCE_CHANGED, Cause.SOURCE_GONE]
    assert snapshot(world.target) == {}


def test_the_last_copy_is_not_undone_away(tmp_path):
    world = World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", PlacementMode.COPY)
    (original,) = fill(world.root, 1)
    world.sync(all_wanted(world.root))
    original.unlink()
    assert causes(world.undo()) == [Cause.LAST_COPY]
    assert (world.target / original.name).exists()


def test_a_target_that_was_changed_since_is_refused(tmp_path):
    world = World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", PlacementMode.COPY)
    fill(world.root, 1)
    world.sync(all_wanted(world.root))
    world.target = tmp_path / "elsewhere"
    assert causes(world.undo()) == [Cause.BAD_TARGET]


FOREIGN = (
    b"\xef\xbb\xbf<?xml version='1.0'?>\n<x:xmpmeta  xmlns:x='adobe:ns:meta/'><rdf:RDF "
    b"xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>  <!-- odd   spacing -->\r\n</rdf:RDF></x:xmpmeta>\n\n"
)


def test_sidecars_come_back_byte_for_byte(tmp_path):
    world = World(tmp_path / "photos", None, tmp_path / "journal", PlacementMode.TAG)
    originals = fill(world.root, 4, folders=1)
    sidecar = originals[0].with_name(originals[0].name + ".xmp")
    sidecar.write_bytes(FOREIGN)
    before = snapshot(world.root)
    photos = all_wanted(world.root, SMILE)
    world.sync(photos[:3])
    tagged, known = snapshot(world.root), set(world.journal.finished)
    assert tagged != before
    world.sync([replace(photo, tag=replace(SMILE, model="net@2")) for photo in photos[1:]])
    assert causes(world.undo(last_run(world, known))) == []
    assert snapshot(world.root) == tagged
    assert world.plan(photos[:3]).empty
    assert causes(world.undo()) == []
    assert snapshot(world.root) == before
    assert sidecar.read_bytes() == FOREIGN


def test_a_sidecar_that_a_person_changed_since_is_left(tmp_path):
    world = World(tmp_path / "photos", None, tmp_path / "journal", PlacementMode.TAG)
    (original,) = fill(world.root, 1)
    world.sync(all_wanted(world.root, SMILE))
    sidecar = original.with_name(original.name + ".xmp")
    sidecar.write_bytes(sidecar.read_bytes().replace(b"happy", b"glad!"))
    before = sidecar.read_bytes()
    assert causes(world.undo()) == [Cause.EDITED]
    assert sidecar.read_bytes() == before


def test_undo_removes_nothing_that_has_a_name_one_could_guess(tmp_path):
    world = World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", PlacementMode.COPY)
    fill(world.root, 2, folders=1)
    world.sync(all_wanted(world.root))
    known = set(world.journal.finished)
    world.sync([])
    strangers = [_guessed(world.target / path.name) for path in world.root.rglob("*.jpg")]
    for stranger in strangers:
        stranger.write_text("a stranger's")
    assert causes(world.undo(last_run(world, known))) == []
    assert {stranger.read_text() for stranger in strangers} == {"a stranger's"}


def _guessed(path):
    """Return how earlier versions named an undo's draft."""
    return path.with_name(f".organiser-undo-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}")
