"""A camera raw file that meets a worker without the extra waits for one that has it."""

import sys
from dataclasses import replace

import pytest

from organiser.index.db.engine import reading
from organiser.index.tables import failures
from organiser.jobs.messages import Sweep
from tests import photos
from tests.jobs.library import Library
from tests.photos import HAPPY
from tests.raw_photos import drawn_dng


def _raw(library: Library) -> None:
    """Write a raw file whose preview shows a happy face."""
    (library.folder / "a.dng").write_bytes(drawn_dng(photos.scene(640, 480, [HAPPY]), 1))


def test_a_raw_file_waits_for_the_extra_and_is_seen_when_it_is_there(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    _raw(library)
    library.services = replace(library.services, reads_raw=True)  # who scanned had the extra
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "rawpy", None)  # as if it were not installed
        library.scan()
    with reading(library.services.engine) as tx:
        (failure,) = failures.every(tx)
        assert failures.count_waiting_for_part(tx) == 1
    assert (failure.kind, failure.reason) == ("needs_part", "it waits for the raw extra: pip install 'organiser[raw]'")
    assert failure.retry_at is not None
    assert library.names("failed:needs_part") == ["a.dng"]
    library.run([Sweep()])
    assert library.names("faces:1..") == ["a.dng"]
    with reading(library.services.engine) as tx:
        assert failures.every(tx) == []
