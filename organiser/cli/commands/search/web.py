"""`organiser web`: the library in the browser."""

import sys
import webbrowser
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from organiser.cli import context
from organiser.cli.commands.corrections.correct import who
from organiser.cli.output import say
from organiser.errors import SettingsError

if TYPE_CHECKING:
    from organiser.settings.values import Settings

_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True)


@click.command("web")
@click.option("--port", type=click.IntRange(0, 65535), help="Where to listen; 0 takes a free port.  [web.port]")
@click.option("--host", metavar="ADDRESS", help="Listen there, for other machines too.  [web.address]")
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
@click.option("--name", "names", metavar="NAME", multiple=True, help="A further host name it answers to.")
@click.option("--cert", type=_FILE, help="A certificate (PEM): what goes over the network is encrypted then.")
@click.option("--key", type=_FILE, help="The certificate's private key.")
@click.option("--set-password", "asking", is_flag=True, help="Ask for a password, keep its hash, and end.")
@click.option("--new-token", is_flag=True, help="Make another token; everybody has to come in anew. Then end.")
@click.option(
    "--log", "level", type=click.Choice(["debug", "info", "warning"]), default="warning", help="How much to tell."
)
@click.option("--supervised", type=int, metavar="PID", hidden=True, help="End when this parent ends.")
@click.pass_context
def command(
    ctx: click.Context,
    port: int | None,
    host: str | None,
    show: bool,
    names: tuple[str, ...],
    cert: str | None,
    key: str | None,
    asking: bool,
    new_token: bool,
    level: str,
    supervised: int | None,
) -> None:
    """Show the library in the browser: look, ask, correct, see what is going on. Ctrl-C ends it.

    Only this machine reaches it, and only whoever has the address that is printed. Beyond this machine it asks for a
    password, and is not encrypted without a certificate.

    \b
    organiser web --open
    organiser web --port 0                              any free port
    organiser web --set-password                        once, before the next one
    organiser web --host 0.0.0.0 --cert c.pem --key k.pem --name photos.home
    """
    if (cert is None) != (key is None):
        raise click.UsageError("--cert and --key go together")
    _require()
    settings = context.settings(ctx, **{"web.port": port, "web.address": host})
    if asking or new_token:
        _change(settings, password=asking)
        return
    from organiser.lifeline import end_with_parent
    from organiser.logs import configure
    from organiser.web.server import Serving, serve

    configure(level, settings.log.format)
    if supervised is not None:
        end_with_parent(parent=supervised)
    serving = Serving(settings.web.address, settings.web.port, who(), names, cert, key)

    def ready(address: str) -> None:
        say(f"organiser web: {address}")
        if serving.beyond:
            say(
                "Other machines can reach it; it asks them for the password."
                + ("" if cert else " It is NOT encrypted: whoever sees the network sees password and photos.")
            )
        sys.stderr.flush()
        if show:
            webbrowser.open(address)

    serve(settings, serving, ready)


def _require() -> None:
    missing = [name for name in ("starlette", "uvicorn", "jinja2") if find_spec(name) is None]
    if missing:
        raise SettingsError(f"the page needs {', '.join(missing)}", "pip install 'organiser[web]'")


def _change(settings: "Settings", *, password: bool) -> None:
    from organiser.web.access import keys

    if password:
        keys.set_password(settings.home, click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
        say("the password is set; everybody has to come in anew")
    else:
        keys.new_token(settings.home)
        say("there is a new token; everybody has to come in anew")
