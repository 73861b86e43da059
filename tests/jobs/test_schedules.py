"""When scheduled work is due, and how it starts."""

from datetime import datetime

import pytest

from organiser.errors import SettingsError
from organiser.index import schedules as rows
from organiser.index.engine import Index, writing
from organiser.jobs import schedules


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
        schedules.add(tx, "night", "0 2 * * *", "scan", {"root": "/p"}, 2.0)
        (entry,) = rows.every(tx)
    assert (entry.cron, entry.action, entry.arguments, entry.last_run) == ("0 2 * * *", "scan", {"root": "/p"}, 2.0)


def test_an_entry_is_claimed_once_a_moment(index: Index) -> None:
    with writing(index) as tx:
        schedules.add(tx, "night", "0 1 * * *", "sweep", {}, 1.0)
        entry = rows.by_name(tx, "night")
        assert entry is not None
        assert [rows.claim(tx, entry, 99.0), rows.claim(tx, entry, 99.5)] == [True, False]
