"""A network of a test's own in which nothing goes unseen: every address answers on this machine, and all is counted.

    python -m tests.faults.lonely keep              the network, until its stdin ends; then says what it saw, as JSON
    python -m tests.faults.lonely enter PID PROGRAM…     runs a program in it

Whoever asks for a name is told this machine's address, and whoever then begins to talk TLS or HTTP is listened to, so
that a program which reports home gets as far as it can. The packets of the loopback device are counted as well: the
routes send every address there, so nothing leaves uncounted, whatever its port or protocol. Linux; no root is needed
where users may make namespaces.
"""

import ctypes
import json
import os
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path

ROOT = Path(__file__).parents[2]
_USER, _MOUNTS, _NETWORK = 0x10000000, 0x00020000, 0x40000000
_BIND, _PRIVATE, _RECURSIVE = 0x1000, 0x40000, 0x4000
_SET_FLAGS, _UP = 0x8914, 0x1
_NEW_ROUTE, _REQUEST_CREATE_ACK = 24, 0x1 | 0x400 | 0x4
_LOCAL_TABLE, _BY_BOOT, _HOST_SCOPE, _LOCAL_TYPE, _DEVICE = 255, 3, 254, 2, 4
_DNS, _LISTENED = 53, (25, 53, 80, 123, 443, 853, 4317, 4318, 8080, 8125, 8443)
_QUIET_S = 0.5


@dataclass(frozen=True)
class Seen:
    """What programs did in the network: names asked for, ports connected to, and packets of any kind."""

    queries: list[str]
    connections: list[int]
    packets: int


@dataclass
class Lonely:
    """A network that is kept by a process; `seen` is there once it has ended."""

    pid: int
    seen: Seen | None = None

    def inside(self, *program: str) -> list[str]:
        """Return the command line that runs a program in the network."""
        return [sys.executable, "-m", "tests.faults.lonely", "enter", str(self.pid), *program]


@contextmanager
def lonely() -> Iterator[Lonely]:
    """Give a network that nothing leaves."""
    command = [sys.executable, "-m", "tests.faults.lonely", "keep"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "ready\n"
        network = Lonely(keeper.pid)
        yield network
        report, _ = keeper.communicate()
        network.seen = Seen(**json.loads(report))


def possible() -> bool:
    """Whether this machine allows such a network."""
    if sys.platform != "linux":
        return False
    command = [sys.executable, "-m", "tests.faults.lonely", "keep"]
    tried = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, check=False)
    return tried.stdout.startswith("ready\n")


def apart(*namespaces: str) -> list[str]:
    """Return the command that runs what follows in namespaces of its own, as a container does."""
    return ["unshare", *(["--user", "--map-root-user"] if os.getuid() else []), *namespaces]


def containers() -> bool:
    """Whether this machine allows a process to have process ids of its own."""
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(apart("--pid", "--fork", "--mount-proc", "true"), capture_output=True, check=False).returncode
        == 0
    )


def _call(name: str, *arguments: object) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _leave_the_world() -> None:
    """Enter namespaces of our own, under the same user id."""
    user, group = os.getuid(), os.getgid()
    _call("unshare", _MOUNTS | _NETWORK | (_USER if user else 0))
    if user:
        for name, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path("/proc/self", name).write_text(line, encoding="ascii")
    _call("mount", b"none", b"/", None, _PRIVATE | _RECURSIVE, None)


def _answer_every_address() -> None:
    """Bring the loopback device up, and route every address of both families to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
    index = socket.if_nametoindex("lo")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        for family in (socket.AF_INET, socket.AF_INET6):
            route = struct.pack("=8BI", family, 0, 0, 0, _LOCAL_TABLE, _BY_BOOT, _HOST_SCOPE, _LOCAL_TYPE, 0)
            body = route + struct.pack("=HHI", 8, _DEVICE, index)
            kernel.send(struct.pack("=IHHII", 16 + len(body), _NEW_ROUTE, _REQUEST_CREATE_ACK, 1, 0) + body)
            (error,) = struct.unpack_from("=i", kernel.recv(4096), 16)
            if error:
                raise OSError(-error, f"route: {os.strerror(-error)}")


def _ask_us_for_names(folder: str) -> None:
    """Have the C library ask for names at our own address only, past any daemon of the machine."""
    for path, text in (("/etc/resolv.conf", "nameserver 127.0.0.1\n"), ("/etc/nsswitch.conf", "hosts: files dns\n")):
        if os.path.exists(path):
            ours = Path(folder, os.path.basename(path))
            ours.write_text(text, encoding="ascii")
            ours.chmod(0o644)
            _call("mount", os.fsencode(ours), os.fsencode(os.path.realpath(path)), None, _BIND, None)


def _packets() -> int:
    """Return how many packets the loopback device has carried."""
    lines = Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines()
    (device,) = (line for line in lines if line.strip().startswith("lo:"))
    return int(device.partition(":")[2].split()[1])


def _name(query: bytes) -> str:
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    return ".".join(labels)


def _reply(query: bytes) -> bytes:
    """Return this machine's address as the answer to a question for an A record, no answer to any other."""
    (kind,) = struct.unpack_from(">H", query, query.index(b"\0", 12) + 1)
    end = query.index(b"\0", 12) + 5
    here = b"\xc0\x0c\0\x01\0\x01\0\0\0\x01\0\x04\x7f\0\0\x01" if kind == 1 else b""
    return query[:2] + b"\x81\x80\0\x01" + struct.pack(">HHH", bool(here), 0, 0) + query[12:end] + here


def _listen(watched: selectors.BaseSelector) -> None:
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("0.0.0.0", _DNS))
    watched.register(names, selectors.EVENT_READ, "names")
    for port in _LISTENED:
        server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        watched.register(server, selectors.EVENT_READ, "server")


def _keep() -> None:
    """Keep the network until stdin ends."""
    queries: list[str] = []
    connections: list[int] = []
    with tempfile.TemporaryDirectory() as folder, selectors.DefaultSelector() as watched:
        os.chmod(folder, 0o755)
        _leave_the_world()
        _answer_every_address()
        _ask_us_for_names(folder)
        _listen(watched)
        watched.register(sys.stdin, selectors.EVENT_READ, "end")
        before = _packets()
        print("ready", flush=True)
        ending = False
        while not ending:
            for key, _ in watched.select():
                ending |= key.data == "end"
                _hear(key, watched, queries, connections)
        until = time.monotonic() + _QUIET_S  # what was sent last is still to be heard
        while (left := until - time.monotonic()) > 0:
            for key, _ in watched.select(left):
                _hear(key, watched, queries, connections)
        print(json.dumps({"queries": queries, "connections": connections, "packets": _packets() - before}))


def _hear(key: selectors.SelectorKey, watched: selectors.BaseSelector, queries: list[str], ports: list[int]) -> None:
    there = key.fileobj
    if key.data == "end":
        watched.unregister(there)
    elif isinstance(there, socket.socket) and key.data == "names":
        query, whose = there.recvfrom(4096)
        queries.append(_name(query))
        there.sendto(_reply(query), whose)
    elif isinstance(there, socket.socket):
        connection, _ = there.accept()
        ports.append(there.getsockname()[1])
        connection.close()


def _enter(pid: int, program: list[str]) -> None:
    """Become a program in the network of process `pid`."""
    kinds = [("mnt", _MOUNTS), ("net", _NETWORK)]
    if os.getuid():
        kinds.insert(0, ("user", _USER))
    folder = os.getcwd()
    opened = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC), kind) for name, kind in kinds]
    for descriptor, kind in opened:
        _call("setns", descriptor, kind)
    os.chdir(folder)
    os.execvp(program[0], program)


if __name__ == "__main__":
    if sys.argv[1] == "keep":
        _keep()
    else:
        _enter(int(sys.argv[2]), sys.argv[3:])
