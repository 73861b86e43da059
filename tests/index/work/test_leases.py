"""Leases: one owner at a time, attempts counted before work starts, the dead found by the clock."""

from multiprocessing import get_context

from organiser.index.db.engine import Index, open_engine, writing
from organiser.index.work import leases
from tests.rows import add_photo, add_root


def _photos(index: Index, count: int) -> list[int]:
    with writing(index) as tx:
        root = add_root(tx)
        return [add_photo(tx, root, f"{number}.jpg") for number in range(count)]


def test_a_held_photo_is_not_given_to_another(index: Index) -> None:
    ids = _photos(index, 3)
    with writing(index) as tx:
        assert leases.claim(tx, "detect", ids[:2], "a", now=10, seconds=5) == ids[:2]
        assert leases.claim(tx, "detect", ids, "b", now=11, seconds=5) == ids[2:]
        assert leases.claim(tx, "judge", ids[:1], "b", now=11, seconds=5) == ids[:1]


def test_an_expired_lease_can_be_taken_and_counts_the_attempt(index: Index) -> None:
    ids = _photos(index, 2)
    with writing(index) as tx:
        leases.claim(tx, "detect", ids, "a", now=10, seconds=5)
        assert [(lease.attempts, lease.chunk_size) for lease in leases.expired(tx, now=15)] == [(1, 2), (1, 2)]
        assert leases.claim(tx, "detect", ids[:1], "b", now=15, seconds=5) == ids[:1]
        assert [(lease.item, lease.owner) for lease in leases.expired(tx, now=16)] == [(ids[1], "a")]
        assert [(lease.attempts, lease.chunk_size) for lease in leases.expired(tx, now=20)][1] == (2, 1)


def test_work_done_forgets_its_attempts(index: Index) -> None:
    ids = _photos(index, 1)
    with writing(index) as tx:
        leases.claim(tx, "detect", ids, "a", now=10, seconds=5)
        leases.release(tx, "detect", ids)
        leases.claim(tx, "detect", ids, "b", now=11, seconds=5)
        assert [lease.attempts for lease in leases.expired(tx, now=99)] == [1]


def test_the_leases_of_a_dead_owner_end_at_once(index: Index) -> None:
    ids = _photos(index, 2)
    with writing(index) as tx:
        leases.claim(tx, "detect", ids[:1], "dead", now=10, seconds=500)
        leases.claim(tx, "detect", ids[1:], "alive", now=10, seconds=500)
        assert leases.expire_of(tx, "dead", now=11) == 1
        assert [lease.item for lease in leases.expired(tx, now=11)] == ids[:1]


def test_processes_that_claim_at_once_share_without_overlap(index: Index, index_url: str) -> None:
    ids = _photos(index, 200)
    with get_context("spawn").Pool(4) as pool:
        taken = pool.starmap(_claim_all, [(index_url, ids, f"worker {number}") for number in range(4)])
    assert sorted(photo_id for part in taken for photo_id in part) == ids


def _claim_all(url: str, ids: list[int], owner: str) -> list[int]:
    engine = open_engine(url)
    mine: list[int] = []
    for start in range(0, len(ids), 10):
        with writing(engine) as tx:
            mine += leases.claim(tx, "detect", ids[start : start + 10], owner, now=10, seconds=50)
    engine.dispose()
    return mine
