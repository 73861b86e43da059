from datetime import datetime

import pytest

from organiser.reporting.words import long_date, percent


@pytest.mark.parametrize(("share", "text"), [(0.0, "0"), (0.0004, "1"), (0.504, "50"), (0.996, "99"), (1.0, "100")])
def test_only_what_is_certain_reads_as_nothing_or_all(share: float, text: str) -> None:
    assert percent(share) == f"{text}\u00a0%"


def test_a_date_reads_the_same_in_every_locale() -> None:
    assert long_date(datetime(2024, 5, 7, 9, 3)) == "7 May 2024, 09:03"
