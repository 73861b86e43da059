"""Where a person stands is no place to import from: a folder of photos from anywhere may hold Python files."""

import time
from pathlib import Path

import pytest

from organiser.jobs.actions import roots
from tests.workers.service_process import Service, draw, verdicts


def test_the_service_runs_no_python_file_of_the_folder_it_is_started_in(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = tmp_path / "photos from anywhere"
    stranger.mkdir()
    for name in ("celery", "re2", "numpy", "sitecustomize", "json", "organiser"):
        (stranger / f"{name}.py").write_text(
            f"open({str(tmp_path / 'ran')!r}, 'a').write(__name__)\nraise SystemExit\n"
        )
    draw(service.library, 1)
    services = service.open()
    roots.add(services.engine, str(service.library), time.time())
    monkeypatch.chdir(stranger)
    service.start("up", program=("-P", "-m", "organiser"))  # as the installed command: it does not import from here
    service.wait("its photo is judged", lambda: len(verdicts(services)) == 1)
    assert not (tmp_path / "ran").exists()
