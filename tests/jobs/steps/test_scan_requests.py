"""What was asked for stays asked for until it is done, and what is asked for meanwhile is not lost."""

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from organiser.core.library.reconcile import WHOLE, Scope
from organiser.core.photo import RootId
from organiser.index import flags
from organiser.index.db.engine import Index, host_name, reading, writing
from organiser.index.tables import roots as root_rows
from organiser.index.tables import runs
from organiser.index.work import pauses, scan_requests
from organiser.jobs.actions import roots
from organiser.jobs.collections import manage
from organiser.jobs.messages import Place, ScanRoot
from organiser.jobs.steps import sweep
from organiser.jobs.steps.follow_ups import placing_requested
from organiser.jobs.steps.handle import handle
from organiser.jobs.views import status as jobs
from tests.jobs.library import Library
from tests.photos import HAPPY

NOW = 1_000.0
LATER = 2_000.0
BELOW = Scope(directories=frozenset({"below"}))


@pytest.fixture
def root_id(index: Index) -> RootId:
    with writing(index) as tx:
        return root_rows.add(tx, "/photos", NOW)


def test_a_scan_asked_for_again_while_it_goes_on_is_asked_for_still(index: Index, root_id: RootId) -> None:
    with writing(index) as tx:
        scan_requests.request_scan(tx, root_id, BELOW, NOW)
        taken = scan_requests.scans_within(tx, root_id, BELOW)
        scan_requests.claim_scans(tx, taken, "elsewhere:1", LATER)
        scan_requests.request_scan(tx, root_id, BELOW, NOW)
        scan_requests.scans_completed(tx, taken)
        (left,) = scan_requests.open_scans(tx, LATER)
        scan_requests.scans_completed(tx, [left])
        assert not scan_requests.any_scan(tx)
    assert (left.folder, left.deep) == ("below", False)


def test_a_scan_of_more_lays_down_what_it_sees_and_nothing_else(index: Index, root_id: RootId) -> None:
    with writing(index) as tx:
        scan_requests.request_scan(tx, root_id, Scope(frozenset({"a/b"}), frozenset({"a", "c", ""})), NOW)
        scan_requests.scans_completed(tx, scan_requests.scans_within(tx, root_id, Scope(frozenset({"a"}))))
        assert {scan.folder for scan in scan_requests.open_scans(tx, LATER)} == {"c", ""}
        scan_requests.scans_completed(tx, scan_requests.scans_within(tx, root_id, WHOLE))
        assert not scan_requests.any_scan(tx)


def test_nobody_is_told_again_of_a_scan_that_somebody_is_at(index: Index, root_id: RootId) -> None:
    with writing(index) as tx:
        scan_requests.request_scan(tx, root_id, WHOLE, NOW)
        assert scan_requests.open_scans(tx, NOW) == []  # its message is on its way
        scan_requests.claim_scans(tx, scan_requests.scans_within(tx, root_id, WHOLE), "elsewhere:1", LATER)
        assert scan_requests.open_scans(tx, LATER - 1) == []
        assert len(scan_requests.open_scans(tx, LATER)) == 1
        scan_requests.release_scans_of(tx, ["elsewhere:1"])
        assert len(scan_requests.open_scans(tx, NOW)) == 1


def test_what_a_removed_root_was_asked_for_goes_with_it(index: Index, root_id: RootId) -> None:
    with writing(index) as tx:
        scan_requests.request_scan(tx, root_id, WHOLE, NOW, runs.start(tx, "scan", "test", {}, NOW))
        root_rows.remove(tx, root_id)
        assert not scan_requests.any_scan(tx)


def test_placing_asked_for_while_it_goes_on_is_asked_for_still(index: Index) -> None:
    with writing(index) as tx:
        scan_requests.request_placing(tx)
        scan_requests.claim_placing(tx)
        scan_requests.request_placing(tx)
        scan_requests.placing_completed(tx)
        assert scan_requests.placing(tx)
        scan_requests.claim_placing(tx)
        scan_requests.placing_completed(tx)
        assert not scan_requests.placing(tx)


def test_who_takes_placing_sees_what_those_did_who_asked_for_it_before(index: Index) -> None:
    with writing(index) as tx:
        scan_requests.request_placing(tx)
    seen: list[str | None] = []

    def place() -> None:
        with writing(index) as tx:
            scan_requests.claim_placing(tx)
        with reading(index) as tx:
            seen.append(flags.get(tx, "verdict"))

    placer = threading.Thread(target=place)
    with writing(index) as tx:
        scan_requests.request_placing(tx)
        placer.start()
        placer.join(0.3)
        flags.put(tx, "verdict", "given")
    placer.join()
    assert seen == ["given"]


def _root(library: Library) -> RootId:
    return roots.add(library.services.engine, str(library.folder), library.now).id


def _ask(library: Library, scope: Scope = WHOLE, run_id: int | None = None) -> ScanRoot:
    root_id = _root(library)
    with writing(library.services.engine) as tx:
        token = scan_requests.request_scan(tx, root_id, scope, library.now - 60.0, run_id)
    return ScanRoot(root_id, tuple(scope.trees), tuple(scope.directories), run_id, asked=True, token=token)


def test_the_same_scan_asked_for_by_two_messages_is_done_once(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    message = _ask(library)
    assert handle(library.services, message).counts["new"] == 1
    library.draw("b.jpg", HAPPY)
    assert handle(library.services, message).counts == {}
    assert sweep.all_requested(library.services) == []


def test_a_hint_that_comes_while_a_scan_walks_is_not_lost(library: Library) -> None:
    library.draw("below/a.jpg", HAPPY)
    message = _ask(library, BELOW)
    asked_for_time = []

    def clock() -> float:
        asked_for_time.append(1)
        if len(asked_for_time) == 2:  # the scan has taken what was asked for and walked; now it records what it found
            library.draw("below/b.jpg", HAPPY)
            _ask(library, BELOW)
        return library.now

    assert handle(replace(library.services, clock=clock), message).counts["new"] == 1
    assert len(asked_for_time) >= 2
    (again,) = sweep.all_requested(library.services)
    assert (again.directories, again.fresh) == (("below",), True)
    assert handle(library.services, again).counts["new"] == 1
    assert sweep.all_requested(library.services) == []


@pytest.mark.parametrize("first", [BELOW, WHOLE])
def test_a_file_that_settles_while_the_scan_that_passes_it_over_waits_is_not_lost(
    library: Library, first: Scope
) -> None:
    library.draw("below/a.jpg", HAPPY)
    waited = replace(_ask(library, first), unsettled=("below/a.jpg",))
    settled = _ask(library, BELOW)
    found = [handle(library.services, message).counts["new"] for message in (waited, settled)]
    assert sum(found) == 1
    assert sweep.all_requested(library.services) == []


def test_a_file_that_is_being_written_is_passed_over(library: Library) -> None:
    library.draw("below/a.jpg", HAPPY)
    message = replace(_ask(library, BELOW), unsettled=("below/a.jpg",))
    assert handle(library.services, message).counts["new"] == 0
    assert sweep.all_requested(library.services) == []


def test_a_scan_whose_process_is_gone_is_asked_for_again(library: Library) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    message = _ask(library)
    with writing(library.services.engine) as tx:
        scans = scan_requests.scans_within(tx, message.root_id, WHOLE)
        scan_requests.claim_scans(tx, scans, f"{host_name()}:{os.getpid()}", library.now + 600.0)
    assert sweep.all_requested(library.services) == []
    with writing(library.services.engine) as tx:
        scan_requests.claim_scans(tx, scans, f"{host_name()}:{gone.pid}", library.now + 600.0)
    assert [request.trees for request in sweep.all_requested(library.services)] == [("",)]


def test_a_paused_scan_is_asked_for_once_it_is_resumed(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    message = _ask(library)
    jobs.pause(library.services, ["scan"])
    assert handle(library.services, message).counts == {}
    assert sweep.all_requested(library.services) == []
    jobs.resume(library.services, ["scan"])
    (again,) = sweep.all_requested(library.services)
    assert handle(library.services, again).counts["new"] == 1


def test_what_a_cancelled_run_asked_for_is_asked_for_no_more(library: Library) -> None:
    with writing(library.services.engine) as tx:
        run_id = runs.start(tx, "scan", "test", {runs.QUEUED: True}, library.now)
    _ask(library, WHOLE, run_id)
    jobs.cancel(library.services, run_id)
    assert sweep.all_requested(library.services) == []


def test_placing_is_asked_for_until_it_is_done(library: Library, tmp_path: Path) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    manage.set_built_in(library.services, str(tmp_path / "collections"), None)
    assert placing_requested(library.services) == (Place(),)
    with writing(library.services.engine) as tx:
        pauses.pause(tx, "place", library.now)
    assert placing_requested(library.services) == ()
    library.run([Place()])
    with writing(library.services.engine) as tx:
        pauses.resume(tx, "place")
    assert placing_requested(library.services) == (Place(),)
    library.run([Place()])
    assert (tmp_path / "collections" / "happy" / "a.jpg").exists()
    assert placing_requested(library.services) == ()


def test_placing_that_another_process_is_at_is_asked_for_still(library: Library, tmp_path: Path) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    manage.set_built_in(library.services, str(tmp_path / "collections"), None)
    from organiser.jobs.collections.lock import placing

    other = replace(library.services, owner=lambda: "elsewhere:1")
    with placing(other) as theirs:
        assert theirs
        library.run([Place()])
        assert placing_requested(library.services) == ()
    assert placing_requested(library.services) == (Place(),)


@pytest.mark.parametrize("change", ["moved", "missing", "returned"])
def test_files_that_go_and_come_have_collections_follow(library: Library, change: str) -> None:
    path = library.draw("a.jpg", HAPPY)
    library.draw("b.jpg", HAPPY)
    library.scan()
    if change == "returned":
        path.rename(library.folder.parent / "a.jpg")
        library.scan()
    library.run([Place()])
    assert placing_requested(library.services) == ()
    match change:
        case "moved":
            library.move("a.jpg", "below/a.jpg")
        case "missing":
            path.unlink()
        case "returned":
            (library.folder.parent / "a.jpg").rename(path)
    assert library.scan()[change] == 1
    assert placing_requested(library.services) == (Place(),)


def test_a_scan_that_finds_nothing_asks_for_nothing(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    library.run([Place()])
    library.scan()
    assert placing_requested(library.services) == ()
