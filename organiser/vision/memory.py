"""Which errors of the native libraries mean that memory ran out: a fault of the machine's, whatever the picture."""

from typing import Final

import cv2

_SAID: Final = ("bad_alloc", "failed to allocate memory")
"""How C++ libraries, ONNX Runtime's arena among them, tell of it; they raise plain errors of their own."""


def out_of_memory(error: Exception) -> bool:
    """Return whether `error` was raised for want of memory."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, cv2.error):
        return error.code == cv2.Error.StsNoMem
    return any(words in str(error).lower() for words in _SAID)
