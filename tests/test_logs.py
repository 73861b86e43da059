"""Logs: one record a fact, in each of the forms a setting chooses."""

import contextlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from organiser import logs
from organiser.errors import SettingsError
from organiser.journald import JournaldHandler
from tests.photos import HAPPY, photo

_JOURNALD = "/lib/systemd/systemd-journald"
_CAN_UNSHARE = os.path.exists(_JOURNALD) and os.geteuid() == 0 and shutil.which("unshare") is not None


def _record(**fields: object) -> logging.LogRecord:
    record = logging.LogRecord("organiser.jobs", logging.INFO, "file.py", 1, "done %s", ("well",), None)
    record.fields = fields
    return record


def test_text_is_one_line_of_key_and_value() -> None:
    line = logs.Logfmt().format(_record(job="detect", path="a\nlevel=error", nothing=None))
    assert "\n" not in line
    assert line.endswith('event="done well" job=detect path="a\\nlevel=error"')


def test_json_is_one_object_a_line_and_keeps_numbers() -> None:
    record = _record(job="detect", seconds=1.5, path=Path("/a\nb\udcff\x1b"), nothing=None)
    record.exc_info = (ValueError, ValueError("in\nvain"), None)
    line = logs.JsonLines().format(record)
    assert "\n" not in line
    assert "\x1b" not in line
    found = json.loads(line.encode("utf-8"))
    assert found["event"] == "done well"
    assert (found["level"], found["from"], found["job"], found["seconds"]) == ("info", "organiser.jobs", "detect", 1.5)
    assert found["path"] == "/a\nb\udcff\x1b"
    assert "nothing" not in found
    assert found["traceback"].endswith("in\nvain")
    assert found["at"][10] == "T"
    assert found["at"][-3] == ":", "with its offset"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_command_logs_in_the_form_that_the_settings_say(tmp_path: Path, form: str) -> None:
    environment = os.environ | {
        "ORGANISER_HOME": str(tmp_path / "home"),
        "ORGANISER_LOG_FORMAT": form,
        "ORGANISER_BROKER_URL": "",
        "ORGANISER_DETECTOR": "drawn",
    }
    photo(tmp_path / "photos" / "a.jpg", [HAPPY])
    command = [sys.executable, "-m", "organiser", "watch", str(tmp_path / "photos"), "--workers", "1"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        line = watching.stderr.readline()
        watching.terminate()
    assert line.startswith('{"at": ' if form == "json" else "at="), line


def test_without_a_journal_journald_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no journal"):
        JournaldHandler(str(tmp_path / "socket"))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as receiver:
        receiver.bind(str(tmp_path / "socket"))
        yield receiver


def test_a_record_that_the_journal_does_not_take_goes_to_stderr(
    tmp_path: Path, journal: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = JournaldHandler(str(tmp_path / "socket"))
    handler.setFormatter(logs.Logfmt())
    handler.emit(_record(job="detect"))
    assert b"ORGANISER_JOB\n" in journal.recv(4096)
    (tmp_path / "socket").unlink()
    handler.emit(_record(job="judge"))
    handler.close()
    assert "job=judge" in capsys.readouterr().err


_PROGRAM = """
import logging
from organiser import logs
logs.configure("info", "journald")
log = logging.getLogger("organiser.test")
log.info("done", extra={"fields": {"job": "detect", "path": "a\\nPRIORITY=0", "number": 3}})
log.warning("large", extra={"fields": {"text": "x" * 3_000_000}})
try:
    raise ValueError("in vain")
except ValueError:
    log.exception("broken")
"""

_SESSION = """
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal
%(journald)s & journald=$!
until [ -S /run/systemd/journal/socket ] || ! kill -0 $journald; do sleep 0.05; done
%(python)s -c "$PROGRAM" >&2
journalctl --sync
journalctl -t organiser --output json --all --no-pager
kill $journald; wait $journald
"""


def _read_from_a_real_journal() -> list[dict[str, str]]:
    """Log to a journald of this test's own, in a mount namespace where /run is its own, and return what it then has."""
    script = _SESSION % {"journald": _JOURNALD, "python": sys.executable}
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
    session = subprocess.run(
        words, env=os.environ | {"PROGRAM": _PROGRAM}, capture_output=True, text=True, check=False, timeout=60
    )
    assert session.returncode in (0, 143), session.stderr
    return [json.loads(line) for line in session.stdout.splitlines()]


def _fields_arrive(read: Callable[[], list[dict[str, str]]]) -> None:
    first, large, broken = read()
    assert first["MESSAGE"] == 'done job=detect path="a\\nPRIORITY=0" number=3'
    assert (first["PRIORITY"], first["ORGANISER_JOB"], first["ORGANISER_NUMBER"]) == ("6", "detect", "3")
    assert first["ORGANISER_PATH"] == "a\nPRIORITY=0"
    assert large["PRIORITY"] == "4"
    assert len(large["ORGANISER_TEXT"]) == 3_000_000
    assert broken["MESSAGE"].endswith("ValueError: in vain")


if _CAN_UNSHARE:  # needs systemd's programs and the right to mount; elsewhere left out

    def test_journald_has_every_field_of_a_record() -> None:
        _fields_arrive(_read_from_a_real_journal)
