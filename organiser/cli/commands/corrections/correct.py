"""`organiser correct`: a person's word."""

import getpass
import os

import click

from organiser.cli import context
from organiser.cli.output import say
from organiser.core.emotion import Emotion
from organiser.core.judging.correction import IS, IS_NOT, NO_FACE, NOTHING


@click.command("correct")
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option(
    "--as", "emotion", type=click.Choice([*map(str, Emotion), NOTHING, NO_FACE]), help="What it really shows."
)
@click.option("--not", "refused", type=click.Choice(list(map(str, Emotion))), help="What it does not show.")
@click.option("--clear", is_flag=True, help="Take back what was said.")
@click.option("--face", type=click.IntRange(min=1), metavar="N", help="Only the Nth face, as organiser show counts.")
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[str, ...], emotion: str | None, refused: str | None, clear: bool, face: int | None
) -> None:
    """Say what the photos at PATHS really show; it wins over every model and is never overwritten.

    It belongs to the picture, not to the file: copies show it too, and a copy in a collection can be named as well.

    \b
    organiser correct party.jpg --as happy
    organiser correct group.jpg --face 2 --as sad
    organiser correct group.jpg --face 3 --as no_face
    organiser correct lamp.jpg --not happy
    organiser correct party.jpg --clear
    """
    if sum((emotion is not None, refused is not None, clear)) != 1:
        raise click.UsageError("say one of --as, --not and --clear")
    if face is not None and (clear or len(paths) > 1):
        raise click.UsageError("--face is for one photo, with --as or --not")
    if emotion == NO_FACE and face is None:
        raise click.UsageError("--as no_face is said of one face: name it with --face N")
    from organiser.jobs import paths as places
    from organiser.jobs.corrections import correct

    services = context.services(ctx)
    found = dict.fromkeys(key for path in paths for key in places.photos_at(services.engine, services.roots, path))
    photo_ids = list(found)
    if clear:
        done = correct.take_back(services, photo_ids)
        summary = f"took back {done.counts['corrections']} corrections of"
    else:
        answer = refused or (None if emotion in (NOTHING, NO_FACE) else emotion)
        verb = IS_NOT if refused or emotion == NO_FACE else IS
        saying = correct.Saying(None if answer is None else Emotion(answer), verb, face)
        done = correct.correct(services, photo_ids, saying, who())
        summary = f"{'not ' if refused else ''}{refused or emotion}:"
    say(f"{summary} {_photos(len(photo_ids))}")
    for note in done.notes:
        say(f"  {note}")


def who() -> str:
    """Name the person at this terminal; a user without an account name by number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _photos(count: int) -> str:
    return f"{count} photo{'' if count == 1 else 's'}"
