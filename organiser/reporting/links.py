"""How a page refers to a photo's file: relatively where page and photo travel together, else by a `file:` URI."""

import os
from pathlib import Path
from urllib.parse import quote


def link(photo: Path, page: Path) -> str:
    """Return the reference from `page` to `photo`, percent-encoded byte by byte.

    It is relative when the photo lies below the page's folder or that folder's parent, as on a stick that holds
    `photos/` beside `report.html` or `report/index.html`: both then move as one. Both paths must be absolute.

    >>> link(Path("/stick/photos/a b.jpg"), Path("/stick/report/index.html"))
    '../photos/a%20b.jpg'
    >>> link(Path("/home/me/a.jpg"), Path("/stick/report/index.html"))
    'file:///home/me/a.jpg'
    """
    shared = {page.parent, page.parent.parent} - {Path(page.anchor)}
    if shared.isdisjoint(photo.parents):
        return photo.as_uri()
    relative = quote(os.fsencode(os.path.relpath(photo, page.parent)))
    # A leading "./" keeps a name such as "a:b.jpg" from being read as a scheme.
    return relative if relative.startswith("../") else f"./{relative}"
