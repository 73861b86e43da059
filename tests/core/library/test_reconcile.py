from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organiser.core.library.reconcile import (
    WHOLE,
    FoundFile,
    KnownFile,
    LossLimits,
    ScanPlan,
    Scope,
    implausible_loss,
    is_below,
    plan_scan,
)
from organiser.core.photo import FileId, PhotoId


def on_disk(relpath, size=1000, mtime_ns=5, device=1, inode=7):
    return FoundFile(relpath, size, mtime_ns, device, inode)


def row(file_id, file, photo_id=1, missing_since=None):
    return KnownFile(FileId(file_id), *file, photo_id=photo_id and PhotoId(photo_id), missing_since=missing_since)


A = on_disk("a.jpg", inode=1)
B = on_disk("sub/b.jpg", inode=2)


def test_an_unchanged_tree_needs_nothing():
    plan = plan_scan([A, B], [row(1, A), row(2, B)])
    assert plan == ScanPlan(same=2)
    assert plan.empty


def test_an_unknown_path_is_new():
    assert plan_scan([A, B], [row(1, A)]) == ScanPlan(new=(B,), same=1)


@pytest.mark.parametrize("difference", [{"size": 1}, {"mtime_ns": 6}, {"inode": 99}])
def test_a_known_path_with_another_stat_is_changed(difference):
    now = A._replace(**difference)
    assert plan_scan([now], [row(1, A)]) == ScanPlan(changed=((row(1, A), now),))


def test_a_remount_that_renumbers_the_device_changes_nothing():
    assert plan_scan([A._replace(device=2)], [row(1, A)]).empty


def test_made_up_inode_numbers_change_nothing_when_they_are_not_trusted():
    again = A._replace(inode=99)
    assert plan_scan([again], [row(1, A)], trust_inodes=False).empty


def test_a_file_that_was_never_digested_counts_as_changed():
    undigested = row(1, A, photo_id=None)
    assert plan_scan([A], [undigested]).changed == ((undigested, A),)


def test_a_path_that_is_gone_is_missing_once():
    assert plan_scan([], [row(1, A)]).missing == (row(1, A),)
    assert plan_scan([], [row(1, A, missing_since=3.0)]).empty


def test_a_missing_file_returns():
    missing = row(1, A, missing_since=3.0)
    assert plan_scan([A], [missing]) == ScanPlan(returned=((missing, A),))


def test_a_missing_file_that_returns_altered_is_changed():
    missing = row(1, A, missing_since=3.0)
    altered = A._replace(size=5)
    assert plan_scan([altered], [missing]) == ScanPlan(changed=((missing, altered),))


def test_a_renamed_file_keeps_its_row():
    renamed = A._replace(relpath="elsewhere/renamed.jpg")
    assert plan_scan([renamed], [row(1, A)]) == ScanPlan(moved=((row(1, A), renamed),))


def test_a_renamed_folder_moves_every_file_in_it():
    before = [on_disk(f"old/{n}.jpg", inode=n + 1) for n in range(500)]
    after = [file._replace(relpath=file.relpath.replace("old/", "new/")) for file in before]
    plan = plan_scan(after, [row(n, file) for n, file in enumerate(before)])
    assert {(known.relpath, found.relpath) for known, found in plan.moved} == {
        (f"old/{n}.jpg", f"new/{n}.jpg") for n in range(500)
    }
    assert replace(plan, moved=()).empty


def test_a_file_that_was_missing_for_a_while_is_found_elsewhere():
    missing = row(1, A, missing_since=3.0)
    elsewhere = A._replace(relpath="new/a.jpg")
    assert plan_scan([elsewhere], [missing]) == ScanPlan(moved=((missing, elsewhere),))


def test_a_row_from_outside_the_scope_can_be_the_other_end_of_a_move():
    lost = row(9, A, missing_since=3.0)
    elsewhere = A._replace(relpath="new/a.jpg")
    assert plan_scan([elsewhere], [], lost=[lost]).moved == ((lost, elsewhere),)


def test_a_move_is_recognised_after_a_remount():
    elsewhere = A._replace(relpath="new/a.jpg", device=33)
    assert plan_scan([elsewhere], [row(1, A)]).moved == ((row(1, A), elsewhere),)


def test_a_further_hard_link_is_new_not_moved():
    link = A._replace(relpath="link.jpg")
    assert plan_scan([A, link], [row(1, A)]) == ScanPlan(new=(link,), same=1)


def test_hard_links_that_move_together_are_paired_by_name():
    first, second = row(1, on_disk("old/x.jpg")), row(2, on_disk("old/y.jpg"))
    x, y = on_disk("new/x.jpg"), on_disk("new/y.jpg")
    assert set(plan_scan([y, x], [first, second]).moved) == {(first, x), (second, y)}


def test_one_of_two_hard_links_that_is_gone_stays_missing():
    first, second = row(1, on_disk("old/x.jpg")), row(2, on_disk("old/y.jpg"))
    plan = plan_scan([on_disk("new/y.jpg")], [first, second])
    assert plan.moved == ((second, on_disk("new/y.jpg")),)
    assert plan.missing == (first,)


def test_a_copy_that_replaces_a_deleted_file_is_no_move_by_stat():
    copy = A._replace(relpath="copy.jpg", inode=55)
    plan = plan_scan([copy], [row(1, A)])
    assert (plan.new, plan.missing, plan.moved) == ((copy,), (row(1, A),), ())


def test_files_without_inode_numbers_are_never_paired():
    before, after = on_disk("a.jpg", inode=0), on_disk("b.jpg", inode=0)
    assert plan_scan([after], [row(1, before)]).moved == ()


def test_what_lies_below_an_unreadable_folder_is_not_missing():
    assert plan_scan([], [row(1, A), row(2, B)], unreadable=["sub"]).missing == (row(1, A),)
    assert plan_scan([], [row(1, A), row(2, B)], unreadable=[""]).empty


def test_an_unreadable_file_is_not_missing():
    assert plan_scan([], [row(2, B)], unreadable=["sub/b.jpg"]).empty


def test_a_file_being_written_is_neither_new_nor_changed_nor_missing():
    growing = A._replace(size=1)
    assert plan_scan([growing, B], [row(1, A)], unsettled={"a.jpg", "sub/b.jpg"}).empty
    assert plan_scan([], [row(1, A)], unsettled={"a.jpg"}).empty


def test_files_can_be_left_for_a_later_scan():
    plan = plan_scan([A._replace(size=1), B], [row(1, A)])
    assert plan.without({"a.jpg", "sub/b.jpg"}).empty
    assert plan.without({"a.jpg"}).new == (B,)


names = st.sampled_from(["a.jpg", "b.jpg", "c/a.jpg", "c/d/e.jpg", "f.png", "é.jpg", "\udce9.jpg"])
files = st.builds(
    FoundFile,
    names,
    size=st.integers(0, 2),
    mtime_ns=st.integers(0, 2),
    device=st.integers(0, 1),
    inode=st.integers(0, 4),
)
disks = st.lists(files, unique_by=lambda file: file.relpath)
indexes = st.lists(
    st.tuples(files, st.none() | st.just(1), st.none() | st.just(3.0)), unique_by=lambda entry: entry[0].relpath
).map(lambda entries: [row(n, file, photo, missing) for n, (file, photo, missing) in enumerate(entries)])


def applied(plan, known):
    """The rows after the plan was carried out and every picture was digested."""
    rows = {row.file_id: row for row in known}
    for one, file in (*plan.changed, *plan.moved, *plan.returned):
        rows[one.file_id] = row(one.file_id, file, one.photo_id or 2)
    for one in plan.missing:
        rows[one.file_id] = one._replace(missing_since=9.0)
    fresh = [row(1000 + n, file) for n, file in enumerate(plan.new)]
    return [*rows.values(), *fresh]


@given(disks, indexes)
def test_applying_the_plan_leaves_nothing_to_do(found, known):
    after = applied(plan_scan(found, known), known)
    assert len({row.relpath for row in after}) == len(after)
    assert plan_scan(found, after).empty


@given(disks, indexes)
def test_every_file_found_has_exactly_one_part_in_the_plan(found, known):
    plan = plan_scan(found, known)
    ends = [file for _, file in (*plan.changed, *plan.moved, *plan.returned)]
    assert len(plan.new) + len(ends) + plan.same == len(found)
    assert {*plan.new, *ends} <= {*found}
    taken = [row.file_id for row, _ in (*plan.changed, *plan.moved, *plan.returned)]
    taken += [row.file_id for row in plan.missing]
    assert len(set(taken)) == len(taken)


@given(disks, indexes)
def test_no_row_moves_while_its_file_is_still_there(found, known):
    present = {file.relpath for file in found}
    assert not any(row.relpath in present for row, _ in plan_scan(found, known).moved)


folders = st.sets(st.sampled_from(["", "c", "c/d", "f", "f/g/h"])).map(frozenset)


@given(folders, folders, st.sampled_from(["a.jpg", "c/a.jpg", "c/d/e.jpg", "cc/a.jpg", "f/g/h/i.jpg", "f/g/a.jpg"]))
def test_a_minimal_scope_covers_the_same_files(trees, directories, relpath):
    scope = Scope(trees, directories)
    assert scope.minimal().covers(relpath) == scope.covers(relpath)
    assert scope.minimal().minimal() == scope.minimal()


def test_the_whole_scope_covers_everything():
    assert WHOLE.whole
    assert WHOLE.covers("a.jpg")
    assert WHOLE.covers("deep/down/a.jpg")
    assert (Scope(directories=frozenset({"a"})) | WHOLE).minimal() == WHOLE


def test_a_folder_is_below_itself_but_not_below_its_namesake():
    assert is_below("2024", {"2024"})
    assert is_below("2024/05/a.jpg", {"2024"})
    assert not is_below("2024-05/a.jpg", {"2024"})


@pytest.mark.parametrize(
    ("known", "missing", "new", "implausible"),
    [
        (0, 0, 0, False),
        (3, 0, 0, False),
        (3, 3, 0, True),  # the root is empty
        (3, 3, 3, False),  # three pictures replaced by three others
        (100, 50, 0, False),  # a person tidying up
        (100, 51, 0, True),
        (1000, 250, 0, False),
        (1000, 251, 0, True),
        (1000, 251, 700, True),
    ],
)
def test_a_loss_too_large_to_be_meant_is_implausible(known, missing, new, implausible):
    limits = LossLimits(share=0.25, least=50)
    assert implausible_loss(known, missing, limits, new_count=new) is implausible
