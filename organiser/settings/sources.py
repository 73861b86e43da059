"""Where settings are written: a TOML file and the environment, and what in them is no setting. Knows none by name."""

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from organiser.regular_files import read_regular
from organiser.settings.fields import flatten, nearest, variable

CONFIG = "ORGANISER_CONFIG"
"""The variable that names the file."""

_PREFIX = "ORGANISER_"
_LARGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a setting: its key, where and why, and what to do about it, or an empty text."""

    key: str
    message: str
    hint: str = ""


def unknown(path: Path, key: str, known: Iterable[str]) -> Fault:
    """Return what to say of a key that the file has and no setting."""
    meant = nearest(key, known)
    hint = f"did you mean {meant}?" if meant else ""
    return Fault(key, f"{path}: there is no setting {key!r}", hint)


def misspelt(environment: Mapping[str, str], known: Iterable[str]) -> Iterator[str]:
    """Say which variables are probably meant for the organiser; others may begin with its name and be none of ours."""
    names = {*map(variable, known), CONFIG}
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in names:
            meant = nearest(name.removeprefix(_PREFIX), (name.removeprefix(_PREFIX) for name in names))
            if meant:
                yield f"{name!r} is no setting and changes nothing; did you mean {_PREFIX}{meant}?"


def read_file(kind: Any, path: Path, faults: list[Fault], *, must: bool) -> dict[str, Any]:
    """Return the file's values by the keys of the dataclass `kind`, and add what is wrong with the file to `faults`.

    Args:
        must: a person named the file, so that it has to be there.
    """
    if str(path) == os.devnull:  # how people say that there is no file
        return {}
    try:
        return flatten(kind, tomllib.loads(read_regular(path, _LARGEST).decode("utf-8")))
    except FileNotFoundError as error:
        if must:
            faults.append(Fault(CONFIG, f"{path} ({CONFIG}): {error.strerror}"))
    except OSError as error:  # a folder, a pipe, a device: nothing is waited for
        faults.append(Fault(str(path), f"{path}: {error.strerror}"))
    except (ValueError, RecursionError) as error:
        faults.append(Fault(str(path), f"{path}: {error}"))
    return {}
