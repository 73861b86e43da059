"""Carrying out steps: outcomes in order, batch by batch, and a journal that is always ahead of the disk."""

import os

import pytest

from organiser.core.collections.placement import PlacementMode
from organiser.placing.apply import apply
from organiser.placing.context import Done, Refused
from organiser.placing.disk.durable import flush_all
from organiser.placing.disk.errors import Cause
from tests.placing.world import FileJournal, World, all_wanted, fill, snapshot


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", PlacementMode.COPY)


def test_outcomes_come_in_the_order_of_the_steps(world):
    originals = fill(world.root, 10, folders=1)
    photos = all_wanted(world.root)
    originals[3].unlink()
    steps = world.plan(photos).steps
    outcomes = list(apply(steps, world.journal, world.context(), batch=4))
    assert [outcome.step for outcome in outcomes] == list(steps)
    assert [type(outcome) is Done for outcome in outcomes] == [True] * 3 + [False] + [True] * 6


def test_nothing_is_done_before_it_is_asked_for_and_a_caller_may_stop(world):
    fill(world.root, 10, folders=1)
    outcomes = apply(world.plan(all_wanted(world.root)).steps, world.journal, world.context(), batch=4)
    assert snapshot(world.target) == {}
    next(outcomes)
    outcomes.close()
    assert len(snapshot(world.target)) == 4
    assert world.journal.planned == {}
    assert len(world.journal.rows) == 4


def test_nothing_is_touched_that_the_journal_does_not_know_yet(world):
    fill(world.root, 3, folders=1)

    class Broken(FileJournal):
        def plan(self, entries):
            raise OSError("the index is gone")

    steps = world.plan(all_wanted(world.root)).steps
    with pytest.raises(OSError, match="the index is gone"):
        list(apply(steps, Broken(world.notes), world.context()))
    assert snapshot(world.target) == {}


def test_the_journal_knows_every_temporary_file(world):
    fill(world.root, 5, folders=1)
    seen = []

    def look(moment):
        if moment == "built":
            known = {entry.temporary for entry in world_journal.planned.values()}
            found = {entry.path for entry in os.scandir(world.target) if entry.name.startswith(".organiser-")}
            seen.append(found - {str(world.target / ".organiser-collection")} <= known)

    world_journal = world.journal
    world.checkpoint = look
    list(apply(world.plan(all_wanted(world.root)).steps, world_journal, world.context()))
    assert len(seen) == 5
    assert all(seen)


def test_steps_without_a_target_are_refused(world):
    fill(world.root, 2, folders=1)
    steps = world.plan(all_wanted(world.root)).steps
    world.target = None
    outcomes = list(apply(steps, world.journal, world.context()))
    assert {type(outcome) for outcome in outcomes} == {Refused}
    assert {outcome.error.cause for outcome in outcomes} == {Cause.BAD_TARGET}


def test_many_files_and_folders_are_flushed_and_what_fails_is_named(tmp_path):
    paths = []
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "file").write_bytes(b"x")
        (folder / "link").symlink_to("nowhere")
        paths += [str(folder), str(folder / "file"), str(folder / "link")]
    assert flush_all(paths) == {}
    assert flush_all(paths[:2]) == {}
    gone = str(tmp_path / "gone")
    assert list(flush_all([*paths, gone])) == [gone]
    assert list(flush_all([gone])) == [gone]
