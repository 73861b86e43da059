"""Writes the pages that repeat what the program says of itself: `docs/cli.md` and `docs/configuration.md`.

`python docs/reference.py` writes them, `--check` only says whether they are up to date; a test does the same.
"""

import sys
from pathlib import Path

import click

from organiser.cli.main import group
from organiser.jobs.corrections.import_tags import HEADINGS, WORDS
from organiser.settings.reading import Item, items, load

FOLDER = Path(__file__).parent
_WIDTH = 100

_CLI = """\
# Commands

`organiser COMMAND …` or `python -m organiser COMMAND …`. This page is written by `python docs/reference.py` from what
`--help` says.

**Data goes to stdout, talk to stderr.** A listing has `--table`, `--json` (one array), `--jsonl` (one object a line)
and `--csv`; where it lists photos also `--paths` and `-0`. Unasked it is a table; `find` gives a table on a terminal
and bare paths to a pipe, and `predict` always gives JSON lines. All formats stream. [json-schema.md](json-schema.md)
describes the objects. File names that are no UTF-8 are written byte for byte in CSV and paths, as surrogate escapes
(`\\udc80` to `\\udcff`) in JSON, and as `\\xNN` in tables. Whatever goes to a terminal has control characters and marks of
direction as `\\xNN` and `\\uNNNN`; a CSV cell that a spreadsheet would take for a formula begins with an apostrophe.

**Exit codes**

| code | means |
|---|---|
| 0 | done |
| 1 | an error that a person can act on; it is one line on stderr, with a hint |
| 2 | wrong usage |
| 3 | done, but some photos could not be read or placed |
| 130 | interrupted; the next run goes on from there |

`doctor`, `models verify` and `collections verify` exit with 1 when something is not in order.

**Shell completion**: `eval "$(_ORGANISER_COMPLETE=bash_source organiser)"` in `~/.bashrc`, with `zsh_source` in
`~/.zshrc`; for fish `_ORGANISER_COMPLETE=fish_source organiser | source`.
"""

_CONFIGURATION = """\
# Configuration

Flags win over environment variables, these over `organiser.toml` in the organiser's folder (or the file that
`ORGANISER_CONFIG` names), and that over the defaults. `organiser doctor` shows every value and where it came from. This
page is written by `python docs/reference.py`.

A key `policy.rule` is `rule` in the file's table `[policy]` and `ORGANISER_POLICY_RULE` in the environment. There,
lists are separated by `:` and tables are JSON. Every value is checked when it is read: one that is not allowed, or a key
that no setting has, ends a command with its place, what is allowed, and the name that was probably meant; a misspelt
`ORGANISER_…` variable is told. `organiser doctor` runs all the same and has a line for each.

```toml
workers = 4

[policy]
rule = "largest"
thresholds = { sad = 0.8 }

[scan]
ignore = ["Screenshots/", "*.gif"]
```

| key | default | allowed | meaning | variable |
|---|---|---|---|---|
"""


def cli_page() -> str:
    """Return `docs/cli.md`."""
    root = {**group.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = click.Context(group, info_name="organiser", **root)
    parts = [_CLI, _help(group, context)]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        parts.append(_section(command, name, context, 2))
    return "\n".join([*parts, _words()])


def configuration_page() -> str:
    """Return `docs/configuration.md`."""
    return _CONFIGURATION + "".join(map(_line, items(load({"ORGANISER_HOME": "/", "ORGANISER_CONFIG": "/dev/null"}))))


PAGES = {"cli.md": cli_page, "configuration.md": configuration_page}


def _section(command: click.Command, name: str, parent: click.Context, level: int) -> str:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=_WIDTH, max_content_width=_WIDTH)
    text = f"{'#' * level} {context.command_path}\n\n{_help(command, context)}"
    if not isinstance(command, click.Group):
        return text
    inner = [(each, command.get_command(context, each)) for each in command.list_commands(context)]
    sections = (_section(command, each, context, level + 1) for each, command in inner if command is not None)
    return "\n".join([text, *sections])


def _help(command: click.Command, context: click.Context) -> str:
    lines = [line.rstrip() for line in command.get_help(context).splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```\n"


def _words() -> str:
    """The words that `import-tags` takes."""
    rows = "".join(f"| `{word}` | {emotion} |\n" for word, emotion in WORDS.items())
    above = ", ".join(f"`{word}`" for word in sorted(HEADINGS))
    intro = f"`import-tags` takes these words, and below {above} (with `|` or `/` between levels)"
    return (
        f"## Keywords that mean an emotion\n\n{intro}\nalso the emotions' own names, in any case.\n\n"
        f"| keyword | emotion |\n|---|---|\n{rows}"
    )


def _line(item: Item) -> str:
    default = "the platform's data folder" if item.key == "home" else f"`{_spelled(item.value)}`"
    return f"| `{item.key}` | {default} | {item.allowed} | {item.doc} | `{item.variable}` |\n"


def _spelled(value: object) -> str:
    """A value as `organiser.toml` spells it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[]"
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_spelled(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return str(value) if isinstance(value, int | float) else f'"{value}"'


def main() -> int:
    """Write the pages, or with `--check` tell which are out of date."""
    stale = []
    for name, page in PAGES.items():
        target = FOLDER / name
        text = page()
        if not target.exists() or target.read_text("utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                target.write_text(text, "utf-8")
    if "--check" in sys.argv and stale:
        sys.stderr.write(f"out of date: {', '.join(stale)}; run python docs/reference.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
