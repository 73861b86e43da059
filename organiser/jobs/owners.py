"""Who holds leases and locks, and whether it is still there: owners are named "host:pid" with whatever follows."""

import os

from organiser.index.db.engine import host_name


def is_dead(owner: str) -> bool:
    """Whether an owner was a process of this host that is gone; of other hosts only their leases' expiry tells."""
    host, pid, *_ = [*owner.split(":"), "", ""]
    return host == host_name() and pid.isdigit() and not _alive(int(pid))


def is_alive(owner: str) -> bool:
    """Whether an owner is a process of this host that is there; of other hosts nothing is known."""
    host, pid, *_ = [*owner.split(":"), "", ""]
    return host == host_name() and pid.isdigit() and _alive(int(pid))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OverflowError:  # no system numbers a process so
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether a process has ended and only its parent has not asked yet; without /proc the answer is no."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False
