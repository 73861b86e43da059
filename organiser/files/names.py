"""What a name alone says: which files may hold a picture, and which names are junk that is never scanned.

A picture's type is decided by content, later; a name only keeps a scan from reading terabytes of videos. A picture
under another format's extension is therefore fine, and a file without any extension is asked for its first bytes.
"""

from organiser.formats.table import FORMATS, PictureKind

RAW_EXTENSIONS = frozenset(ending for row in FORMATS if row.kind is PictureKind.RAW for ending in row.extensions)
"""Extensions of camera raw files, whose previews the `raw` extra reads."""

PICTURE_EXTENSIONS = frozenset(ending for row in FORMATS for ending in row.extensions)
"""Extensions, in lower case and without the dot, of all formats in the table."""

IGNORE_FILE = ".organiser-ignore"
"""A file of gitignore patterns for its folder; without patterns it means the whole folder."""

_JUNK_FOLDERS = frozenset(
    {
        "@eaDir",
        "@Recycle",
        "#recycle",
        "#snapshot",
        "$RECYCLE.BIN",
        "RECYCLER",
        "System Volume Information",
        "lost+found",
        "__MACOSX",
    }
)


def is_junk(name: str) -> bool:
    """Whether a file or folder of this name is never scanned: hidden, or a system's own folder.

    Hidden covers nearly all junk there is: AppleDouble (`._*`), `.stfolder`, `.stversions`, `.Trash-*`, `.thumbnails`,
    the temporary names of rsync, Syncthing and this program, and browsers' caches. The other temporary names
    (`.part`, `.tmp`, `.crdownload`) end in no picture's extension.

    >>> is_junk("._IMG_1.jpg"), is_junk("@eaDir"), is_junk("IMG_1.jpg")
    (True, True, False)
    """
    return name[0] == "." or name in _JUNK_FOLDERS


def extension(name: str) -> str | None:
    """Return what follows the last dot, in lower case, or None when there is no dot.

    >>> extension("IMG_1.JPG"), extension("IMG_1")
    ('jpg', None)
    """
    _, dot, last = name.rpartition(".")
    return last.lower() if dot else None


def is_raw(name: str) -> bool:
    """Whether a file's name is that of a camera raw file, in whichever case.

    >>> is_raw("2024/IMG_1.CR3"), is_raw("dng")
    (True, False)
    """
    return extension(name) in RAW_EXTENSIONS
