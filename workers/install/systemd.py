"""systemd's unit for the service, of one person or of the whole machine, as closed as the work allows."""

import os
from pathlib import Path

from organiser.workers.install.plan import NAME, ServicePlan
from organiser.workers.install.written import sealed

FILE = f"{NAME}.service"

_ALWAYS = """\
# Tells systemd when everything runs (READY), and every minute that it goes round (WATCHDOG).
Type=notify
NotifyAccess=main
WatchdogSec=2min
TimeoutStartSec=5min
# What is in progress is finished; only the supervisor is told, it stops its parts in order.
KillMode=mixed
TimeoutStopSec=4min
Restart=on-failure
RestartSec=5s
# Wrong settings do not get better by trying again.
RestartPreventExitStatus=2
# A picture that eats all memory costs its own process, not the service.
OOMPolicy=continue
TasksMax=512
Nice=10
IOSchedulingClass=idle
UMask=0077
"""

_CLOSED = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""
"""MemoryDenyWriteExecute is not among them: networks and ctypes make code at run time."""

_CLOSED_SYSTEM = """\
CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes
"""


def unit_path(plan: ServicePlan, config_home: str | None = None) -> Path:
    """Return where the unit of this plan belongs; `config_home` is XDG_CONFIG_HOME."""
    if plan.user is not None:
        return Path("/etc/systemd/system") / FILE
    return Path(config_home or os.path.expanduser("~/.config")) / "systemd" / "user" / FILE


def unit(plan: ServicePlan) -> str:
    """Return the unit's text, with the line that proves it ours."""
    writable = [plan.home, *([plan.collections] if plan.collections else [])]
    lines = [
        "[Unit]",
        "Description=organiser: keeps the happy and sad collections of a photo library",
        "Documentation=man:systemd.exec(5)",
        f"RequiresMountsFor={_path(plan.home)}",
        "StartLimitIntervalSec=10min",
        "StartLimitBurst=5",
        "",
        "[Service]",
        *([f"User={plan.user}"] if plan.user else []),
        *([f"ExecStartPre=-{_words(plan.preparation)}"] if plan.preparation else []),
        f"ExecStart={_words(plan.command)}",
        'Environment="ORGANISER_LOG_FORMAT=journald"',
        _ALWAYS.rstrip(),
        f"MemoryHigh={plan.memory}%",
        f"MemoryMax={min(plan.memory + 25, 100)}%",
        "",
        "# It may write here and nowhere else; photos are read.",
        *(f"ReadWritePaths=-{_path(path)}" for path in writable),
        *(f"ReadOnlyPaths=-{_path(path)}" for path in plan.photos),
        _CLOSED.rstrip(),
        *([_CLOSED_SYSTEM.rstrip()] if plan.user else []),
        *(["IPAddressDeny=any", "IPAddressAllow=localhost"] if plan.local and plan.user else []),
        "",
        "[Install]",
        f"WantedBy={'multi-user.target' if plan.user else 'default.target'}",
        "",
    ]
    return sealed("\n".join(lines), ("# ", ""))


def _words(command: tuple[str, ...] | None) -> str:
    return " ".join(_quoted(word.replace("$", "$$")) for word in command or ())


def _path(path: Path) -> str:
    return _quoted(str(path))


def _quoted(word: str) -> str:
    r"""Return a word as units quote it.

    >>> print(_quoted('/a b/50%"\\'))
    "/a b/50%%\"\\"
    """
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    plain = escaped == word and word and not set(word) & set(" ';#")
    return word if plain else f'"{escaped}"'
