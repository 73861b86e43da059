"""Settings that had another name once: an old name is still read, and said to be old."""

from collections.abc import Mapping
from typing import Any

from organiser.settings.fields import variable

RENAMED: Mapping[str, str] = {
    "look.max_megabytes": "detect.max_megabytes",
    "look.max_megapixels": "detect.max_megapixels",
    "look.keep_crops": "detect.keep_crops",
    "look.memory_megabytes": "detect.memory_megabytes",
    "service.judge_apart": "service.separate_judge_workers",
    "service.tend_seconds": "service.maintenance_seconds",
    "service.deaf_seconds": "service.heartbeat_timeout",
}


def renamed_variables(environment: Mapping[str, str]) -> tuple[Mapping[str, str], list[str]]:
    """Return the environment with old variables under their new names, and what to say of each; a new name wins.

    >>> renamed_variables({"ORGANISER_LOOK_KEEP_CROPS": "no"})[0]
    {'ORGANISER_DETECT_KEEP_CROPS': 'no'}
    """
    names = {variable(old): variable(new) for old, new in RENAMED.items()}
    return _renamed(environment, names)


def renamed_keys(written: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """Return the values of a file with old keys under their new names, and what to say of each; a new name wins.

    Args:
        written: values by key; the section `look`, which there is no more, may still be one value.
    """
    look = written.get("look")
    inner = {f"look.{key}": value for key, value in look.items()} if isinstance(look, dict) else {}
    rest = {key: value for key, value in written.items() if not (key == "look" and isinstance(look, dict))}
    return _renamed(rest | inner, RENAMED)


def _renamed(given: Mapping[str, Any], names: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    found = {name: value for name, value in given.items() if name not in names}
    old = [name for name in given if name in names]
    renamed = {names[name]: given[name] for name in old}
    return renamed | found, [
        f"{name} is now called {names[name]}; the old name is read for the time being" for name in old
    ]
