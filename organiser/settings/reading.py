"""Settings are read once, at the edge, into frozen dataclasses; each value knows where it came from.

Flags win over the environment, the environment over `organiser.toml`, the file over the defaults. A key `policy.rule` is
`rule` in the file's table `[policy]` and `ORGANISER_POLICY_RULE` in the environment. Nothing below reads the environment.
"""

import logging
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from organiser.errors import SettingsError
from organiser.settings.fields import build, keys, parse, shown, variable
from organiser.settings.renamed import renamed_keys, renamed_variables
from organiser.settings.sources import CONFIG, Fault, misspelt, read_file, unknown
from organiser.settings.values import Origin, Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Item:
    """One setting as `organiser doctor` and the documentation list it."""

    key: str
    variable: str
    value: Any
    origin: Origin
    doc: str
    allowed: str
    secret: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the settings, with the default in the place of every value that is invalid.

    Attributes:
        faults: why these settings cannot be worked with; empty when they can.
        notices: what a person should know and nothing depends on.
    """

    settings: Settings
    faults: tuple[Fault, ...]
    notices: tuple[str, ...]


def load(environment: Mapping[str, str], flags: Mapping[str, Any] = types.MappingProxyType({})) -> Settings:
    """Read the settings.

    Args:
        environment: usually `os.environ`.
        flags: values by key from the command line; None means not given.

    Raises:
        SettingsError: a value cannot be what was given, or the file has a key that no setting has; names all of them.
    """
    found = read(environment, flags)
    for notice in found.notices:
        _log.warning("%s", notice)
    if found.faults:
        messages = "\n".join(fault.message for fault in found.faults)
        raise SettingsError(messages, found.faults[0].hint or "organiser doctor lists the settings")
    return found.settings


def read(environment: Mapping[str, str], flags: Mapping[str, Any] = types.MappingProxyType({})) -> Reading:
    """Read the settings whatever is wrong with them; `load` is for those who will work with them."""
    faults: list[Fault] = []
    known = keys(Settings)
    environment, old_variables = renamed_variables(environment)
    values: dict[str, Any] = {"home": _home(environment, flags, faults)}
    path = Path(environment.get(CONFIG) or values["home"] / "organiser.toml")
    written, old_keys = renamed_keys(read_file(Settings, path, faults, must=CONFIG in environment))
    faults += (unknown(path, key, known) for key in written if key not in known)
    origins = {"home": _home_origin(environment, flags)}
    for key, item in known.items():
        given = (
            (flags.get(key), Origin.FLAG, f"--{key.removesuffix('_url')} ({key})"),
            (environment.get(variable(key)), Origin.ENVIRONMENT, f"{variable(key)} ({key})"),
            (written.get(key), Origin.FILE, f"{path}: {key}"),
        )
        for raw, origin, place in given:
            if raw is not None and key != "home":
                try:
                    values[key] = parse(item, raw)
                    origins[key] = origin
                except ValueError as error:
                    what = "what it is" if item.secret else shown(raw)
                    faults.append(Fault(key, f"{place} cannot be {what}: {error}"))
                break
    built: Settings = build(Settings, values)
    faults += _check_together(built)
    notices = (*old_variables, *old_keys, *misspelt(environment, known))
    return Reading(replace(built, origins=origins), tuple(faults), notices)


def _check_together(settings: Settings) -> Iterator[Fault]:
    """Refuse settings that each are fine and together never come to an end."""
    if settings.service.separate_judge_workers and not settings.detect.keep_crops:
        yield Fault(
            "service.separate_judge_workers",
            "service.separate_judge_workers needs detect.keep_crops: whoever judges apart reads the kept crops",
            "leave one of the two at its default",
        )


def items(settings: Settings) -> list[Item]:
    """Return every setting with its value and origin, in the order of the file."""
    found = []
    for key, item in keys(Settings).items():
        value: Any = settings
        for part in key.split("."):
            value = getattr(value, part)
        origin = settings.origins.get(key, Origin.DEFAULT)
        found.append(Item(key, variable(key), value, origin, item.doc, item.allowed.words, item.secret))
    return found


def _home(environment: Mapping[str, str], flags: Mapping[str, Any], faults: list[Fault]) -> Path:
    """Return the home's absolute path, or, where nobody can say it, a relative one that no one is to use."""
    given = flags.get("home") or environment.get("ORGANISER_HOME")
    try:
        return Path(given or user_data_path("organiser")).expanduser().absolute()
    except (RuntimeError, OSError) as error:
        hint = "set ORGANISER_HOME or --home to a folder by its whole path"
        faults.append(Fault("home", f"home ({given or 'default'}) cannot be found: {error}", hint))
        return Path("organiser")


def _home_origin(environment: Mapping[str, str], flags: Mapping[str, Any]) -> Origin:
    if flags.get("home"):
        return Origin.FLAG
    return Origin.ENVIRONMENT if environment.get("ORGANISER_HOME") else Origin.DEFAULT
