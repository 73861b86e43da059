"""Folders that only this user enters, and a short path for a socket where the home's own path is too long for one.

Nothing predictable is made in a folder that others write to: the short folder's name is random, it is noted in the home,
and what is found under that name later is used only while it is a folder of this user's that nobody else enters.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from organiser.errors import SettingsError

_LONGEST_PATH = 100
"""A unix socket's path has at most 107 bytes on Linux and 103 on macOS."""

_NOTE = "socket-folder"


def own(folder: Path) -> None:
    """Make a folder that only this user can enter, or have an own one be so.

    Raises:
        SettingsError: what is there is somebody else's, or no folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = os.lstat(folder)
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise SettingsError(f"{folder} is no folder of your own", "set ORGANISER_HOME to a folder of your own")
    folder.chmod(0o700)


def is_private(folder: Path) -> bool:
    """Whether it is a folder, no link to one, that belongs to this user and that nobody else enters."""
    try:
        found = os.lstat(folder)
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == 0o700


def socket_folder(folder: Path, name: str) -> Path | None:
    """Return where the socket `name` of `folder` lies: there, or in the short folder noted there; None where there is none."""
    if len(os.fsencode(folder / name)) <= _LONGEST_PATH:
        return folder
    try:
        noted = Path((folder / _NOTE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return noted if noted.is_absolute() and is_private(noted) else None


def make_socket_folder(folder: Path, name: str) -> Path:
    """Return `socket_folder`, made where there is none: by the user's run-time folder, else by that for temporary files."""
    found = socket_folder(folder, name)
    if found is None:
        runtime = Path(f"/run/user/{os.getuid()}")
        found = Path(tempfile.mkdtemp(prefix="organiser-", dir=runtime if is_private(runtime) else None))
        draft = folder / (_NOTE + ".new")
        draft.write_text(str(found), "utf-8")
        draft.replace(folder / _NOTE)
    return found


def end_socket_folder(folder: Path, name: str) -> None:
    """Remove the short folder, if there is one, and its note."""
    found = socket_folder(folder, name)
    if found is not None and found != folder:
        with suppress(OSError):
            found.rmdir()
        (folder / _NOTE).unlink(missing_ok=True)
