"""What a user installs: it collides with nothing, is complete, and runs away from the repository."""

import signal
import socket
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.deploy.conftest import ROOT, Installed, clean, making, run


@pytest.mark.timeout(600)
def test_a_release_passes_its_own_check(release: tuple[Path, Path]) -> None:
    making.check(*release)
    with zipfile.ZipFile(release[0]) as wheel:
        top = {name.split("/")[0] for name in wheel.namelist()}
    assert top == {"organiser", f"organiser-{making.version()}.dist-info"}


def test_a_wheel_that_collides_or_lacks_something_is_no_release(release: tuple[Path, Path], tmp_path: Path) -> None:
    bad = tmp_path / release[0].name
    with zipfile.ZipFile(release[0]) as wheel, zipfile.ZipFile(bad, "w") as other:
        for name in wheel.namelist():
            if not name.endswith("model.tflite"):
                other.writestr(name, wheel.read(name))
        other.writestr("workers/__init__.py", "")
    with pytest.raises(making.NotReadyError, match=r"\['workers'\].*(\n.*)*lacks.*model\.tflite"):
        making.check(bad, release[1])


def test_the_source_distribution_brings_what_the_tests_and_containers_need(release: tuple[Path, Path]) -> None:
    with tarfile.open(release[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for name in (
        "docker-compose.yml",
        "Dockerfile",
        ".dockerignore",
        "requirements/image.txt",
        "Makefile",
        "tests/photos.py",
    ):
        assert name in names
    assert not {name for name in names if name.startswith((".ci", ".env", "demo/"))}


def test_a_tree_with_changes_or_without_a_heading_is_not_released(tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "9.8.7"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n", "utf-8")
    with pytest.raises(making.NotReadyError, match="not committed"):
        making.check_tree(tmp_path)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "one"], check=True)
    with pytest.raises(making.NotReadyError, match=r"9\.8\.7"):
        making.check_tree(tmp_path)
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 9.8.7\n", "utf-8")
    subprocess.run([*git, "commit", "--quiet", "-a", "-m", "two"], check=True)
    making.check_tree(tmp_path)
    subprocess.run([*git, "tag", "v9.8.7"], check=True)
    with pytest.raises(making.NotReadyError, match="tagged"):
        making.check_tree(tmp_path)


def test_the_version_stands_in_one_place() -> None:
    number = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    for name in ("docker-compose.yml", "Dockerfile", "organiser/__init__.py", "organiser/cli/main.py"):
        assert number not in (ROOT / name).read_text("utf-8"), name


@pytest.mark.timeout(1800)
def test_a_light_installation_scans_finds_and_reports(light: Installed) -> None:
    for name in ("scan", "find", "report"):
        assert light.light[name].returncode == 0, light.light[name].stderr
    assert sorted(light.light["find"].stdout.split()) == [f"{light.work}/photos/{number}.jpg" for number in range(4)]
    assert "<html" in (light.work / "report.html").read_text("utf-8")[:200].lower()
    assert light.light["version"].stdout == f"organiser {making.version()}\n"
    assert light.light["up"].returncode == 1
    assert "pip install 'organiser[service]'" in light.light["up"].stderr


@pytest.mark.timeout(1800)
def test_the_service_runs_from_a_wheel(full: Installed, tmp_path: Path) -> None:
    environment = clean() | {
        "ORGANISER_HOME": str(full.work / "home"),
        "ORGANISER_DETECTOR": "drawn",
        "ORGANISER_WEB_PORT": "0",
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(600)
        command = [full.program, "up", "photos"]
        with subprocess.Popen(command, env=environment, cwd=full.work, stderr=subprocess.PIPE, text=True) as up:
            try:
                assert manager.recv(4096).startswith(b"READY=1")
                status = run(full.folder, full.work, "status", "--json")
                assert status.returncode == 0, status.stderr
                up.send_signal(signal.SIGTERM)
                _, log = up.communicate(timeout=600)
            finally:
                up.kill()  # nothing, once it ended
    assert up.returncode == 0, log
    assert "event=stopped" in log
