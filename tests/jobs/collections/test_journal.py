"""The journal in the index: what is about to be done to files is on the disk before it is done."""

import pytest
from sqlalchemy import event

from organiser.core.collections.placement import Create, Made, PlacementMode, Stamp
from organiser.core.photo import PhotoId
from organiser.index.db.engine import reading, writing
from organiser.index.tables import collections, runs
from organiser.jobs.collections.journal import IndexJournal
from organiser.placing.journal import Entry
from tests.jobs.library import Library

_FULL = 2


@pytest.fixture
def library(tmp_path, sqlite_url):
    made = Library(tmp_path, sqlite_url)
    yield made
    made.services.engine.dispose()


def test_what_is_planned_and_amended_outlasts_a_power_cut(library):
    library.draw("a.jpg")
    library.scan()
    engine = library.services.engine
    with writing(engine) as tx:
        run_id = runs.start(tx, "place", "test", {}, 1.0)
        collection_id = collections.every(tx)[0].id
    waited = []

    @event.listens_for(engine, "commit")
    def note(connection):
        waited.append(connection.exec_driver_sql("PRAGMA synchronous").scalar() == _FULL)

    journal = IndexJournal(library.services, run_id, collection_id)
    create = Create(PhotoId(1), "/photos/a.jpg", "a.jpg", PlacementMode.COPY, 3, 1)
    (key,) = journal.plan([Entry(create, "/happy", "/happy/.organiser-1")])
    entry = Entry(create, "/happy", "/happy/.organiser-1", Made(PlacementMode.COPY, Stamp(3, 1, 5, "0" * 64)))
    journal.amend({key: entry})
    assert waited == [True, True]
    journal.done({key: entry})
    with reading(engine) as tx:
        (row,) = collections.placements_of(tx, collection_id)
    assert (row.destination, row.details["made"]["stamp"]["inode"]) == ("a.jpg", 5)
