"""The units: systemd finds nothing to say against them, whatever the folders are called, and they are closed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from organiser.errors import SettingsError
from organiser.workers.install.plan import ServicePlan
from organiser.workers.install.systemd import unit

_ODD = 'a b;$HOME %n "q" \\x #1'
_HAS_SYSTEMD = shutil.which("systemd-analyze") is not None
_MOST_EXPOSED = {"system": 20, "user": 40}
"""Of systemd's marks from 0 (closed) to 100; a unit without any hardening has 96."""


def _plan(tmp_path: Path, user: str | None, name: str = "photos") -> ServicePlan:
    folders = [tmp_path / name, tmp_path / "home", tmp_path / "out"]
    for folder in folders:
        folder.mkdir()
    return ServicePlan(Path(sys.executable), folders[1], (folders[0],), folders[2], user)


def _values(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("user", [None, "daemon"])
def test_a_unit_writes_to_the_home_and_the_collections_alone(tmp_path: Path, user: str | None) -> None:
    text = unit(_plan(tmp_path, user))
    assert _values(text, "ProtectSystem") == ["strict"]
    assert _values(text, "ReadWritePaths") == [f"-{tmp_path}/home", f"-{tmp_path}/out"]
    assert _values(text, "ReadOnlyPaths") == [f"-{tmp_path}/photos"]
    assert _values(text, "NoNewPrivileges") == ["yes"]
    assert _values(text, "User") == ([user] if user else [])
    assert _values(text, "Type") == ["notify"]
    assert _values(text, "MemoryHigh") == ["50%"]


def test_a_folder_that_no_unit_can_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot stand"):
        ServicePlan(Path(sys.executable), tmp_path, (Path("/photos\n[Service]\nUser=root"),))


if _HAS_SYSTEMD:

    @pytest.mark.parametrize("name", ["photos", _ODD])
    @pytest.mark.parametrize("user", [None, "daemon"])
    def test_systemd_finds_nothing_to_say(tmp_path: Path, user: str | None, name: str) -> None:
        path = tmp_path / "organiser.service"
        path.write_text(unit(_plan(tmp_path, user, name)), "utf-8")
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        about_ours = [line for line in done.stderr.splitlines() if "organiser" in line]
        assert (done.returncode, about_ours) == (0, []), done.stderr

    @pytest.mark.parametrize("user", [None, "daemon"])
    def test_a_unit_is_closed(tmp_path: Path, user: str | None) -> None:
        path = tmp_path / "organiser.service"
        path.write_text(unit(_plan(tmp_path, user)), "utf-8")
        most = str(_MOST_EXPOSED["system" if user else "user"])
        words = ["systemd-analyze", "security", "--offline=yes", f"--threshold={most}", "--no-pager", str(path)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
