"""What `organiser scan` shows: the progress while it works, the plan of a dry run, the summary with what to type next."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime

from organiser.cli.output import say, tell, write_line
from organiser.core.emotion import Emotion
from organiser.core.query.parse import parse
from organiser.index.db.engine import reading
from organiser.index.search import find
from organiser.index.tables import collections as saved
from organiser.index.tables import roots
from organiser.index.tables.library import count_present
from organiser.jobs.drivers.full_scan import Summary
from organiser.jobs.drivers.local import Progress
from organiser.jobs.services import Services
from organiser.jobs.steps.compare import Diff, links_note
from organiser.settings.values import Origin, Settings

_NOTICE = "organiser reports the expression a face appears to show, not what a person feels. Nothing left this machine."
_LISTED = (*(f"emotion:{emotion}" for emotion in Emotion), "reason:mixed", "reason:unsure", "reason:no_face")
_MOST_NOTES = 10
_WORDS = {"unread": "left unread by an earlier scan"}
_PLACING = ("placed", "renamed", "removed", "forgotten", "tagged", "untagged", "not_placed")


def show_progress(steps: Iterator[Progress], *, quiet: bool) -> None:
    """Draw a live bar of the steps on stderr, or just exhaust them."""
    if quiet:
        for _ in steps:
            pass
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[found]}"),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("photos", total=None, rate="", found="")
        for step in steps:
            bar.update(task, completed=step.done, total=step.done + step.remaining, found=_found(step))
            speed = bar.tasks[task].finished_speed or bar.tasks[task].speed
            bar.update(task, rate=f"{speed:.0f}/s" if speed else "")


def _found(step: Progress) -> str:
    faces, failed = step.counts["faces"], step.counts["failed"] + step.counts["unreadable"]
    return f"{faces:,} faces" + (f", {failed} failed" if failed else "")


def show_plan(diffs: Iterable[Diff], *, as_json: bool) -> None:
    """Print what a scan would do, root by root, on stdout."""
    for diff in diffs:
        counts = {
            "new": len(diff.plan.new),
            "changed": len(diff.plan.changed) - diff.unread,
            "unread": diff.unread,
            "moved": len(diff.plan.moved),
            "returned": len(diff.plan.returned),
            "missing": len(diff.plan.missing) - len(diff.ignored),
            "ignored": len(diff.ignored),
            "same": diff.plan.same,
        }
        if as_json:
            write_line({"root": diff.root.path, "offline": diff.offline} | counts)
            continue
        parts = [f"{count:,} {_WORDS.get(word, word)}" for word, count in counts.items() if count]
        tell(f"{diff.root.path}: {', '.join(parts) or 'nothing'}")
        if diff.offline:
            tell(f"  offline: {diff.offline}; nothing would be marked missing")
        if diff.links:
            tell(f"  {links_note(diff)}")


def show_summary(services: Services, summary: Summary, settings: Settings, *, as_json: bool) -> None:
    """Print what a scan did and what to type next; JSON on stdout, talk on stderr."""
    counts = summary.counts
    if as_json:
        found = {
            "finished": summary.finished,
            "counts": dict(sorted(counts.items())),
            "notes": list(summary.notes),
        }
        write_line(found)
        return
    for note in summary.notes[:_MOST_NOTES]:
        say(f"note: {note}")
    if len(summary.notes) > _MOST_NOTES:
        say(f"note: … and {len(summary.notes) - _MOST_NOTES} more")
    for line in _work_done(summary).split("\n"):
        tell(line)
    with reading(services.engine) as tx:
        placed = [(collection, saved.count_placements(tx, collection.id)) for collection in saved.every(tx)]
        away = sum(count_present(tx, root.id) for root in roots.every(tx) if root.offline_since is not None)
        library = [(text, find.count(tx, parse(text, datetime.now()))) for text in _LISTED]  # noqa: DTZ005 wall clock
    judged = ", ".join(f"{count:,} {text.partition(':')[2].replace('_', ' ')}" for text, count in library if count)
    tell(f"library: {judged or 'no photo judged yet'}{_offline(away)}")
    for saved_collection, count in placed:
        collection = saved_collection.collection
        if collection.target:
            photos = f"{count:,} photo{'' if count == 1 else 's'}"
            tell(f"{collection.name}: {photos} in {collection.target}")
    tell(_NOTICE)
    _say_what_next(settings, failed=bool(counts["failed"] or counts["unreadable"]))


def _offline(files: int) -> str:
    """What of the library nobody can open now: its photos are counted, for they are not gone."""
    return f"; {files:,} file{' lies' if files == 1 else 's lie'} in folders that are offline" if files else ""


def _work_done(summary: Summary) -> str:
    counts = summary.counts
    words = ("new", "unread", "changed", "moved", "returned", "missing", "ignored", "same")
    files = ", ".join(f"{counts[word]:,} {_WORDS.get(word, word)}" for word in words if counts[word]) or "nothing"
    failed = counts["failed"] + counts["unreadable"]
    done = f"files: {files}\nread: {counts['detected']:,} photos, {counts['faces']:,} faces, {failed:,} failed"
    moves = ", ".join(f"{counts[word]:,} {word.replace('_', ' ')}" for word in _PLACING if counts[word])
    return f"{done}\ncollections: {moves}" if moves else done


def _say_what_next(settings: Settings, *, failed: bool) -> None:
    """Say commands that work from any folder; what one does stands above it where a line would be too long for both."""
    command = _program()
    if settings.origins.get("home") is not Origin.DEFAULT:
        command += f" --home {shlex.quote(str(settings.home))}"
    columns = shutil.get_terminal_size().columns
    tell("next:")
    for text, why in (
        ("find emotion:happy", "the happy ones"),
        ("find reason:mixed , reason:unsure", "those it could not decide"),
        ("stats", "the library in numbers"),
        *((("failures list", "what could not be read, and why"),) if failed else ()),
    ):
        line = f"  {command} {text:<34} {why}"
        if len(line) > columns:
            tell(f"  {why}:")
            line = f"    {command} {text}"
        tell(line)


def _program() -> str:
    """The words that start this program in any folder."""
    started = os.path.abspath(sys.argv[0])
    if started.endswith("__main__.py"):
        return f"{shlex.quote(sys.executable)} -m organiser"
    found = shutil.which("organiser")
    known = os.sep not in sys.argv[0] or (found is not None and os.path.realpath(found) == os.path.realpath(started))
    return "organiser" if known else shlex.quote(started)
