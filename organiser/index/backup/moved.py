"""Paths that lie elsewhere on the machine a backup is restored on: `/old/Pictures` is `/new/Pictures` there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from organiser.core.library.folders import is_within, moved


@dataclass(frozen=True, slots=True)
class MovedPaths:
    """Where folders lie now, by where they lay; of several that fit a path, the longest counts.

    Attributes:
        used: the old folders below which a path was found so far.

    >>> MovedPaths({"/photos": "/mnt/photos"}).path("/photos/2024")
    '/mnt/photos/2024'
    """

    folders: Mapping[str, str]
    used: set[str] = field(default_factory=set)

    def path(self, path: str) -> str:
        """Return where a path lies now; one below none of the folders, or a relative one, is as it was."""
        old = max((old for old in self.folders if is_within(path, old)), key=len, default=None)
        if old is None:
            return path
        self.used.add(old)
        return moved(path, old, self.folders[old]) or path

    def json(self, text: str) -> str:
        """Return a JSON text with every path in it, however deep, where it lies now."""
        return json.dumps(self._values(json.loads(text))) if self.folders else text

    def _values(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.path(value)
        if isinstance(value, list):
            return [self._values(item) for item in value]
        if isinstance(value, dict):
            return {key: self._values(item) for key, item in value.items()}
        return value
