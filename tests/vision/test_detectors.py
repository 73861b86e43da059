import numpy as np
import pytest

from organiser.bootstrap import make_detector
from organiser.errors import SettingsError
from organiser.vision.detectors import DETECTORS


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_that_can_be_set_is_made_and_says_which_it_is(name: str) -> None:
    make, fingerprint = make_detector(name)
    detector = make()
    assert detector.fingerprint == fingerprint
    assert detector.detect(np.zeros((64, 64, 3), np.uint8)) == []


def test_an_unknown_detector_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="no detector 'haar'") as refused:
        make_detector("haar")
    assert refused.value.hint == "yunet or drawn"
