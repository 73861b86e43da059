"""A page that appears whole or not at all: written beside its place, then renamed onto it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """Give a new file to write; when the block ends well it replaces `target`, else it is removed and `target` stays.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
