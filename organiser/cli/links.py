"""Paths that a terminal opens when they are clicked: OSC 8, written by rich; plain text where nobody could click."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.style import Style
from rich.text import Text

from organiser.core.outgoing import printable


def link(path: Path) -> Text:
    """Return `path`, an absolute one, as harmless text that opens the file.

    The link names this machine, by which a terminal elsewhere knows that the file is not its own.
    """
    address = urlsplit(path.as_uri())._replace(netloc=socket.gethostname()).geturl()
    return Text(printable(str(path)), style=Style(link=address))


def write_link(before: str, path: Path) -> None:
    """Write a line: `before`, then the path as a link where standard output is a terminal that knows any."""
    Console(soft_wrap=True, highlight=False).print(Text(before) + link(path))
