"""A tag never overwrites what another program wrote between the last look and the exchange of names."""

from pathlib import Path

import pytest

from organiser.errors import PlacingError
from organiser.placing.disk.within import Spot
from organiser.placing.metadata.writer import swap, take_away


class LateWriter:
    """Says that a file is as expected, and writes to its name as soon as it was asked for the first time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked = 0

    def __call__(self, found: Spot) -> bool:
        self.asked += 1
        expected = Path(found.path).read_text() == "before"
        if self.asked == 1:
            late = self.path.with_name("late")
            late.write_text("another program's")
            late.rename(self.path)
        return expected


@pytest.fixture
def sidecar(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg.xmp"
    path.write_text("before")
    (tmp_path / "draft").write_text("tagged")
    return path


def test_what_another_program_wrote_just_before_the_exchange_stays(sidecar: Path) -> None:
    draft = sidecar.with_name("draft")
    with pytest.raises(PlacingError, match="another program wrote to it just now"):
        swap(Spot.at(str(sidecar)), Spot.at(str(draft)), LateWriter(sidecar))
    assert sidecar.read_text() == "another program's"
    assert draft.read_text() == "tagged"


def test_what_another_program_wrote_just_before_the_removal_stays(sidecar: Path) -> None:
    with pytest.raises(PlacingError, match="another program wrote to it just now"):
        take_away(Spot.at(str(sidecar)), Spot.at(str(sidecar.with_name("aside"))), LateWriter(sidecar))
    assert sidecar.read_text() == "another program's"
    assert not sidecar.with_name("aside").exists()


def test_an_expected_file_is_exchanged_and_goes(sidecar: Path) -> None:
    draft = sidecar.with_name("draft")
    swap(Spot.at(str(sidecar)), Spot.at(str(draft)), lambda found: Path(found.path).read_text() == "before")
    assert sidecar.read_text() == "tagged"
    assert not draft.exists()
