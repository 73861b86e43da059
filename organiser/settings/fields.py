"""How settings are written and checked: the keys of a dataclass, what each may be, and texts turned into values.

Knows no setting by name. A field carries its meaning and what is allowed in its metadata; see `setting`.
"""

import difflib
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

_TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_MOST = 1e9


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a value may be: in words for a person, as a test of the value, and by name where there are names."""

    words: str
    holds: Callable[[Any], bool] = lambda _: True
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """One setting that there is: its type, its meaning, what its value may be, and whether nobody is to be shown it."""

    kind: Any
    doc: str
    allowed: Allowed
    secret: bool = False


def setting(default: Any, doc: str, allowed: Allowed | None = None, *, secret: bool = False) -> Any:
    """Return a dataclass field for a setting; `allowed` narrows what its type says, a `secret` is shown nowhere."""
    metadata = {"doc": doc, "allowed": allowed, "secret": secret}
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def between(least: float, most: float) -> Allowed:
    """Numbers from `least` to `most`, both among them."""
    return Allowed(f"{least:g} to {most:g}", lambda value: least <= value <= most)


def at_least(least: float) -> Allowed:
    """Numbers from `least` on that arithmetic with them stays finite."""
    return Allowed(f"{least:g} or more, at most {_MOST:.0e}", lambda value: least <= value <= _MOST)


def above(least: float) -> Allowed:
    """Numbers larger than `least`, as far as those of `at_least`."""
    return Allowed(f"more than {least:g}, at most {_MOST:.0e}", lambda value: least < value <= _MOST)


def one_of(*names: str) -> Allowed:
    """These words and no other."""
    return Allowed(f"one of {', '.join(names)}", lambda value: value in names, names)


def url(*schemes: str) -> Allowed:
    """Nothing, or a URL with one of these schemes; `postgresql` allows `postgresql+psycopg` too."""
    spelled = " or ".join(f"{scheme}://…" for scheme in schemes)
    return Allowed(f"empty or a URL {spelled}", lambda value: not value or _is_url(value, schemes))


def _is_url(value: str, schemes: tuple[str, ...]) -> bool:
    parts = urlsplit(value)
    parts.port  # noqa: B018 - raises ValueError for a port that is no number
    return "://" in value and any(parts.scheme == scheme or parts.scheme.startswith(f"{scheme}+") for scheme in schemes)


def each(what: str, allowed: Allowed) -> Allowed:
    """A table of these things whose every value is allowed."""
    return Allowed(
        f"a table of {what} with {allowed.words} each", lambda table: all(map(allowed.holds, table.values()))
    )


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant, or None.

    >>> nearest("policy.treshold", ["policy.rule", "policy.threshold"])
    'policy.threshold'
    """
    return next(iter(difflib.get_close_matches(name, list(names), 1, 0.75)), None)


def variable(key: str) -> str:
    """Return the environment variable of a key.

    >>> variable("policy.rule")
    'ORGANISER_POLICY_RULE'
    """
    return "ORGANISER_" + key.replace(".", "_").upper()


def keys(kind: Any, prefix: str = "") -> dict[str, Known]:
    """Return every setting of a dataclass by its key, those of its sections as `section.name`."""
    hints = get_type_hints(kind)
    found: dict[str, Known] = {}
    for each_field in fields(kind):
        if is_section(each_field):
            found |= keys(hints[each_field.name], f"{each_field.name}.")
        elif "doc" in each_field.metadata:
            of_type, about = hints[each_field.name], each_field.metadata
            allowed = about["allowed"] or _by_type(of_type)
            found[prefix + each_field.name] = Known(of_type, about["doc"], allowed, about["secret"])
    return found


def is_section(one: "Field[Any]") -> bool:
    """Whether a field holds settings of its own."""
    return bool(one.metadata.get("section", False))


def section(kind: Any) -> Any:
    """Return a dataclass field for a section."""
    return field(default_factory=kind, metadata={"section": True})


def build(kind: Any, values: Mapping[str, Any], prefix: str = "") -> Any:
    """Make the dataclass from values by key; those that are missing have their defaults."""
    hints = get_type_hints(kind)
    made = {}
    for each_field in fields(kind):
        if is_section(each_field):
            made[each_field.name] = build(hints[each_field.name], values, f"{each_field.name}.")
        elif prefix + each_field.name in values:
            made[each_field.name] = values[prefix + each_field.name]
    return kind(**made)


def flatten(kind: Any, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a TOML file by key; a table that is no section stays one value."""
    sections = {field.name for field in fields(kind) if is_section(field)}
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        if name in sections and isinstance(value, dict):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            flat[name] = value
    return flat


def parse(known: Known, raw: Any) -> Any:
    """Turn text (environment) or a TOML value into a setting's value.

    Raises:
        ValueError: it cannot be one, or is not allowed; says what is.
    """
    try:
        value = _typed(known.kind, raw)
        if known.allowed.holds(value):
            return value
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        pass
    meant = nearest(raw, known.allowed.names) if isinstance(raw, str) else None
    raise ValueError(f"it must be {known.allowed.words}{f'; did you mean {meant}?' if meant else ''}")


def shown(raw: Any) -> str:
    """Return a value that was refused as a person wrote it, but for what may be a password in a URL.

    >>> shown("redis://:secret@host:port/0")
    "'…@host:port/0'"
    """
    text = repr(raw)
    return repr(f"…@{raw.rpartition('@')[2]}") if isinstance(raw, str) and "@" in raw else text[:200]


def _by_type(kind: Any) -> Allowed:
    """What a value of a type may be, where nothing narrower is said."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Allowed(f"one of {', '.join(kind)}", names=tuple(map(str, kind)))
    if get_origin(kind) is tuple:
        return Allowed("a list of texts")
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    return Allowed(words.get(kind, "a table of texts" if get_origin(kind) else "a path"))


def _typed(kind: Any, raw: Any) -> Any:
    origin = get_origin(kind)
    if origin is tuple:
        return tuple(_text(one) for one in (raw.split(os.pathsep) if isinstance(raw, str) else raw))
    if origin is not None:
        name, inner = get_args(kind)
        table = json.loads(raw) if isinstance(raw, str) else raw
        return {name(key): _typed(inner, value) for key, value in table.items()}
    if kind is bool:
        return raw if isinstance(raw, bool) else _TRUTH[raw.lower()]
    if kind in (int, float):
        return _number(kind, raw)
    return kind(_text(raw))


def _text(raw: Any) -> str:
    if not isinstance(raw, str) or "\0" in raw:
        raise TypeError
    return raw


def _number(kind: type, raw: Any) -> Any:
    """A finite number; a whole one stays itself, and no truth value is one."""
    value = kind(raw)
    if isinstance(raw, bool) or not math.isfinite(value) or (not isinstance(raw, str) and value != raw):
        raise ValueError
    return value
