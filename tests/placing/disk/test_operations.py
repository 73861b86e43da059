"""Every placement mode that makes files has the operation that makes them."""

from organiser.core.collections.placement import PlacementMode
from organiser.placing.disk.operations import OPERATIONS


def test_every_mode_but_tagging_has_an_operation() -> None:
    assert set(OPERATIONS) == set(PlacementMode) - {PlacementMode.TAG}
