"""The keywords and stars that people and other programs gave a picture, in its sidecars and in itself."""

import contextlib
import os
from collections.abc import Iterable, Iterator

from organiser.core.library.labels import Labels, kept_keywords
from organiser.errors import PlacingError
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.within import Spot
from organiser.placing.metadata import xmp
from organiser.placing.metadata.carried import LARGEST_PICTURE, said_in
from organiser.placing.metadata.rdf import NotXmpError
from organiser.placing.metadata.sidecar import LARGEST, sidecar_of
from organiser.regular_files import read_regular


def read_keywords(picture: str) -> list[str]:
    """Return every keyword in the picture's sidecars, XMP packet and IPTC block, each once; never one that we wrote.

    Levels of a hierarchy are separated by '|'. A picture of a format without metadata has those of its sidecars.

    Raises:
        PlacingError: the picture or a sidecar cannot be read.
    """
    found: list[str] = []
    with translate_os_errors(picture, picture):
        data = read_regular(picture, LARGEST_PICTURE)
        places = dict.fromkeys([sidecar_of(picture), picture + ".xmp"])
    for path in dict.fromkeys(map(os.path.realpath, places)):
        packet = Spot.at(path).read(LARGEST)
        found += [] if packet is None else _of_packet(path, packet)
    embedded, iptc = said_in(data)
    if embedded is not None:
        found += _of_packet(picture, embedded)
    return list(dict.fromkeys([*found, *iptc]))


def read_labels(picture: str, embedded: bytes | None, words: Iterable[str]) -> Labels:
    """Return the keywords and stars in the picture's sidecars and in what was read of itself; never what we wrote.

    A sidecar's stars count before the picture's own. What cannot be read says nothing.

    Args:
        picture: its path; it is not opened.
        embedded: its XMP packet, or None.
        words: its IPTC keywords.
    """
    packets = [*_sidecars(picture), *([] if embedded is None else [embedded])]
    found: list[str] = []
    stars: int | None = None
    for packet in packets:
        with contextlib.suppress(NotXmpError):
            found += xmp.foreign_keywords(packet)
            stars = xmp.rating(packet) if stars is None else stars
    return Labels(kept_keywords([*found, *words]), stars)


def _sidecars(picture: str) -> Iterator[bytes]:
    """Yield what the picture's sidecars hold, each once."""
    try:
        places = dict.fromkeys([sidecar_of(picture), picture + ".xmp"])
    except OSError:
        return
    for path in dict.fromkeys(map(os.path.realpath, places)):
        with contextlib.suppress(PlacingError):
            packet = Spot.at(path).read(LARGEST)
            if packet is not None:
                yield packet


def _of_packet(path: str, packet: bytes) -> list[str]:
    try:
        return list(xmp.foreign_keywords(packet))
    except NotXmpError as error:
        raise refusal(Cause.MALFORMED, path, f"its keywords cannot be read: {error}") from error
