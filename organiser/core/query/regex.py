"""Regular expressions of queries, read by RE2: in time proportional to the text, whatever the expression.

A backtracking engine needs longer than a person lives for some expressions of ten letters. What RE2 does not know,
look-around and back-references, is refused when the query is read, for all databases alike.
"""

import re
from functools import lru_cache
from typing import Any, Final

import re2

_FIRST_BYTE, _LAST_BYTE = 0xDC80, 0xDCFF
_KEPT: Final = {code: code - 0xDC00 + 0xF700 for code in range(_FIRST_BYTE, _LAST_BYTE + 1)}
"""Bytes that are no UTF-8, as Python names them and as the index keeps them: one character each."""


class ExpressionError(ValueError):
    """The expression is wrong, or not one that is read in time proportional to the text.

    Attributes:
        position: of what is wrong, in characters from its start.
    """

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


def check(expression: str) -> None:
    """Raise ExpressionError when a query cannot have this expression."""
    try:
        re.compile(expression)
    except re.error as error:
        raise ExpressionError(f"the regular expression is wrong: {error.msg}", error.pos or 0) from None
    except (RecursionError, OverflowError):
        raise ExpressionError("the regular expression is too complex") from None
    _compiled(expression)


def found_in(expression: str, text: str) -> bool:
    """Say whether an expression that was checked is found anywhere in a text."""
    return _compiled(expression).search(_utf8(text)) is not None


@lru_cache(maxsize=64)
def _compiled(expression: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(_utf8(expression), options)
    except re2.error as error:
        cause = error.args[0] if error.args else error
        message = cause.decode("utf-8", "replace") if isinstance(cause, bytes) else str(cause)
        hint = "look-around and back-references are not read"
        raise ExpressionError(f"the regular expression cannot be read: {message} ({hint})") from None


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.translate(_KEPT).encode("utf-8", "replace")
