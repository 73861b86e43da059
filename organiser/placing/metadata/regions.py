"""Faces as MWG regions in an XMP packet: centre and size as fractions of the upright picture.

Ours come after everyone else's, because some readers stop at the first region without a name, and carry a mark of our
own namespace by which alone they are found again.
"""

from collections.abc import Sequence

from lxml import etree

from organiser.core.collections.placement import Region
from organiser.placing.metadata.rdf import AREA, DESCRIPTION, DIMENSIONS, LI, MWG, OURS, REGIONS, Element, Packet

_LIST = MWG + "RegionList"
_MARK = OURS + "emotion"


def set_regions(
    packet: Packet, regions: Sequence[Region], dimensions: tuple[int, int] | None, *, keep_empty: bool = True
) -> bool:
    """Make `regions` the only regions of ours; return whether the property had to be made.

    Args:
        packet: to be edited.
        regions: boxes in the upright picture.
        dimensions: width and height of the upright picture in pixels; without them no region is written.
        keep_empty: leave the property though no region is left in it.
    """
    wanted = [_spelt(region) for region in regions] if dimensions is not None else []
    holder = packet.find(REGIONS)
    present = [] if holder is None else [li for li in holder.iter(LI) if _mark(li) is not None]
    same = [_read(li) for li in present] == wanted
    for li in present if not same else ():
        packet.remove(li)
    if not wanted and holder is not None and not keep_empty and next(holder.iter(LI), None) is None:
        packet.remove(holder)
    if same or dimensions is None or not wanted:
        return False
    made = holder is None
    if holder is None:
        holder = packet.begin(REGIONS)
        structure = etree.SubElement(holder, DESCRIPTION)
        width, height = dimensions
        size = {DIMENSIONS + "w": str(width), DIMENSIONS + "h": str(height), DIMENSIONS + "unit": "pixel"}
        etree.SubElement(structure, MWG + "AppliedToDimensions", size)
    array = _array(packet, holder)
    for values in wanted:
        _write(packet.add_item(array), values)
    return made


def _array(packet: Packet, holder: Element) -> Element:
    found = next(holder.iter(_LIST), None)
    if found is None:
        nested = holder.find(DESCRIPTION)
        found = etree.SubElement(holder if nested is None else nested, _LIST)
    array = packet.container(found)
    return packet.extend(found, "Bag") if array is None else array


def _spelt(region: Region) -> dict[str, str]:
    box = region.box
    numbers = {"x": box.x + box.w / 2, "y": box.y + box.h / 2, "w": box.w, "h": box.h}
    return {key: f"{value:.6f}" for key, value in numbers.items()} | {"emotion": region.emotion}


def _write(li: Element, values: dict[str, str]) -> None:
    structure = etree.SubElement(li, DESCRIPTION, {MWG + "Type": "Face"})
    area = {AREA + key: values[key] for key in ("x", "y", "w", "h")} | {AREA + "unit": "normalized"}
    etree.SubElement(structure, MWG + "Area", area)
    etree.SubElement(structure, MWG + "Extensions", {_MARK: values["emotion"]})


def _read(li: Element) -> dict[str, str]:
    area = next(li.iter(MWG + "Area"), None)
    values = {} if area is None else {key: _field(area, AREA + key) or "" for key in ("x", "y", "w", "h")}
    return values | {"emotion": _mark(li) or ""}


def _mark(li: Element) -> str | None:
    for element in li.iter(MWG + "Extensions"):
        value = _field(element, _MARK)
        if value is not None:
            return value
    return None


def _field(element: Element, name: str) -> str | None:
    """Return a field of a structure, written as an attribute or as an element, at whatever depth."""
    for region in element.iter():
        if region.tag == name:
            return region.text or ""
        value = region.get(name) if isinstance(region.tag, str) else None
        if value is not None:
            return value
    return None
