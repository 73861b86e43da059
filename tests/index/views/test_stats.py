"""The library in numbers, on both databases: the database counts what the rows of a search say."""

import random
from collections import Counter
from datetime import datetime
from random import Random

import pytest

from organiser.core.face import Box
from organiser.core.query.parse import parse
from organiser.index.db.engine import Index, reading, writing
from organiser.index.db.schema import files
from organiser.index.search.find import rows
from organiser.index.tables import failures, results
from organiser.index.views import stats
from tests.index.album import fill
from tests.rows import add_photo, add_root, detected

NOW = datetime(2024, 5, 17)


@pytest.mark.parametrize("words", ["", "missing:yes|no", "emotion:happy , faces:2.. , path:zürich"])
def test_tallies_count_what_a_search_gives(index: Index, words: str) -> None:
    with writing(index) as tx:
        fill(tx, Random(random.getrandbits(32)), 80)
    with reading(index) as tx:
        query = parse(words, NOW)
        found, seen = stats.tallies(tx, query), list(rows(tx, query))
    assert found["emotion"] == Counter(row.emotion or "none" for row in seen)
    assert found["reason"] == Counter(row.reason or "not judged" for row in seen)
    assert found["faces"] == Counter("none" if row.faces is None else str(row.faces) for row in seen)
    assert found["month"] == Counter(row.taken.isoformat()[:7] if row.taken else "none" for row in seen)
    assert found["camera"] == Counter(row.camera or "none" for row in seen)
    assert found["folder"] == Counter(row.relpath.split("/")[0] if "/" in row.relpath else "none" for row in seen)


def test_failures_are_counted_by_kind(index: Index) -> None:
    with writing(index) as tx:
        fill(tx, Random(random.getrandbits(32)), 80)
        listed = failures.every(tx)
        assert stats.tallies(tx, parse("", NOW))["failure"] == Counter(failure.kind for failure in listed)
        assert listed


def test_totals_count_photos_files_and_crops(index: Index) -> None:
    with writing(index) as tx:
        assert stats.totals(tx) == stats.Totals(0, 0, 0, 0, 0, 0, 0, 0)
        root = add_root(tx)
        first = add_photo(tx, root, "a.jpg", "same")
        add_photo(tx, root, "b.jpg", "same")
        gone = add_photo(tx, root, "gone.jpg")
        tx.execute(files.update().where(files.c.photo_id == gone).values(missing_since=3.0))
        tx.execute(files.insert().values(root_id=root, relpath="new.jpg", size=1, mtime_ns=1, device=1, inode=1))
        results.record_detections(tx, "yunet", {first: detected(Box(0, 0, 1, 1))}, now=1, keep_crops=True)
        found = stats.totals(tx)
    crop_bytes = len(b"crop 0") + len(b"thumbnail")
    assert found == stats.Totals(
        photos=1, missing=1, files=3, duplicates=1, unidentified=1, faces=1, crops=2, crop_bytes=crop_bytes
    )
