"""docker-compose.yml: valid, closed, and its services start, do their work and end, with any password, as another user."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from organiser.vision.classifiers.stub import write_stub_bundle
from tests.deploy.conftest import ROOT, Installed
from tests.deploy.containers import POSSIBLE, Containers, parsed
from tests.photos import HAPPY, SAD, photo
from tests.workers.service_process import wait_until

_PASSWORD = r"p@s/s:w#o%r$d'\" é"
_UID, _GID = 4321, 4322
_PATIENCE_S = 600.0
_OURS = ("prepare", "watch", "worker", "judge", "place", "beat")


def _env_file(folder: Path) -> Path:
    path = folder / "settings.env"
    quoted = _PASSWORD.replace("'", "").replace("\\", "")
    lines = [
        f"POSTGRES_PASSWORD='{quoted}'",
        f"REDIS_PASSWORD='{quoted}'",
        f"PHOTOS={folder}/photos",
        f"COLLECTIONS={folder}/collections",
        f"ORGANISER_UID={_UID}",
        f"ORGANISER_GID={_GID}",
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_nothing_unpinned_comes_into_the_image() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    for line in re.findall(r"pip (?:install|wheel) [^&\n]*", text):
        assert "--require-hashes" in line or ("--no-deps" in line and "--no-index" in line), line
    for name in ("build", "image", "image-gpu"):
        lock = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        pinned = re.findall(r"^[a-z0-9][^\n]*", lock, re.MULTILINE)
        assert pinned
        assert all("==" in line and line.endswith("\\") for line in pinned)


def test_the_build_sees_no_photos_passwords_and_environments() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    named = {pattern.removeprefix("!") for pattern in patterns if pattern.startswith("!")}
    copied = set(re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE))
    assert {word.split("/")[0] for line in copied for word in line.split()} == named


def test_the_example_names_every_variable() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text("utf-8")))
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / "docker.env.example").read_text("utf-8"), re.MULTILINE))
    assert used - example == {"REDIS_IMAGE", "POSTGRES_IMAGE", "FLOWER_IMAGE"}
    assert example <= used


if POSSIBLE:  # needs root, docker-compose, bubblewrap and redis-tools; elsewhere left out

    @pytest.fixture
    def file(tmp_path: Path) -> dict[str, Any]:
        return parsed(_env_file(tmp_path), "gpu", "web", "flower")

    def test_every_service_is_closed_and_bounded(file: dict[str, Any]) -> None:
        for name, service in file["services"].items():
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name
            assert service["mem_limit"], name
            assert service["logging"]["options"]["max-size"], name
            assert service["user"].split(":")[0] not in ("", "0", "root"), name
            assert service["restart"] == ("no" if name == "prepare" else "unless-stopped"), name
            for port in service.get("ports", []):
                published = port if isinstance(port, str) else f"{port.get('host_ip')}:{port['target']}"
                assert published.startswith("127.0.0.1:"), (name, port)

    def test_with_a_gpu_judging_is_apart_without_another_setting(file: dict[str, Any]) -> None:
        assert file["services"]["gpu"]["command"][:3] == ["worker", "--queues", "judge"]
        for name in _OURS:
            apart = file["services"][name]["environment"]["ORGANISER_SERVICE_SEPARATE_JUDGE_WORKERS"]
            assert apart == "true", name
        assert "judge" not in file["services"]["worker"]["command"][2]

    @pytest.fixture
    def containers(file: dict[str, Any], full: Installed, tmp_path: Path) -> Iterator[Containers]:
        found = Containers(file["services"], full.folder, tmp_path, {"ORGANISER_DETECTOR": "drawn"})
        try:
            found.open_network()
            yield found
        finally:
            found.stop()

    def _library(folder: Path) -> None:
        for number in range(6):
            photo(folder / "photos" / f"{number}.jpg", [HAPPY if number % 2 else SAD], seed=number)
        (folder / "collections").mkdir()
        os.chown(folder / "collections", _UID, _GID)

    def _start_servers(containers: Containers) -> None:
        for name in ("redis", "postgres", "run-postgresql"):
            path = containers.volume(name, 0o700)
            os.chown(path, 999, 999)
        containers.make_database()
        for name in ("redis", "postgres"):
            containers.start(name)
        for name in ("redis", "postgres"):
            wait_until(f"{name} is healthy", lambda name=name: containers.is_healthy(name), _PATIENCE_S)

    def _use_stub_model(containers: Containers) -> None:
        write_stub_bundle(containers.volume("home") / "stub")
        added = containers.organiser("prepare", "models", "add", "/var/lib/organiser/stub")
        assert added.returncode == 0, added.stderr
        digest = re.search(r"models use (\w+)", added.stderr)
        assert digest, added.stderr
        used = containers.organiser("prepare", "models", "use", digest[1])
        assert used.returncode == 0, used.stderr

    @pytest.mark.timeout(1800)
    def test_the_services_start_work_and_end(containers: Containers, tmp_path: Path) -> None:
        _library(tmp_path)
        _start_servers(containers)
        assert "NOAUTH" in containers.run("redis", "redis-cli", "ping").stdout, "it asks for its password"
        assert containers.start("prepare").wait(600) == 0, containers.log("prepare")
        assert containers.start("prepare").wait(600) == 0, "again: nothing to do"
        _use_stub_model(containers)
        for name in ("watch", "worker", "judge", "place", "beat"):
            containers.start(name)
        happy = tmp_path / "collections" / "happy"
        wait_until(
            "happy is filled",
            lambda: containers.all_run() and happy.is_dir() and len(list(happy.glob("*.jpg"))) == 3,
            _PATIENCE_S,
        )
        for name in ("watch", "worker", "judge", "place", "beat"):
            wait_until(f"{name} is healthy", lambda name=name: containers.is_healthy(name), _PATIENCE_S)
        assert {(path.stat().st_uid, path.stat().st_gid) for path in happy.iterdir()} == {(_UID, _GID)}
        assert sorted(os.listdir(tmp_path / "photos")) == [f"{number}.jpg" for number in range(6)]
        refused = containers.run(
            "worker", "sh", "-c", "touch /photos/x /opt/x; grep -E 'Cap(Prm|Bnd)|NoNew' /proc/self/status"
        )
        assert refused.stderr.count("Read-only file system") == 2
        assert refused.stdout.split()[1::2] == ["0" * 16, "0" * 16, "1"]
        assert '"event": "done"' in containers.log("judge"), "logs are JSON"
        for name in ("place", "judge", "worker", "watch", "beat"):
            assert containers.end(name) == 0, containers.log(name)

    @pytest.mark.timeout(1800)
    def test_the_page_starts_once_it_has_a_password(containers: Containers, tmp_path: Path) -> None:
        _library(tmp_path)
        _start_servers(containers)
        assert containers.start("prepare").wait(600) == 0, containers.log("prepare")
        assert containers.start("web").wait(600) == 1, "without a password it listens to nobody"
        assert "--set-password" in containers.log("web")
        password = "correct horse battery"
        given = containers.organiser("web", "web", "--set-password", typed=f"{password}\n{password}\n")
        assert given.returncode == 0, given.stderr
        containers.start("web")
        wait_until("the page is healthy", lambda: containers.is_healthy("web"), _PATIENCE_S)
