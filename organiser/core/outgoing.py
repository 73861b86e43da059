"""Text that leaves: made harmless for whoever reads it next, a terminal, a spreadsheet, a log, XML or HTML. Pure.

Names of files, collections and models, what cameras wrote and what other programs report come from anybody. Each kind
of reader has its own function here, and nothing else in the organiser knows what its reader takes for a command.
"""

import re
from html import escape

_CONTROLS = "\x00-\x1f\x7f-\x9f"
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_LINE_BREAKS = "\u2028\u2029"
_UNSEEN = "\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_NO_CHARACTERS = "\ud800-\udfff"
_UNPRINTABLE = re.compile(f"[{_CONTROLS}{_DIRECTIONS}{_LINE_BREAKS}{_UNSEEN}{_NO_CHARACTERS}]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_JSON = re.compile(f"[\x7f-\x9f{_DIRECTIONS}{_LINE_BREAKS}{_UNSEEN}{_NO_CHARACTERS}]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BARE = re.compile(r"[^\s=\"\\]+")


def printable(text: str) -> str:
    r"""Return `text` as one line that any terminal shows as it is.

    What would move its cursor, turn its direction, hide, or is no character, is written as an escape.

    >>> print(printable("a\x1b[2Jb\udcff"))
    a\x1b[2Jb\xff
    """
    return _UNPRINTABLE.sub(_escaped, text)


def paragraph(text: str) -> str:
    r"""Return a message of one or more lines for a terminal; a line break in a name begins no line of its own.

    >>> print(paragraph("no such photo: a\norganiser: all is well"))
    no such photo: a
      organiser: all is well
    """
    first, *rest = map(printable, text.split("\n"))
    return "\n".join([first, *(line if line.startswith("  ") else f"  {line}" for line in rest)])


def csv_cell(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: an apostrophe before what would begin one.

    >>> csv_cell("=1+1"), csv_cell("a=1")
    ("'=1+1", 'a=1')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def log_value(text: str) -> str:
    r"""Return `text` as the value of a `key=value` field: one word, or quoted, and never a second line.

    >>> print(log_value("a\nlevel=info"))
    "a\nlevel=info"
    """
    if _BARE.fullmatch(text) and not _UNPRINTABLE.search(text):
        return text
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{printable(quoted)}"'


def json_text(text: str) -> str:
    r"""Return JSON with what a terminal obeys or UTF-8 cannot hold as JSON's own escapes; it means the same.

    >>> json_text('"\u202ea"')
    '"\\u202ea"'
    """
    return _NOT_IN_JSON.sub(_as_utf16, text)


def xml_text(text: str) -> str:
    r"""Return `text` with what no XML document may hold as U+FFFD; whoever writes it escapes the rest.

    >>> xml_text("a\x00b")
    'a\ufffdb'
    """
    return _NOT_IN_XML.sub("\ufffd", text)


def html_text(text: str) -> str:
    """Return `text` as HTML that shows it on one line, in an element or an attribute's value.

    >>> html_text("<b>")
    '&lt;b&gt;'
    """
    return escape(printable(text))


def _escaped(match: "re.Match[str]") -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _as_utf16(match: "re.Match[str]") -> str:
    code = ord(match[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD800 + (code - 0x10000 >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
