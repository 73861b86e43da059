"""One placer at a time, whatever the clocks say: the older one's next write fails."""

from pathlib import Path

import pytest

from organiser.index.db.engine import reading, writing
from organiser.index.tables import collections as saved
from organiser.index.work import locks
from organiser.index.work.locks import Holder
from organiser.jobs.collections import manage
from organiser.jobs.collections.lock import Busy, kept, placing
from organiser.jobs.collections.sync import sync
from tests.jobs.library import Library

SOMEBODY = Holder("somebody", "theirs")


def test_a_lock_taken_over_by_a_clock_ahead_stops_the_older_holder(library: Library, tmp_path: Path) -> None:
    services = library.services
    manage.set_built_in(services, str(tmp_path / "sorted"), "copy")
    with reading(services.engine) as tx:
        collection = saved.get(tx, "happy")
    assert collection is not None
    with placing(services) as mine:
        assert mine
        renew = kept(services)
        with writing(services.engine) as tx:
            assert locks.claim(tx, "placing", SOMEBODY, library.now + 7200, 300)
        with pytest.raises(Busy):
            renew("planned")
        done = sync(services, collection, 1)
    assert done.counts["not_placed"] == 1
    assert "took over" in done.notes[0]
    assert list((tmp_path / "sorted").rglob("*.jpg")) == []
    with reading(services.engine) as tx:
        assert locks.holder(tx, "placing", library.now) == SOMEBODY


def test_once_a_file_a_check_counts_for_a_moment_and_once_a_batch_it_is_made_anew(library: Library) -> None:
    services, now = library.services, [0.0]
    with placing(services) as mine:
        assert mine
        renew = kept(services, clock=lambda: now[0])
        with writing(services.engine) as tx:
            assert locks.claim(tx, "placing", SOMEBODY, library.now + 7200, 300)
        for moment in ("folders made", "built", "settled"):
            renew(moment)
        for moment in ("planned", "amended", "flushed", "done"):
            with pytest.raises(Busy):
                renew(moment)
        now[0] = 0.06
        with pytest.raises(Busy):
            renew("built")
