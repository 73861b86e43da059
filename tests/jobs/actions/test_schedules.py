"""When scheduled work is due, and how it starts."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest

from organiser.errors import OrganiserError, SettingsError, Transient
from organiser.index.db.engine import Index, reading, writing
from organiser.index.tables import roots as root_rows
from organiser.index.tables import runs
from organiser.index.tables import schedules as rows
from organiser.index.tables.runs import Run
from organiser.index.work import scan_requests
from organiser.jobs.actions import roots, schedules
from organiser.jobs.messages import Message, Place, ScanRoot
from organiser.jobs.steps import sweep
from tests.jobs.library import Library


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("30 3 * * *", "2024-05-17T03:29:00", "2024-05-17T03:30:00"),
        ("30 3 * * *", "2024-05-17T03:30:00", "2024-05-18T03:30:00"),
        ("0 0 29 2 *", "2024-03-01T00:00:00", "2028-02-29T00:00:00"),
        ("*/15 8-9 * * mon", "2024-05-17T12:00:00", "2024-05-20T08:00:00"),
        ("* * * * * */10", "2024-05-17T12:00:01", "2024-05-17T12:00:10"),
    ],
)
def test_cron_text_means_local_time(cron: str, after: str, expected: str) -> None:
    assert schedules.next_after(cron, _moment(after)) == _moment(expected)


@pytest.mark.parametrize("cron", ["", "often", "61 * * * *", "* * * *"])
def test_what_is_no_cron_text_is_refused_before_it_is_stored(index: Index, cron: str) -> None:
    with writing(index) as tx:
        with pytest.raises(SettingsError, match="no cron text"):
            schedules.add(tx, "wrong", cron, "sweep", {}, 0.0)
        assert rows.every(tx) == []


def test_an_action_that_does_not_exist_is_refused(index: Index) -> None:
    with writing(index) as tx, pytest.raises(SettingsError, match="cannot be scheduled"):
        schedules.add(tx, "wrong", "* * * * *", "explode", {}, 0.0)


def test_an_entry_of_the_same_name_is_replaced(index: Index) -> None:
    with writing(index) as tx:
        schedules.add(tx, "night", "0 1 * * *", "sweep", {}, 1.0)
        root_rows.add(tx, "/p", 1.0)
        schedules.add(tx, "night", "0 2 * * *", "scan", {"root": "/p"}, 2.0)
        (entry,) = rows.every(tx)
    assert (entry.cron, entry.action, entry.arguments, entry.last_run) == ("0 2 * * *", "scan", {"root": "/p"}, 2.0)


def test_an_entry_is_claimed_once_a_moment(index: Index) -> None:
    with writing(index) as tx:
        schedules.add(tx, "night", "0 1 * * *", "sweep", {}, 1.0)
        entry = rows.by_name(tx, "night")
        assert entry is not None
        assert [rows.claim(tx, entry, 99.0), rows.claim(tx, entry, 99.5)] == [True, False]


@pytest.mark.parametrize(
    ("action", "arguments", "match"),
    [
        ("scan", {"root": "/nowhere"}, "is no root"),
        ("reclassify", {"query": "emotion:hungry"}, "hungry"),
        ("reclassify", {"model": "faces@99"}, "no model"),
    ],
)
def test_what_cannot_be_done_is_refused_when_it_is_planned(
    index: Index, action: str, arguments: Mapping[str, str], match: str
) -> None:
    with writing(index) as tx:
        with pytest.raises(OrganiserError, match=match):
            schedules.add(tx, "wrong", "* * * * *", action, arguments, 0.0)
        assert rows.every(tx) == []


def _runs(library: Library) -> list[Run]:
    with reading(library.services.engine) as tx:
        return runs.latest(tx)


def test_a_run_that_cannot_be_done_ends_with_the_reason(library: Library) -> None:
    for _ in range(2):
        with pytest.raises(SettingsError, match="is no root"):
            schedules.start(library.services, "scan", {"root": "/gone"}, "schedule night")
    assert [(run.error, run.ended) for run in _runs(library)] == [("/gone is no root", library.now)] * 2


def _unreachable(_messages: Sequence[Message]) -> None:
    raise Transient("the broker cannot be reached")


@pytest.mark.parametrize("action", ["scan", "reclassify", "collections", "sweep"])
def test_what_could_not_be_queued_can_be_started_again(library: Library, action: str) -> None:
    library.draw("a.jpg")
    library.scan()
    if action == "reclassify":
        library.use_model(library.add_model("2"))
    with pytest.raises(Transient):
        schedules.begin(library.services, action, {}, "test", _unreachable)
    assert _runs(library) == []
    queued: list[Message] = []
    assert schedules.begin(library.services, action, {}, "test", queued.extend)
    assert [run.kind for run in _runs(library)] == [action]
    assert len(queued) == 1
    assert not schedules.begin(library.services, action, {}, "test", queued.extend)


def test_what_a_schedule_asks_for_stands_in_the_index_too(library: Library) -> None:
    root = roots.add(library.services.engine, str(library.folder), library.now)
    (message,) = schedules.start(library.services, "scan", {}, "test")
    library.now += 60.0
    assert sweep.all_requested(library.services) == [message] == [ScanRoot(root.id, run_id=message.run_id, asked=True)]
    assert [type(message) for message in schedules.start(library.services, "collections", {}, "test")] == [Place]
    with reading(library.services.engine) as tx:
        assert scan_requests.placing(tx)


def test_a_schedule_has_begun_only_when_it_has(library: Library) -> None:
    services = library.services

    def last() -> dict[str, float | None]:
        with reading(services.engine) as tx:
            return {entry.name: schedules.last_begun(tx, entry) for entry in rows.every(tx)}

    with writing(services.engine) as tx:
        schedules.seed(tx, library.now)
        schedules.add(tx, "mine", "* * * * *", "sweep", {}, library.now)
    assert set(last().values()) == {None}
    with writing(services.engine) as tx:
        mine = rows.by_name(tx, "mine")
        assert mine is not None
        assert rows.claim(tx, mine, library.now + 60.0)
    assert last()["mine"] is None
    library.now += 61.0
    schedules.start(services, "sweep", {}, schedules.origin_of("mine"))
    assert last()["mine"] == library.now
    library.now += 1.0
    schedules.start(services, "collections", {}, schedules.origin_by_hand("nightly-collections"))
    assert last()["nightly-collections"] == library.now
    with writing(services.engine) as tx:
        schedules.add(tx, "mine", "* * * * *", "collections", {}, library.now)
    assert last()["mine"] is None


def test_a_mixture_is_estimated_anew_when_its_time_has_come(library: Library) -> None:
    with pytest.raises(OrganiserError, match="does not say how common"):
        schedules.start(library.services, "reclassify", {"estimate_mixture": True}, "schedule night")
