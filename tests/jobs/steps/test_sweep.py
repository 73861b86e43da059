"""The sweep and what dead workers left: everything that is due, once, and nothing that is not."""

from sqlalchemy import text

from organiser.core.photo import RootId
from organiser.index.db.engine import reading, writing
from organiser.index.work import leases
from organiser.jobs.messages import Identify, ScanRoot
from organiser.jobs.steps import pending
from organiser.jobs.steps.handle import handle
from organiser.jobs.steps.recover import recover
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD


def test_the_lease_of_a_dead_worker_is_dropped_when_its_photo_is_not_due_any_more(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.draw("b.jpg", HAPPY)
    library.scan()
    first, two = sorted(row.photo_id for row in library.find())
    with writing(library.services.engine) as tx:
        tx.execute(text("DELETE FROM detections"))
        leases.claim(tx, "detect", [first, two], "elsewhere:1", library.now, 60.0)
        tx.execute(text("UPDATE files SET missing_since = 1 WHERE photo_id = :one"), {"one": first})
    library.now += 61.0
    assert [message.photo_ids for message in recover(library.services)] == [(two,)]
    with reading(library.services.engine) as tx:
        assert [left.item for left in leases.expired(tx, library.now)] == [two]


def test_a_changed_file_is_due_though_the_message_that_said_so_is_lost(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    library.draw("a.jpg", SAD)
    with reading(library.services.engine) as tx:
        root_id = RootId(tx.execute(text("SELECT id FROM roots")).scalar_one())
    lost = handle(library.services, ScanRoot(root_id)).messages
    assert [type(message) for message in lost] == [Identify]
    assert list(pending.all_due(library.services)) == list(lost)
    library.run(pending.all_due(library.services))
    assert library.names("emotion:sad") == ["a.jpg"]
    assert list(pending.all_due(library.services)) == []
