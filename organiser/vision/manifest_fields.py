"""Single fields of a bundle's manifest, each checked; what is wrong with one is a ValueError that names it."""

from typing import Any, Final

_LONGEST_TEXT: Final = 200


def text_of(entry: dict[str, Any], name: str) -> str:
    """Return a text that may stand in a path, a row and a line on a terminal."""
    value = entry[name]
    check_text(value, repr(name))
    return str(value)


def check_text(value: object, what: str) -> None:
    """Refuse what could be no file's or model's name: nothing, far too much, control characters, half characters."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{what} must be a text")
    if len(value) > _LONGEST_TEXT:
        raise ValueError(f"{what} has {len(value)} characters; {_LONGEST_TEXT} are allowed")
    if not value.isprintable():
        raise ValueError(f"{what} must be printable, not {value!r}")


def count_of(entry: dict[str, Any], name: str) -> int:
    """Return a whole number above 0."""
    value = entry[name]
    if type(value) is not int or value < 1:
        raise ValueError(f"{name!r} must be a whole number above 0")
    return value


def one_of(entry: dict[str, Any], name: str, allowed: tuple[Any, ...]) -> Any:
    """Return a value that is among those allowed."""
    value = entry[name]
    if value not in allowed or isinstance(value, bool):
        raise ValueError(f"{name!r} is {value!r}, not one of {', '.join(map(str, allowed))}")
    return value
