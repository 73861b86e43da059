"""Absolute paths and the folders they lie in, as text: nothing is asked of the disk."""


def below(path: str, folder: str) -> str | None:
    """Return `path` relative to a folder, '' for the folder itself, or None when it does not lie in it.

    >>> below("/photos/2024/a.jpg", "/photos"), below("/photos", "/photos/"), below("/a", "/")
    ('2024/a.jpg', '', 'a')
    >>> below("/photos2", "/photos") is None
    True
    """
    top = folder.rstrip("/")
    if path in (folder, top):
        return ""
    return path[len(top) + 1 :] if path.startswith(f"{top}/") else None


def is_within(path: str, folder: str) -> bool:
    """Whether `path` is a folder or lies anywhere below it."""
    return below(path, folder) is not None


def moved(path: str, old: str, new: str) -> str | None:
    """Return where `path` lies when the folder `old` lies at `new`, or None when it does not lie in `old`.

    >>> moved("/photos/a.jpg", "/photos", "/mnt/photos/"), moved("/photos", "/photos", "/mnt")
    ('/mnt/photos/a.jpg', '/mnt')
    """
    rest = below(path, old)
    if rest is None:
        return None
    return f"{new.rstrip('/')}/{rest}" if rest else new
