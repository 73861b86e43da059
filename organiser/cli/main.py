"""The `organiser` command: finds its subcommands by name and loads only the one that runs.

Data goes to stdout, talk to stderr. Exit codes: 0 done, 1 an error a person can act on, 2 wrong usage, 3 done but some
photos failed, 130 interrupted. Anything else is a bug and shows its traceback.
"""

import io
import os
import sys
import traceback
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import TracebackType

import click

from organiser.core.outgoing import paragraph, printable
from organiser.errors import OrganiserError

_COMMANDS: Mapping[str, Mapping[str, str]] = {
    "library": {
        "scan": "Read photos: find faces, judge them, fill collections.",
        "watch": "Keep the index up to date while folders change.",
        "roots": "List, add and remove the folders handed over.",
        "collections": "Happy, sad and your own: folders and tags that follow a query.",
        "reclassify": "Judge again what is stale, or say what would change.",
        "predict": "Read pictures without touching any index.",
        "forget": "Erase every derived trace of photos.",
    },
    "search": {
        "find": "List the photos a query selects.",
        "show": "Tell everything known of one photo.",
        "stats": "Count the library.",
        "report": "Write a page to look at.",
        "web": "Show the library in the browser.",
    },
    "corrections": {
        "correct": "Say what a photo really shows.",
        "review": "Walk through the most doubtful photos.",
        "corrections": "List, export or import what people said.",
        "import-tags": "Take other programs' emotion keywords as corrections.",
    },
    "service": {
        "status": "Tell what is waiting, running and done.",
        "queue": "Rebuild the queue from the index.",
        "pause": "Stop taking work.",
        "resume": "Take work again.",
        "cancel": "Stop a run.",
        "schedule": "Do work at set times.",
        "failures": "List and retry what could not be done.",
    },
    "upkeep": {
        "doctor": "Check settings, index, model and parts.",
        "models": "List, add, check and choose models.",
        "backup": "Keep what people made in one file.",
        "restore": "Put a backup back, here or on another machine.",
    },
}
"""Each package of `organiser.cli.commands` with its commands: name and one-line help, kept here so that
`organiser --help` loads no command; '-' in a name is '_' in its module."""

_PACKAGE = {name: package for package, commands in _COMMANDS.items() for name in commands}
"""In which package a command stands."""

_SERVICE: Mapping[str, str] = {
    "up": "Run the whole service on this machine.",
    "worker": "Take work from the queue; part of the service.",
    "beat": "Start what is due at set times; part of the service.",
    "service": "Have the system keep it running.",
}
"""The same of the commands that the service's package brings."""


class LazyGroup(click.Group):
    """A group whose commands are modules of this package, or other packages' entry points, loaded when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_PACKAGE, *_foreign()]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            meant = get_close_matches(name, known, n=1)
            ctx.fail(f"No such command {name!r}.{f' Did you mean {meant[0]!r}?' if meant else ''}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _PACKAGE:
            module = f"organiser.cli.commands.{_PACKAGE[cmd_name]}.{cmd_name.replace('-', '_')}"
            command: click.Command = import_module(module).command
            return command
        point = _foreign().get(cmd_name)
        return None if point is None else _load(point)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        foreign = {name: _SERVICE.get(name, "Another package's command.") for name in _foreign()}
        for package, commands in _COMMANDS.items():
            with formatter.section(package.capitalize()):
                formatter.write_dl([*commands.items(), *(foreign.items() if package == "service" else ())])


def _foreign() -> dict[str, EntryPoint]:
    return {
        point.name: point for point in sorted(entry_points(group="organiser.commands"), key=lambda point: point.name)
    }


def _load(point: EntryPoint) -> click.Command:
    try:
        command: click.Command = point.load()
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{point.name} needs {error.name}, which is not installed: pip install 'organiser[service]'"
        ) from error
    return command


def _show_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"organiser {version('organiser')}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--home", type=click.Path(file_okay=False), help="The organiser's folder (ORGANISER_HOME).")
@click.option("--index", "index_url", metavar="URL", help="The index (ORGANISER_INDEX_URL).")
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Say which.")
@click.pass_context
def group(ctx: click.Context, home: str | None, index_url: str | None) -> None:
    """Read the faces in your photos and keep happy and sad collections.

    \b
    organiser scan ~/Pictures --collect ~/Collections   the whole job
    organiser find 'emotion:happy taken:2024'           ask the index
    organiser show ~/Pictures/party.jpg                 why is it happy?

    It reports perceived expression, never feelings. Everything stays on this machine; originals are only read.
    """
    ctx.obj = {"home": home, "index_url": index_url}


def main() -> None:
    """Run the command line; the console script's entry."""
    sys.excepthook = _show_bug
    _open_what_is_closed()
    try:
        code = group.main(prog_name="organiser", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        code = 130
    except KeyboardInterrupt:
        code = 130
    except click.ClickException as error:
        _show_usage(error)
        code = error.exit_code
    except OrganiserError as error:
        click.echo(paragraph(f"organiser: {error}"), err=True)
        if error.hint:
            click.echo(f"  → {printable(error.hint)}", err=True)
        code = 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left, e.g. `| head`
        code = 0
    except OSError as error:
        click.echo(paragraph(f"organiser: {_system_error(error)}"), err=True)
        code = 1
        if error.filename is None:  # most likely its own output, which is to be tried no more when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code)


def _open_what_is_closed() -> None:
    """Give a command whose caller closed its output somewhere to write to: `scan >&-` is to scan nevertheless."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _system_error(error: OSError) -> str:
    """Say what the system refused."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the folder that this was started in is gone; change to another and try again"
    what = os.strerror(error.errno) if error.errno else str(error)
    return what if error.filename is None else f"{os.fsdecode(error.filename)}: {what}"


def _show_usage(error: click.ClickException) -> None:
    """Show what was wrong with the words of a command line, which may be names of files."""
    shown = io.StringIO()
    error.show(shown)
    for line in shown.getvalue().split("\n")[:-1]:
        click.echo(printable(line), err=True)


def _show_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    for line in "".join(traceback.format_exception(kind, error, trace)).split("\n"):
        click.echo(printable(line), err=True)
