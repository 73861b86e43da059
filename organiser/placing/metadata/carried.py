"""What a picture says of itself, as one XMP packet: what a new sidecar begins with."""

from typing import Final

from organiser import regular_files
from organiser.core.library.labels import kept_keywords
from organiser.placing.disk.errors import translate_os_errors
from organiser.placing.metadata import exiv2, jpeg, xmp
from organiser.placing.metadata.rdf import NotXmpError

LARGEST_PICTURE: Final = 1 << 31
"""Most bytes of a picture that is read for its metadata."""


def embedded_packet(picture: str) -> bytes | None:
    """Return a picture's XMP packet, its IPTC keywords among the others and ours left out; None when it says nothing.

    What cannot be read as metadata says nothing.

    Raises:
        PlacingError: the picture cannot be read.
    """
    with translate_os_errors(picture, picture):
        data = regular_files.read_regular(picture, LARGEST_PICTURE)
    packet, words = said_in(data)
    keywords = kept_keywords(words)
    try:
        return xmp.joined(packet, keywords)
    except NotXmpError:
        return xmp.joined(None, keywords)


def said_in(data: bytes) -> tuple[bytes | None, list[str]]:
    """Return the XMP packet and IPTC keywords of a picture file; nothing of a format that has neither."""
    try:
        packet = jpeg.packet_of(data) if jpeg.is_jpeg(data) else exiv2.packet_of(data)
        return packet, exiv2.keywords_of(data)
    except ValueError:
        return None, []
