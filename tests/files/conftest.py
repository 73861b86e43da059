import sys

import pytest

collect_ignore = [] if sys.platform == "linux" else ["test_inotify.py"]
"""inotify is Linux's; the module that speaks to it cannot even be imported elsewhere."""

PICTURE = b"\xff\xd8\xff\xe0" + b"x" * 1000 + b"\xff\xd9"
"""Ends as a JPEG does, which is all that watching looks at."""


@pytest.fixture
def picture():
    return PICTURE
