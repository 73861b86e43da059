"""What another program puts under a name in the last moment is neither removed, replaced nor renamed."""

from pathlib import Path

import pytest

from organiser.errors import PlacingError
from organiser.placing.disk import proved
from organiser.placing.disk.errors import Cause, refusal
from organiser.placing.disk.within import Spot


@pytest.fixture
def spot(tmp_path: Path) -> Spot:
    """A spot at which a stranger's file stands, which came after ours was looked at."""
    path = tmp_path / "a.jpg"
    path.write_text("a stranger's")
    return Spot.at(str(path))


def is_ours(spot: Spot) -> None:
    if Path(spot.path).read_text() != "ours":
        raise refusal(Cause.EDITED, spot.path)


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_strangers_file_is_not_removed(spot: Spot, tmp_path: Path) -> None:
    with pytest.raises(PlacingError, match=r"a\.jpg: another program put something there") as caught:
        proved.remove(spot, spot.beside("aside"), is_ours)
    assert caught.value.cause == Cause.EDITED
    assert content(tmp_path) == {"a.jpg": "a stranger's"}


def test_ours_is_removed(spot: Spot, tmp_path: Path) -> None:
    Path(spot.path).write_text("ours")
    proved.remove(spot, spot.beside("aside"), is_ours)
    assert content(tmp_path) == {}


def test_a_strangers_file_is_not_replaced(spot: Spot, tmp_path: Path) -> None:
    (tmp_path / "draft").write_text("new")
    with pytest.raises(PlacingError):
        proved.replace(spot, spot.beside("draft"), spot.beside("aside"), is_ours)
    assert content(tmp_path) == {"a.jpg": "a stranger's", "draft": "new"}


def test_what_comes_while_ours_is_replaced_is_left_and_ours_goes(spot: Spot, tmp_path: Path) -> None:
    Path(spot.path).write_text("ours")
    (tmp_path / "draft").write_text("new")

    def stranger_comes(found: Spot) -> None:
        is_ours(found)
        Path(spot.path).write_text("a stranger's")

    with pytest.raises(PlacingError) as caught:
        proved.replace(spot, spot.beside("draft"), spot.beside("aside"), stranger_comes)
    assert caught.value.cause == Cause.OCCUPIED
    assert content(tmp_path) == {"a.jpg": "a stranger's", "draft": "new"}


def test_a_strangers_file_is_not_renamed(spot: Spot, tmp_path: Path) -> None:
    with pytest.raises(PlacingError):
        proved.move(spot, spot.beside("b.jpg"), is_ours)
    assert content(tmp_path) == {"a.jpg": "a stranger's"}


def test_of_two_strangers_at_once_both_are_kept_and_told(spot: Spot, tmp_path: Path) -> None:
    def second_comes(found: Spot) -> None:
        Path(spot.path).write_text("a second stranger's")
        raise refusal(Cause.EDITED, found.path)

    with pytest.raises(PlacingError, match=r"which is .*/aside now"):
        proved.remove(spot, spot.beside("aside"), second_comes)
    assert content(tmp_path) == {"a.jpg": "a second stranger's", "aside": "a stranger's"}
