"""An XMP packet as XML: finding, adding and removing properties without touching the others.

Owns the RDF forms (several descriptions, attributes or elements, Bag, Seq or Alt); knows nothing of keywords.
"""

import hashlib

from lxml import etree

Element = etree._Element  # noqa: SLF001 - lxml has no public name for the type

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
LIGHTROOM = "{http://ns.adobe.com/lightroom/1.0/}"
DIGIKAM = "{http://www.digikam.org/ns/1.0/}"
XMP = "{http://ns.adobe.com/xap/1.0/}"
MWG = "{http://www.metadataworkinggroup.com/schemas/regions/}"
AREA = "{http://ns.adobe.com/xmp/sType/Area#}"
DIMENSIONS = "{http://ns.adobe.com/xap/1.0/sType/Dimensions#}"
OURS = "{urn:x-organiser:xmp:1/}"
"""Our own namespace."""

REGIONS = MWG + "Regions"
DESCRIPTION = _RDF + "Description"
LI = _RDF + "li"

_ABOUT = _RDF + "about"
_ARRAYS = (_RDF + "Bag", _RDF + "Seq", _RDF + "Alt")
_PREFIXES = {
    "dc": DC[1:-1],
    "lr": LIGHTROOM[1:-1],
    "digiKam": DIGIKAM[1:-1],
    "organiser": OURS[1:-1],
}
_REGION_PREFIXES = {"mwg-rs": MWG[1:-1], "stArea": AREA[1:-1], "stDim": DIMENSIONS[1:-1]}
_SKELETON = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    b' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b" </rdf:RDF>\n"
    b'</x:xmpmeta>\n<?xpacket end="w"?>'
)


class NotXmpError(ValueError):
    """What should be an XMP packet is invalid, or one that cannot be edited safely."""


class Packet:
    """An XMP packet being edited.

    Args:
        data: the packet, in whatever XML encoding, with or without its wrapper; None or nothing but space begins one.

    Raises:
        NotXmpError: it is no well-formed XML, holds no RDF, or has a document type of its own.
    """

    def __init__(self, data: bytes | None) -> None:
        self._data = data or b""
        self.is_new = data is None
        self._changed = False
        self._new_home: Element | None = None
        # Entities and document types are never expanded: a sidecar may come from anywhere.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, strip_cdata=False)
        wide = self._data[:2] in (b"\xff\xfe", b"\xfe\xff")
        content = self._data if wide else self._data.strip(b" \t\r\n\0")
        try:
            self._tree = etree.fromstring(content or _SKELETON, parser).getroottree()
        except etree.XMLSyntaxError as error:
            raise NotXmpError(f"not well-formed XML: {error.msg}") from error
        self._declared = b"<?xml " in content[:20].replace(b"\0", b"")
        self._end = b"" if wide else b"\n"
        found = next(self._tree.getroot().iter(_RDF + "RDF"), None)
        if found is None:
            raise NotXmpError("there is no rdf:RDF in it")
        if self._tree.docinfo.internalDTD is not None:
            raise NotXmpError("it has a document type of its own")
        self._rdf = found

    def to_bytes(self) -> bytes:
        """Return the packet as it now is: the very bytes it came from when nothing changed."""
        if not self._changed:
            return self._data
        if self._new_home is not None:
            etree.indent(self._new_home, level=1)
        encoding = self._tree.docinfo.encoding or "UTF-8"
        text = etree.tostring(self._tree, encoding=encoding, xml_declaration=self._declared)
        assert isinstance(text, bytes)
        return text + self._end

    def standing_alone(self) -> bytes:
        """Return the packet as a file of its own: without the room for edits that pictures keep behind it."""
        whole = etree.fromstring(_SKELETON).getroottree()
        parent = whole.getroot()
        parent.replace(parent[0], self._rdf)
        return etree.tostring(whole, encoding="UTF-8")

    @property
    def is_empty(self) -> bool:
        """Whether no property is left."""
        return not any(len(description) or set(description.attrib) - {_ABOUT} for description in self._descriptions())

    def fingerprint(self) -> str:
        """Return what differs whenever a property does: SHA-256 in hex of all that the descriptions say."""
        described = self._descriptions()
        statements = [_said(element) for element in described if len(element) or set(element.attrib) - {_ABOUT}]
        return hashlib.sha256(repr(statements).encode(errors="backslashreplace")).hexdigest()

    def text(self, name: str) -> str | None:
        """Return the value of a simple property, or None."""
        for description in self._descriptions():
            if name in description.attrib:
                return str(description.attrib[name])
        element = self.find(name)
        return None if element is None else (element.text or "")

    def set_text(self, name: str, value: str | None) -> None:
        """Set or, with None, remove a simple property."""
        if self.text(name) == value:
            return
        self._changed = True
        for description in self._descriptions():
            description.attrib.pop(name, "")
        element = self.find(name)
        if element is not None:
            self.remove(element)
        if value is not None:
            self._home().set(name, value)

    def array(self, name: str) -> list[str]:
        """Return the values of an array property; a simple value counts as the only one."""
        element = self.find(name)
        if element is None:
            text = self.text(name)
            return [] if text is None else [text]
        container = _container(element)
        if container is None:
            return [element.text.strip()] if element.text and element.text.strip() else []
        return [_text(li) for li in container.findall(LI)]

    def append(self, name: str, kind: str, value: str) -> bool:
        """Add a value to an array property, of whatever kind it is; return whether there was no such property."""
        self._changed = True
        element = self.find(name)
        if element is None:
            values = [*self.array(name), value]
            for description in self._descriptions():
                description.attrib.pop(name, "")
            self.extend(self.begin(name), kind, values)
            return len(values) == 1
        container = _container(element)
        if container is not None:
            self._add_item(container).text = value
            return False
        if element.attrib or len(element):
            raise NotXmpError(f"{etree.QName(name).localname} is no array")
        values = [*self.array(name), value]
        element.text = None
        self.extend(element, kind, values)
        return False

    def discard(self, name: str, value: str, *, keep_empty: bool = False) -> bool:
        """Take a value out of an array property, and the property too once it is empty; return whether it was there."""
        element = self.find(name)
        container = None if element is None else _container(element)
        if element is None or container is None:
            return False
        found = next((li for li in container.findall(LI) if _text(li) == value), None)
        if found is None:
            return False
        self.remove(found)
        if not keep_empty and container.find(LI) is None:
            self.remove(element)
        return True

    def find(self, name: str) -> Element | None:
        """Return the element of a property, in whichever description it is."""
        for description in self._descriptions():
            element = description.find(name)
            if element is not None:
                return element
        return None

    def begin(self, name: str) -> Element:
        """Add a property that is not there yet, empty."""
        self._changed = True
        return etree.SubElement(self._home(), name, nsmap=_REGION_PREFIXES if name == REGIONS else None)

    def extend(self, element: Element, kind: str, values: list[str] | None = None) -> Element:
        """Give a property an array of `kind` with these values; return the array."""
        self._changed = True
        container = etree.SubElement(element, _RDF + kind)
        for value in values or []:
            etree.SubElement(container, LI).text = value
        return container

    def container(self, element: Element) -> Element | None:
        """Return the array inside a property's element."""
        return _container(element)

    def add_item(self, container: Element) -> Element:
        """Add an empty item at the end of an array."""
        self._changed = True
        return self._add_item(container)

    def remove(self, element: Element) -> None:
        """Remove an element, leaving the space around it as tidy as it was."""
        self._changed = True
        parent = element.getparent()
        assert parent is not None
        before = element.getprevious()
        if element.getnext() is None and before is not None:
            before.tail = element.tail
        parent.remove(element)
        if parent.tag == DESCRIPTION and not len(parent) and not set(parent.attrib) - {_ABOUT}:
            self.remove(parent)

    def drop_namespace(self, namespace: str) -> None:
        """Remove every property of a namespace."""
        for description in self._descriptions():
            for element in [
                child for child in description if isinstance(child.tag, str) and child.tag.startswith(namespace)
            ]:
                self.remove(element)
            for name in [name for name in description.attrib if str(name).startswith(namespace)]:
                self._changed = True
                del description.attrib[name]
            if description.getparent() is not None and not len(description) and not set(description.attrib) - {_ABOUT}:
                self.remove(description)

    def _descriptions(self) -> list[Element]:
        return list(self._rdf.findall(DESCRIPTION))

    def _home(self) -> Element:
        """Return the description that holds what we add; the others' are left as they are."""
        own = "organiser"
        for description in self._descriptions():
            if description.nsmap.get(own) == _PREFIXES[own]:
                return description
        self._changed = True
        first = self._rdf.find(DESCRIPTION)
        home = etree.SubElement(self._rdf, DESCRIPTION, nsmap=_PREFIXES)
        home.set(_ABOUT, "" if first is None else first.get(_ABOUT, ""))
        home.tail = "\n"
        self._new_home = home
        return home

    def _add_item(self, container: Element) -> Element:
        last = container[-1] if len(container) else None
        item = etree.SubElement(container, LI)
        if last is not None:
            item.tail, last.tail = last.tail, container.text
        return item


def _said(element: Element) -> tuple[object, ...]:
    """Return what an element says, without the space in between and comments."""
    inside = [_said(child) for child in element if isinstance(child.tag, str)]
    return element.tag, sorted(map(str, element.attrib.items())), (element.text or "").strip(), inside


def _container(element: Element) -> Element | None:
    return next((child for child in element if child.tag in _ARRAYS), None)


def _text(element: Element) -> str:
    return "".join(map(str, element.itertext())).strip()
