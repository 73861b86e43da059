"""Transactions: which of them a power cut can take back."""

import pytest
from sqlalchemy import text

from organiser.index import flags
from organiser.index.db.engine import reading, writing, writing_durably

_FULL, _NORMAL = 2, 1


def synchronous(tx):
    return tx.execute(text("PRAGMA synchronous")).scalar()


def test_only_a_durable_transaction_waits_for_the_disk(index):
    sqlite = index.dialect.name == "sqlite"
    with writing_durably(index) as tx:
        assert not sqlite or synchronous(tx) == _FULL
        flags.put(tx, "a", "1")
    with writing(index) as tx:
        assert not sqlite or synchronous(tx) == _NORMAL
        assert flags.get(tx, "a") == "1"


def test_a_durable_transaction_that_fails_leaves_nothing_and_nobody_waiting(index):
    with pytest.raises(ZeroDivisionError), writing_durably(index) as tx:
        flags.put(tx, "a", "1")
        raise ZeroDivisionError
    with reading(index) as tx:
        assert flags.get(tx, "a") is None
        assert index.dialect.name != "sqlite" or synchronous(tx) == _NORMAL
