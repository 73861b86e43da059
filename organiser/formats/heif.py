"""Which bytes of a HEIF or AVIF file make the picture: the items that are painted, not those that describe them.

Reads the `meta` box only (ISO 14496-12, 8.11); whoever calls fetches the extents. EXIF and XMP are items of their own
there, so a keyword changes no other item, though it moves their data about in the file.
"""

from typing import NamedTuple

from organiser.formats.iso import Bytes

_METADATA_ITEMS = frozenset({b"Exif", b"mime", b"uri "})
_XMP_TYPE = b"application/rdf+xml"
_DESCRIBES = b"cdsc"


class Extent(NamedTuple):
    """Bytes of the file, from its front."""

    offset: int
    length: int


def picture_parts(meta: bytes) -> list[bytes | Extent]:
    """Return what to digest, in order: bytes from the `meta` box itself, and extents of the file.

    Args:
        meta: the content of the `meta` box.

    Raises:
        ValueError: the box does not add up, or keeps its data in ways that are not understood.
    """
    reader = Bytes(meta)
    reader.take(4)
    boxes = dict(reader.boxes())
    items = _items(boxes[b"iinf"]) if b"iinf" in boxes else {}
    places = _places(boxes[b"iloc"], boxes.get(b"idat", b"")) if b"iloc" in boxes else {}
    parts: list[bytes | Extent] = [boxes.get(b"pitm", b""), boxes.get(b"iprp", b"")]
    parts += _references(boxes.get(b"iref", b""))
    painted = sorted(item for item, kind in items.items() if kind not in _METADATA_ITEMS)
    if not painted:
        raise ValueError("no item is a picture")
    for item in painted:
        parts.append(b"%d" % item + items[item])
        parts += places.get(item, [])
    return parts


def xmp_parts(meta: bytes) -> list[bytes | Extent]:
    """Return where the XMP packet is, as `picture_parts` does; nothing when there is none.

    Raises:
        ValueError: the box does not add up.
    """
    reader = Bytes(meta)
    reader.take(4)
    boxes = dict(reader.boxes())
    if b"iinf" not in boxes or b"iloc" not in boxes:
        return []
    packets = [item for item, names in _item_names(boxes[b"iinf"]).items() if _XMP_TYPE in names.split(b"\0")[1:2]]
    places = _places(boxes[b"iloc"], boxes.get(b"idat", b"")) if packets else {}
    return places.get(packets[0], []) if packets else []


def _items(iinf: bytes) -> dict[int, bytes]:
    """Return the type of each item."""
    return {item: entry[:4] for item, entry in _entries(iinf).items()}


def _item_names(iinf: bytes) -> dict[int, bytes]:
    """Return of each item of a MIME type its name and type, with NUL behind each."""
    return {item: entry[4:] for item, entry in _entries(iinf).items() if entry[:4] == b"mime"}


def _entries(iinf: bytes) -> dict[int, bytes]:
    """Return of each item its type in four bytes, and what the entry says behind it."""
    reader = Bytes(iinf)
    version = reader.number(4) >> 24
    reader.take(4 if version else 2)
    items = {}
    for kind, content in reader.boxes():
        entry = Bytes(content)
        version = entry.number(4) >> 24
        if kind != b"infe" or version < 2:
            raise ValueError("an item of a kind long out of use")
        item = entry.number(2 if version == 2 else 4)
        entry.take(2)
        items[item] = entry.take(4) + entry.rest()
    return items


def _references(iref: bytes) -> list[bytes]:
    """Return the references between items, but for those that say what metadata describes."""
    if not iref:
        return []
    reader = Bytes(iref)
    reader.take(4)
    return [kind + content for kind, content in reader.boxes() if kind != _DESCRIBES]


def _places(iloc: bytes, idat: bytes) -> dict[int, list[bytes | Extent]]:
    """Return where each item's data lies; what lies in the `idat` box is returned itself."""
    reader = Bytes(iloc)
    version = reader.number(4) >> 24
    sizes = reader.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    places: dict[int, list[bytes | Extent]] = {}
    for _ in range(reader.number(4 if version == 2 else 2)):
        item = reader.number(4 if version == 2 else 2)
        method = reader.number(2) & 15 if version else 0
        if reader.number(2) or method > 1:
            raise ValueError("data that lies in another file or item")
        base = reader.number(base_size)
        parts: list[bytes | Extent] = []
        for _ in range(reader.number(2)):
            reader.take(index_size)
            offset, length = base + reader.number(offset_size), reader.number(length_size)
            parts.append(idat[offset : offset + length] if method else Extent(offset, length))
        places[item] = parts
    return places
