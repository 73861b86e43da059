"""A picture file → an upright JPEG for the screen. The file is only read."""

import os
from dataclasses import dataclass
from typing import Final

import cv2

from organiser.core.photo import Failed, FailureKind, as_kept
from organiser.errors import DecodeError
from organiser.vision.decoding.decode import decode
from organiser.vision.decoding.source import failure, read
from organiser.vision.memory import out_of_memory
from organiser.vision.resize import resized, within

_QUALITY: Final = (cv2.IMWRITE_JPEG_QUALITY, 88)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A JPEG, and size and change time of the file that it was made from."""

    data: bytes
    size: int
    mtime_ns: int


def render(path: str, longest: int, max_bytes: int, max_pixels: int) -> Rendered | Failed:
    """Return the picture at `path`, upright and at most `longest` pixels long, or why it cannot be had."""
    try:
        before = os.stat(path)
    except OSError as error:
        return failure(error)
    try:
        data = read(path, max_bytes)
        if isinstance(data, Failed):
            return data
        image = decode(data, least=longest, max_pixels=max_pixels).image
        small = resized(image, *within(image.shape[1], image.shape[0], longest))
        made = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), _QUALITY)[1].tobytes()
        return Rendered(made, before.st_size, as_kept(before.st_mtime_ns))
    except DecodeError as error:
        return Failed(FailureKind(error.kind), error.reason)
    except Exception as error:
        if out_of_memory(error):
            return Failed(FailureKind.MACHINE, "not enough memory for this picture")
        raise
