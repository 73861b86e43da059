"""What of the settings file holds on any machine, as a backup keeps it: how things are judged, not where they lie."""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

from organiser.errors import SettingsError
from organiser.settings.values import Settings

MACHINE = frozenset({"home", "index_url", "broker_url", "postgres", "redis", "log", "workers", "device", "roots"})
"""Settings of one machine: addresses, with their passwords, and what it has."""


def settings_file(environment: Mapping[str, str], settings: Settings) -> Path:
    """Return where the settings file is, or would be."""
    return Path(environment.get("ORGANISER_CONFIG") or settings.home / "organiser.toml")


def portable(path: Path) -> dict[str, Any]:
    """Return what a settings file says that holds on any machine; nothing when there is no file.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from error
    return {key: value for key, value in written.items() if key not in MACHINE}


def keep(path: Path, values: Mapping[str, Any]) -> bool:
    """Write a settings file that says this where there is none; return False where one is that says otherwise.

    Raises:
        SettingsError: it cannot be written.
    """
    if path.exists():
        return portable(path) == values
    if values:
        draft = path.with_name(f".{path.name}.{token_hex(4)}.part")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(_toml(values))
            draft.rename(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise SettingsError(f"{path}: {error.strerror or error}") from error
    return True


def _toml(values: Mapping[str, Any]) -> str:
    """Return plain settings, then a table for each group; what is deeper is written inline."""
    plain = [f"{_key(name)} = {_value(value)}" for name, value in values.items() if not isinstance(value, dict)]
    tables = [
        "\n".join([f"[{_key(name)}]", *(f"{_key(key)} = {_value(inner)}" for key, inner in table.items())])
        for name, table in values.items()
        if isinstance(table, dict)
    ]
    return "\n\n".join(["# Restored from a backup.", *(["\n".join(plain)] if plain else []), *tables]) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else json.dumps(name)
