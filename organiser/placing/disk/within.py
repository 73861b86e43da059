"""A name in a folder that is held open: what stands there is reached by the folder's descriptor, never along a link.

A path says where something was; by the time it is used, a folder on the way may be a link to the originals. So below a
collection's folder every step of the way is opened by the one before and may be neither a link nor another mount, and
files are made, renamed and removed in the folder that was reached, whatever its path leads to by then.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from organiser.errors import PlacingError
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.regular_files import NotRegularError, TooLargeError, read_regular

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEEDED = {os.open, os.stat, os.unlink, os.rename, os.mkdir, os.rmdir, os.link, os.symlink, os.readlink}
_RENUMBERING = frozenset({"vfat", "msdos", "exfat", "9p", "cifs", "smb3", "vboxsf"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A name in an open folder.

    Attributes:
        folder: the folder's descriptor; None when `name` is a path that may be followed.
        path: how people call it.
    """

    folder: int | None
    name: str
    path: str

    @classmethod
    def at(cls, path: str) -> "Spot":
        """Return the spot of a path whose folders may be followed: of the tags beside originals, and of tests."""
        return cls(None, path, path)

    def beside(self, name: str) -> "Spot":
        """Return another name in the same folder."""
        folder = os.path.dirname(self.path)
        return Spot(self.folder, name if self.folder is not None else os.path.join(folder, name), f"{folder}/{name}")

    def status(self) -> os.stat_result | None:
        """Return what stands there, links not followed, or None."""
        try:
            return os.lstat(self.name, dir_fd=self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def open(self, flags: int, mode: int = 0o600) -> int:
        """Open what stands there, unless it is a link, and return its descriptor."""
        return os.open(self.name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=self.folder)

    def read(self, most: int) -> bytes | None:
        """Return what the regular file there holds, or None when nothing is there; see `organiser.regular_files`.

        Raises:
            PlacingError: it is a link or no regular file, holds more than `most` bytes, or cannot be read.
        """
        with translate_os_errors(self.path):
            try:
                return read_regular(self.name, most, follow=False, folder=self.folder)
            except (FileNotFoundError, NotADirectoryError):
                return None
            except (NotRegularError, IsADirectoryError) as error:
                raise refusal(
                    Cause.MALFORMED, self.path, "it is no regular file; it was left", "move it away"
                ) from error
            except TooLargeError as error:
                reason = f"it is larger than {most:,} bytes; it was left"
                raise refusal(Cause.MALFORMED, self.path, reason, "") from error

    def link_text(self) -> str:
        """Return where the symlink there points."""
        return os.readlink(self.name, dir_fd=self.folder)

    def unlink(self) -> None:
        """Remove what stands there; the caller has proved whose it is."""
        os.unlink(self.name, dir_fd=self.folder)

    def unlink_quietly(self) -> bool:
        """Remove a draft of ours; return whether it is gone."""
        try:
            self.unlink()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def replace(self, draft: "Spot") -> None:
        """Put a finished draft in the place of what stands there; the caller has proved whose it is."""
        os.replace(draft.name, self.name, src_dir_fd=draft.folder, dst_dir_fd=self.folder)


@contextmanager
def spot_in(top: str, relative: str, *, same_as: os.stat_result | None = None) -> Iterator[Spot | None]:
    """Give the spot of a relative path below the folder `top`; None when the folder it would be in is not there.

    Args:
        same_as: the status that `top` had when it was opened first; another folder there is refused.

    Raises:
        PlacingError: the path leaves `top`, or a link, a mount or a file stands where a folder should be.
    """
    *parts, name = relative.split("/")
    with folder_in(top, parts, same_as=same_as) as handle:
        yield None if handle is None else Spot(handle, name, os.path.join(top, relative))


@contextmanager
def folder_in(
    top: str, parts: Sequence[str] = (), *, make: bool = False, same_as: os.stat_result | None = None
) -> Iterator[int | None]:
    """Give the descriptor of the folder `parts` below `top`; None when it is not there and not to be made.

    Raises:
        PlacingError: as for :func:`spot_in`, or a folder cannot be made.
    """
    _require_inside(top, parts)
    with contextlib.ExitStack() as opened:
        handle = _entered(None, top, top, make=False)
        if handle is not None:
            opened.callback(os.close, handle)
            if same_as is not None and not os.path.samestat(os.fstat(handle), same_as):
                raise refusal(Cause.BAD_TARGET, top, "another folder stands there now")
            mount = _mount(handle)
            for count, part in enumerate(parts, 1):
                path = os.path.join(top, *parts[:count])
                handle = _entered(handle, part, path, make=make)
                if handle is None:
                    break
                opened.callback(os.close, handle)
                if _mount(handle) != mount:
                    raise refusal(Cause.BAD_TARGET, path, "another file system is mounted there")
        yield handle


def _require_inside(top: str, parts: Sequence[str]) -> None:
    if not os.supports_dir_fd >= _NEEDED:
        raise refusal(Cause.UNSUPPORTED, top, "this system cannot reach files by an open folder", "")
    if any(part in ("", ".", "..") for part in parts):
        raise refusal(Cause.BAD_TARGET, "/".join(parts), f"it lies outside of {top}")


def _entered(folder: int | None, name: str, path: str, *, make: bool) -> int | None:
    """Open a folder in an open one; None when it is not there."""
    with translate_os_errors(path):
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=folder)
        try:
            return os.open(name, _FOLDER, dir_fd=folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                raise
            raise _in_the_way(folder, name, path) from error


def _in_the_way(folder: int | None, name: str, path: str) -> PlacingError:
    with translate_os_errors(path):
        if stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode):
            hint = "remove that link, or move what it leads to back"
            return refusal(Cause.BAD_TARGET, path, "a link stands where a folder of the collection was", hint)
    return refusal(Cause.OCCUPIED, path)


def _mount(handle: int) -> tuple[int, str | None]:
    """Return what tells one mount from another: its device and, where the kernel says, its number."""
    return os.fstat(handle).st_dev, _mount_number(handle)


def _mount_number(handle: int) -> str | None:
    with contextlib.suppress(OSError), open(f"/proc/self/fdinfo/{handle}", encoding="ascii") as lines:
        return next((line.split()[1] for line in lines if line.startswith("mnt_id:")), None)
    return None


def renumbers(handle: int) -> bool:
    """Whether the file system of an open folder makes inode numbers up anew, so that they prove nothing later."""
    number = _mount_number(handle)
    with contextlib.suppress(OSError), open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            fields = line.split()
            if fields[0] == number:
                kind = fields[fields.index("-") + 1]
                return kind in _RENUMBERING or kind.startswith("fuse")
    return False
