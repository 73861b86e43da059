"""A worker whose process ends over one file, called deadly.jpg, before anybody knows which photo it shows."""

import os
import signal
import sys
from dataclasses import replace

from organiser.bootstrap import open_services
from organiser.files.digest import Digested, digest_of_content
from organiser.jobs.services import Services
from organiser.settings.reading import load
from organiser.workers import logs
from organiser.workers.consuming.worker import WorkerOptions, run


def _digest(path: str, content: bytes) -> Digested:
    if path.endswith("deadly.jpg"):
        os.kill(os.getpid(), signal.SIGSEGV)
    return digest_of_content(path, content)


def main() -> int:
    settings = load(os.environ)
    logs.configure("info")

    def open_own() -> Services:
        return replace(open_services(settings), digest=_digest)

    return run(settings, WorkerOptions(processes=2), open_own)


if __name__ == "__main__":
    sys.exit(main())
