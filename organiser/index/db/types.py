"""Column types: how paths, moments and probability vectors are stored, alike on SQLite and Postgres."""

import os
import re
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

_TO_ESCAPE = re.compile("[\udc80-\udcff\uf780-\uf7ff]")
_ESCAPED = re.compile("[\uf780-\uf7ff]")
_SHIFT = 0xF700 - 0xDC00

Id = BigInteger().with_variant(Integer, "sqlite")
"""Primary keys: SQLite gives a row id only to an INTEGER key."""


class PathText(TypeDecorator[str]):
    """A path as Python's surrogateescape gives it; bytes that are no UTF-8 are kept in U+F780–U+F7FF.

    Databases refuse lone surrogates. The private-use range is the one macOS file systems use for the same purpose. A
    character of that range in a name is kept as the bytes of its UTF-8, so that no two names are kept alike.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """On Postgres sort by bytes, as SQLite does: a folder is then one range of the index."""
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else escaped(value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else unescaped(value)


def escaped(path: str) -> str:
    """Return a path as the index keeps it, given as Python spells it."""
    return path if path.isascii() else _TO_ESCAPE.sub(_escape, path)


def unescaped(path: str) -> str:
    """Return a path as Python spells it, given as the index keeps it."""
    if path.isascii():
        return path
    found = _ESCAPED.sub(lambda match: chr(ord(match[0]) - _SHIFT), path)
    return path if found == path else os.fsdecode(os.fsencode(found))


def _escape(match: re.Match[str]) -> str:
    return "".join(chr(0xF700 + byte) for byte in os.fsencode(match[0]))


class Wall(TypeDecorator[datetime]):
    """A wall-clock time without zone, as sortable ISO text to the second (`2024-05-17T14:03:00`)."""

    impl = String(19)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        return None if value is None else value.replace(tzinfo=None, microsecond=0).isoformat()

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


Vector = LargeBinary
"""Probabilities as little-endian float32, in the order of the model's labels."""
