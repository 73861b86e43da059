"""Libraries that somebody made to do harm: names, links, pipes and files that are not what they seem; seeded."""

import os
import random
import socket
from contextlib import suppress
from pathlib import Path

from tests.photos import HAPPY, photo

_NAMES = (
    b"a\nb", b"\x1b[2Jclear", b"\xff\xfe\x80", "\u2028\u2029".encode(), "\u202egpj.exe".encode(), b"-rf", b"--help", b"*",
    b"~", b"$(id)", b"`id`", b"%s%n", b"..\\..\\x", b" ", b"x" * 250, "\uf780".encode(), b"CON", b"=1+1", b"'; DROP TABLE",
    b"<script>", b"a\tb\rc", b"con.jpg.jpg", "é".encode(), "e\u0301".encode(), b".jpg", b"...", b"\x7f",
)  # fmt: skip
_BEGINNINGS = (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\xff\xff\xff\xffWEBPVP8 ", b"II*\0", b"MM\0*", b"BM",
               b"\0\0\0\x18ftypheic", b"\0\0\0\x0cjP  \r\n\x87\n", b"")  # fmt: skip


def grow(root: Path, outside: Path, seed: int, things: int = 40) -> None:
    """Make a hostile library at `root`; links lead to `outside`, which is not handed over."""
    chance = random.Random(seed)
    root.mkdir()
    folders = [os.fsencode(root)]
    for number in range(things):
        where = chance.choice(folders)
        suffix = chance.choice((b".jpg", b".png", b".heic", b".tif", b"", b".JPG"))
        path = os.path.join(where, chance.choice(_NAMES) + (b"%d" % number) + suffix)
        with suppress(OSError):  # too long a name, too deep a folder: the file system's own limits
            _make(path, chance, outside, folders)
    photo(root / "good.jpg", [HAPPY], seed=seed)


def _make(path: bytes, chance: random.Random, outside: Path, folders: list[bytes]) -> None:
    match chance.randrange(10):
        case 0:
            os.mkdir(path)
            folders.append(path)
        case 1:
            os.symlink(chance.choice((b".", b"..", path, os.fsencode(outside), b"/dev/zero", b"/nowhere")), path)
        case 2:
            os.mkfifo(path)
        case 3:
            with socket.socket(socket.AF_UNIX) as listener, suppress(OSError):
                listener.bind(path)
        case 4:
            with open(path, "wb") as file:
                file.write(chance.choice(_BEGINNINGS))
                file.truncate(2_000_000)
        case 5:
            deep = path
            for _ in range(60):
                os.mkdir(deep)
                deep = os.path.join(deep, b"d")
            folders.append(os.path.dirname(deep))
        case 6:
            _ignore(os.path.dirname(path), chance, folders[0])
        case 7:
            with open(path + b".xmp", "wb") as file:
                file.write(chance.choice((b"<x:xmpmeta", b"\0" * 99, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"")))
        case _:
            with open(path, "wb") as file:
                file.write(chance.choice(_BEGINNINGS) + chance.randbytes(chance.choice((0, 1, 40, 5000))))


def _ignore(where: bytes, chance: random.Random, root: bytes) -> None:
    """Write odd rules for a folder; not for the whole root: whoever writes a rule for that has it."""
    if where != root:
        with open(os.path.join(where, b".organiser-ignore"), "wb") as file:
            rules = (b"[", b"!", b"**/**", b"\\", b"\xff", b"a" * 5000, b"!*", b"nothing")
            file.write(b"\n".join(chance.sample(rules, 3)))
