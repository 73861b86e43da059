"""Dates from the names that cameras, phones and messengers give."""

from datetime import datetime

import pytest

from organiser.core.library.capture_date import NamedFile, dated, moment_in_name
from organiser.core.photo import Capture, DateSource

MOMENT = datetime(2024, 5, 12, 10, 11, 12)
DAY = datetime(2024, 5, 12)


@pytest.mark.parametrize(
    "name",
    [
        "IMG_20240512_101112.jpg",
        "IMG_20240512_101112_1.jpg",
        "IMG_20240512_101112_HDR.jpg",
        "PXL_20240512_101112345.jpg",
        "PXL_20240512_101112345.MP.jpg",
        "20240512_101112.jpg",
        "20240512_101112(0).jpg",
        "Screenshot_20240512-101112.png",
        "Screenshot_20240512-101112_Chrome.png",
        "Screenshot_2024-05-12-10-11-12.png",
        "Screenshot_2024-05-12-10-11-12-345_com.app.png",
        "Screenshot 2024-05-12 at 10.11.12.png",
        "Bildschirmfoto 2024-05-12 at 10.11.12.png",
        "WhatsApp Image 2024-05-12 at 10.11.12.jpeg",
        "signal-2024-05-12-101112.jpg",
        "signal-2024-05-12-10-11-12-345.jpg",
        "2024-05-12 10.11.12.jpg",
        "photo_2024-05-12_10-11-12.jpg",
        "VID_20240512_101112.jpg",
    ],
)
def test_a_name_tells_the_moment(name: str) -> None:
    assert moment_in_name(name) == (MOMENT, True)


@pytest.mark.parametrize(
    "name",
    [
        "IMG-20240512-WA0001.jpg",
        "IMG_20240512.jpg",
        "20240512.jpg",
        "2024-05-12.jpg",
        "2024-05-12 party.jpg",
        "Screenshot_2024-05-12.png",
        "signal-2024-05-12.jpg",
    ],
)
def test_a_name_tells_the_day(name: str) -> None:
    assert moment_in_name(name) == (DAY, False)


@pytest.mark.parametrize(
    "name",
    [
        "DSC_0001.jpg",
        "IMG_0001.JPG",
        "IMG_20241312_101112.jpg",
        "IMG_20240230.jpg",
        "IMG_18990512_101112.jpg",
        "1720240512_101112.jpg",
        "invoice 20240512.jpg",
        "202405121011.jpg",
        "20240512101112345678.jpg",
        "2024-0512.jpg",
        "",
    ],
)
def test_a_name_tells_nothing(name: str) -> None:
    assert moment_in_name(name) is None


def test_a_moment_beyond_the_clock_leaves_the_day() -> None:
    assert moment_in_name("IMG_20240512_256112.jpg") == (DAY, False)


FILE = NamedFile("DSC_1.jpg", datetime(2024, 5, 20, 8, 0, 0))


def test_the_picture_goes_before_its_name_and_the_name_before_the_file() -> None:
    named = NamedFile("IMG_20240512_101112.jpg", datetime(2024, 5, 20))
    own = Capture(datetime(2020, 1, 1), "Acme")
    assert dated(own, [named]) == Capture(datetime(2020, 1, 1), "Acme", DateSource.EXIF)
    assert dated(Capture(None, "Acme"), [FILE, named]) == Capture(MOMENT, "Acme", DateSource.NAME)
    older = NamedFile("copy.jpg", datetime(2024, 5, 19))
    assert dated(Capture(), [FILE, older]) == Capture(older.modified, None, DateSource.FILE)


def test_a_day_takes_its_time_from_a_file_of_that_day() -> None:
    file = NamedFile("IMG-20240512-WA0001.jpg", datetime(2024, 5, 12, 18, 0, 1))
    assert dated(Capture(), [file]).taken == file.modified
    later = NamedFile("IMG-20240512-WA0001.jpg", datetime(2024, 5, 13, 18, 0, 1))
    assert dated(Capture(), [later]).taken == DAY


@pytest.mark.parametrize("beginning", [datetime(1970, 1, 1, 1), datetime(1980, 1, 1)], ids=["Unix", "FAT"])
def test_the_beginning_of_a_clock_is_no_date(beginning: datetime) -> None:
    unset = NamedFile("copy.jpg", beginning)
    assert dated(Capture(), [unset]) == Capture()
    assert dated(Capture(), [unset, FILE]) == Capture(FILE.modified, None, DateSource.FILE)
