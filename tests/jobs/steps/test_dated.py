"""Photos that do not say when they were taken are dated by name or file, and it is known which."""

import os
from datetime import datetime

from tests.jobs.library import Library
from tests.photos import HAPPY

MODIFIED = datetime(2021, 7, 8, 9, 10, 11)


def test_every_photo_that_was_read_has_a_date_and_its_source(library: Library) -> None:
    library.draw("exif.jpg", HAPPY, taken=datetime(2024, 5, 17, 14, 3))
    library.draw("WhatsApp/IMG-20230102-WA0001.jpg", HAPPY)
    path = library.draw("plain.jpg", HAPPY)
    os.utime(path, (MODIFIED.timestamp(), MODIFIED.timestamp() + 0.25))
    library.scan()
    assert [(row.relpath, row.taken) for row in library.find("sort:taken+")] == [
        ("plain.jpg", MODIFIED),
        ("WhatsApp/IMG-20230102-WA0001.jpg", datetime(2023, 1, 2)),
        ("exif.jpg", datetime(2024, 5, 17, 14, 3)),
    ]
    assert library.names("dated:exif") == ["exif.jpg"]
    assert library.names("dated:name taken:2023") == ["WhatsApp/IMG-20230102-WA0001.jpg"]
    assert library.names("dated:file taken:2021-07-08 emotion:happy") == ["plain.jpg"]
    assert library.names("-taken:..") == []
