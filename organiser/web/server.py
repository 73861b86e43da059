"""Runs the page: a socket, the names it answers to, the address that lets its reader in, uvicorn."""

import ipaddress
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

import uvicorn

from organiser.bootstrap import open_queue, open_services
from organiser.errors import SettingsError
from organiser.settings.values import Settings
from organiser.web.access import keys
from organiser.web.access.guard import Names
from organiser.web.access.session import Door
from organiser.web.app import make_app
from organiser.web.processes import Processes
from organiser.web.screen import Screen
from organiser.web.site import Site

_BUSY_S = 3
_LAST_S = 2


@dataclass(frozen=True, slots=True)
class Serving:
    """How the page is served.

    Attributes:
        host, port: where it listens; port 0 takes a free one.
        names: further host names that it answers to.
        certificate, key: files for TLS, or None.
        who: whose word a correction is.
    """

    host: str
    port: int
    who: str
    names: Sequence[str] = ()
    certificate: str | None = None
    key: str | None = None

    @property
    def beyond(self) -> bool:
        """Whether others than this machine can reach it."""
        return not _is_loopback(self.host)


def serve(settings: Settings, serving: Serving, ready: Callable[[str], None]) -> None:
    """Serve the page until told to stop; `ready` is given the address that lets its reader in.

    Raises:
        SettingsError: it cannot listen there; without a password it does not listen beyond this machine.
    """
    if serving.beyond and not keys.load(settings.home).password:
        raise SettingsError(
            f"{serving.host} can be reached from other machines, and no password is set",
            "organiser web --set-password",
        )
    listening = _listen(serving)
    port = listening.getsockname()[1]
    secure = serving.certificate is not None
    services = open_services(settings, busy=_BUSY_S)
    services.model()  # a broken bundle is told before anybody looks
    door = Door(settings.home, port, secure)
    screen = Screen(services, keep=settings.detect.keep_crops)
    processes = Processes(settings, services)
    site = Site(settings, services, door, screen, serving.who, lambda: open_queue(settings), processes)
    server = _Server(
        uvicorn.Config(
            make_app(site, _names(serving)),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=_LAST_S,
            ssl_certfile=serving.certificate,
            ssl_keyfile=serving.key,
        ),
        site,
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    ready(f"{'https' if secure else 'http'}://{_shown(serving)}:{port}/?token={door.keys.token}")
    try:
        server.run(sockets=[listening])
    finally:
        services.engine.dispose()


class _Server(uvicorn.Server):
    """Tells streams that never end by themselves to end when the server is told to."""

    def __init__(self, config: uvicorn.Config, site: Site) -> None:
        super().__init__(config)
        self._site = site

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._site.ending.set()
        super().handle_exit(sig, frame)


def _listen(serving: Serving) -> socket.socket:
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    # With its protocol named: asyncio leaves Nagle's delays on otherwise, and every answer takes 40 ms longer.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((serving.host, serving.port))
        found.listen(128)
    except OSError as error:
        found.close()
        hint = "organiser web --port N takes another one" if serving.port else ""
        raise SettingsError(f"cannot listen on {serving.host} port {serving.port}: {error.strerror}", hint) from error
    return found


def _names(serving: Serving) -> Names:
    names = {"localhost", *(name.lower().rstrip(".") for name in serving.names)}
    if serving.beyond:
        own = socket.gethostname().lower()
        names |= {own, f"{own}.local", serving.host.lower()}
    return Names(frozenset(names), serving.beyond)


def _shown(serving: Serving) -> str:
    host = serving.host
    if host in ("0.0.0.0", "::"):  # noqa: S104 what is bound is the user's choice
        host = serving.names[0] if serving.names else socket.gethostname()
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
