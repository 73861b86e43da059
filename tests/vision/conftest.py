"""What vision's tests share: the detector, loaded once, and a picture of several real faces."""

import numpy as np
import pytest
from numpy.typing import NDArray

from organiser.vision.detectors.yunet import YuNet
from tests.photos import real_face


@pytest.fixture(scope="session")
def yunet() -> YuNet:
    return YuNet()


@pytest.fixture(scope="session")
def portrait() -> NDArray[np.uint8]:
    return real_face()
