"""Metadata of picture formats other than JPEG, through Exiv2: the XMP packet, and all that is not the packet.

Exiv2 keeps state for the whole process, so one thread at a time uses it. It is loaded when first needed.
"""

import threading
from typing import Any

_EXIV2 = threading.Lock()
_NOTHING = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
)
# Where in the file things are, and the packet itself: these say nothing about the photo.
_ANY_BYTES = "latin-1"
_LAYOUT = ("Offsets", "XMLPacket", "ExifTag", "GPSTag")


def packet_of(data: bytes) -> bytes | None:
    """Return the XMP packet of a picture file, or None.

    Raises:
        ValueError: Exiv2 cannot read the file.
    """
    with _EXIV2, _opened(data) as picture:
        return picture.read_raw_xmp().encode() or None


def with_packet(data: bytes, packet: bytes | None) -> bytes:
    """Return the picture file with `packet` as its XMP packet, or with an empty one.

    Raises:
        ValueError: Exiv2 cannot write that format.
    """
    with _EXIV2, _opened(data) as picture:
        try:
            picture.modify_raw_xmp(_NOTHING if packet is None else packet.decode())
        except RuntimeError as error:
            raise ValueError(str(error)) from error
        return bytes(picture.get_bytes())


def rest_of(data: bytes) -> dict[str, Any]:
    """Return everything that a picture file says beside its XMP packet, for comparison.

    Raises:
        ValueError: Exiv2 cannot read the file.
    """
    with _EXIV2, _opened(data) as picture:
        exif = picture.read_exif(_ANY_BYTES)
        return {
            "exif": {name: value for name, value in exif.items() if not name.endswith(_LAYOUT)},
            "iptc": picture.read_iptc(_ANY_BYTES),
            "icc": picture.read_icc(),
            "comment": picture.read_comment(_ANY_BYTES),
        }


def keywords_of(data: bytes) -> list[str]:
    """Return the IPTC keywords of a picture file.

    Raises:
        ValueError: Exiv2 cannot read the file.
    """
    with _EXIV2, _opened(data) as picture:
        return list(picture.read_iptc().get("Iptc.Application2.Keywords", ()))


def _opened(data: bytes) -> Any:
    import pyexiv2  # noqa: PLC0415 - a library of 20 MB that only tags need

    pyexiv2.set_log_level(4)
    try:
        return pyexiv2.ImageData(data)
    except RuntimeError as error:
        raise ValueError(str(error)) from error
