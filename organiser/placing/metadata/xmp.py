"""Our keywords in an XMP packet: added to whatever is there, and taken out again, as an edit of the XML itself.

Every foreign property keeps its place, form (attribute or element), array kind and namespace, for nothing is rebuilt.
What we added is noted in our own namespace, so a keyword that was there before us stays when ours goes, and one of ours
that a person took out is not put back.
"""

from collections.abc import Iterable, Iterator

from lxml import etree

from organiser.core.collections.placement import Tag
from organiser.core.library.labels import rating_of
from organiser.core.outgoing import xml_text
from organiser.placing.metadata import rdf
from organiser.placing.metadata.rdf import DC, DIGIKAM, LIGHTROOM, OURS, Packet
from organiser.placing.metadata.regions import set_regions

_IN_FORCE = OURS + "keywords"
_MADE = OURS + "made"
_CREATED = OURS + "created"
_CARRIED = OURS + "carried"
_RATING = rdf.XMP + "Rating"
_CONFIDENCE = OURS + "confidence"
_MODEL = OURS + "model"

_DIALECTS = (
    (DC + "subject", "Bag", OURS + "subject", None),
    (LIGHTROOM + "hierarchicalSubject", "Bag", OURS + "hierarchicalSubject", "|"),
    (DIGIKAM + "TagsList", "Seq", OURS + "tagsList", "/"),
)
"""Each property that holds keywords: its array kind, where we note what we added, what separates its levels."""


def tagged(data: bytes | None, tag: Tag, carried: bytes | None = None) -> bytes:
    """Return the packet with `tag` in it; `data` itself when it says so already. None begins a new packet.

    Args:
        carried: the packet that a new one begins with; once ours goes, it goes too unless somebody changed it.

    Raises:
        NotXmpError: `data` or `carried` is no XMP that can be edited.
    """
    packet = Packet(carried if data is None else data)
    if data is None:
        fingerprint = None if carried is None else packet.fingerprint()
        packet.set_text(_CREATED, "True")
        packet.set_text(_CARRIED, fingerprint)
    for name, kind, note, separator in _DIALECTS:
        _add(packet, name, kind, note, _spelt(tag, separator))
    if tag.path[-1] not in packet.array(_IN_FORCE):
        packet.append(_IN_FORCE, "Bag", tag.path[-1])
    packet.set_text(_CONFIDENCE, None if tag.confidence is None else f"{tag.confidence:.2f}")
    packet.set_text(_MODEL, None if tag.model is None else xml_text(tag.model))
    if set_regions(packet, tag.regions, tag.dimensions, keep_empty=rdf.REGIONS not in _made(packet)):
        _note_made(packet, rdf.REGIONS)
    elif packet.find(rdf.REGIONS) is None:
        packet.discard(_MADE, etree.QName(rdf.REGIONS).localname)
    return packet.to_bytes()


def untagged(data: bytes, keyword: str | None = None) -> bytes | None:
    """Return the packet without our `keyword` (all of ours when None); `data` itself when there is none of it.

    None when the packet was begun by us and nothing is left in it.

    Raises:
        NotXmpError: `data` is no XMP that can be edited.
    """
    packet = Packet(data)
    in_force = packet.array(_IN_FORCE)
    leaving = in_force if keyword is None else [word for word in in_force if word == Tag(keyword).path[-1]]
    for leaf in leaving:
        for name, _, note, separator in _DIALECTS:
            value = _spelt(Tag(leaf), separator)
            if packet.discard(note, value):
                packet.discard(name, value, keep_empty=name not in _made(packet))
        packet.discard(_IN_FORCE, leaf)
    if not leaving or packet.array(_IN_FORCE):
        return packet.to_bytes()
    set_regions(packet, (), None, keep_empty=rdf.REGIONS not in _made(packet))
    created, carried = packet.text(_CREATED) is not None, packet.text(_CARRIED)
    packet.drop_namespace(OURS)
    return None if created and (packet.is_empty or packet.fingerprint() == carried) else packet.to_bytes()


def joined(data: bytes | None, words: Iterable[str]) -> bytes | None:
    """Return a packet that says what `data` says without what we wrote, and these keywords too; None for nothing.

    Raises:
        NotXmpError: `data` is no XMP that can be edited.
    """
    foreign = None if data is None else untagged(data)
    packet = Packet(foreign)
    for word in words:
        if not _holds(packet.array(DC + "subject"), word):
            packet.append(DC + "subject", "Bag", word)
    return None if packet.is_empty else packet.standing_alone()


def rating(data: bytes) -> int | None:
    """Return the stars that a packet gives, -1 for rejected, or None.

    Raises:
        NotXmpError: `data` is no XMP.
    """
    return rating_of(Packet(data).text(_RATING))


def foreign_keywords(data: bytes) -> Iterator[str]:
    """Give every keyword in the packet that we did not write, levels separated by '|'.

    Raises:
        NotXmpError: `data` is no XMP.
    """
    packet = Packet(data)
    for name, _, note, separator in _DIALECTS:
        ours = packet.array(note)
        for value in packet.array(name):
            if value not in ours:
                yield value.replace("/", "|") if separator == "/" else value


def _spelt(tag: Tag, separator: str | None) -> str:
    return tag.path[-1] if separator is None else separator.join(tag.path)


def _add(packet: Packet, name: str, kind: str, note: str, value: str) -> None:
    present = packet.array(name)
    if _holds(present, value) or value in packet.array(note):
        return
    if packet.append(name, kind, value):
        _note_made(packet, name)
    packet.append(note, "Bag", value)


def _holds(values: Iterable[str], value: str) -> bool:
    return value.casefold() in map(str.casefold, values)


def _note_made(packet: Packet, name: str) -> None:
    short = etree.QName(name).localname
    if short not in packet.array(_MADE):
        packet.append(_MADE, "Bag", short)


def _made(packet: Packet) -> list[str]:
    local = packet.array(_MADE)
    names = [name for name, *_ in _DIALECTS] + [rdf.REGIONS]
    return [name for name in names if etree.QName(name).localname in local]
