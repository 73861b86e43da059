"""The page's own files: `/static/NAME`, read once and answered from memory, for a page is some thirty of them."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_HERE: Final = Path(__file__).parent
_FOLDERS: Final = (_HERE.parent / "reporting" / "web", _HERE / "static")
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_IMPORT: Final = re.compile(r'^import (?:[^"]* from )?"\./([^"]+)";$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    kind: str
    tag: str


def _read() -> Mapping[str, _File]:
    found = {}
    for path in (path for folder in _FOLDERS for path in folder.iterdir() if path.suffix in _TYPES):
        data = path.read_bytes()
        found[path.name] = _File(data, _TYPES[path.suffix], f'"{hashlib.sha256(data).hexdigest()[:32]}"')
    return found


_FILES: Final = _read()


def modules(name: str) -> list[str]:
    """Return the page's modules from this one on: a browser that knows them all need not find one through the other.

    None where there is no such module; those that are fetched later are not among them.
    """
    found = [name] if name in _FILES else []
    waiting = [*found]
    while waiting:
        for each in _IMPORT.findall(_FILES[waiting.pop()].data.decode()):
            if each not in found:
                found.append(each)
                waiting.append(each)
    return found


async def static_file(request: Request) -> Response:
    """`GET /static/NAME`; kept by the browser, and asked for again."""
    file = _FILES.get(request.path_params["name"])
    if file is None:
        raise HTTPException(404, "the page has no such file")
    headers = {"ETag": file.tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.data, media_type=file.kind, headers=headers)
