"""The keywords that people and other programs gave a picture, for importing them as corrections."""

import os

from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.within import Spot
from organiser.placing.metadata import exiv2, jpeg, xmp
from organiser.placing.metadata.rdf import NotXmpError
from organiser.placing.metadata.sidecar import LARGEST, sidecar_of
from organiser.regular_files import read_regular

_MOST_BYTES = 1 << 31


def read_keywords(picture: str) -> list[str]:
    """Return every keyword in the picture's sidecars, XMP packet and IPTC block, each once; never one that we wrote.

    Levels of a hierarchy are separated by '|'. A picture of a format without metadata has those of its sidecars.

    Raises:
        PlacingError: the picture or a sidecar cannot be read.
    """
    found: list[str] = []
    with translate_os_errors(picture, picture):
        data = read_regular(picture, _MOST_BYTES)
        places = dict.fromkeys([sidecar_of(picture), picture + ".xmp"])
    for path in dict.fromkeys(map(os.path.realpath, places)):
        packet = Spot.at(path).read(LARGEST)
        found += [] if packet is None else _of_packet(path, packet)
    embedded, iptc = _embedded(data)
    if embedded is not None:
        found += _of_packet(picture, embedded)
    return list(dict.fromkeys([*found, *iptc]))


def _of_packet(path: str, packet: bytes) -> list[str]:
    try:
        return list(xmp.foreign_keywords(packet))
    except NotXmpError as error:
        raise refusal(Cause.MALFORMED, path, f"its keywords cannot be read: {error}") from error


def _embedded(data: bytes) -> tuple[bytes | None, list[str]]:
    """Return the XMP packet and IPTC keywords of a picture file; nothing of a format that has neither."""
    try:
        packet = jpeg.packet_of(data) if jpeg.is_jpeg(data) else exiv2.packet_of(data)
        return packet, exiv2.keywords_of(data)
    except ValueError:
        return None, []
