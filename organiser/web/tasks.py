"""What a request begins and does not wait for: it goes on in a thread, tells how far it is, and can be stopped."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from organiser.errors import OrganiserError
from organiser.jobs.collections.progress import Progress, Stopped

log = logging.getLogger(__name__)

_MOST: Final = 50
_BETWEEN_S: Final = 0.2

State = Literal["waits", "going", "done", "stopped", "failed"]
Work = Callable[[Progress], Mapping[str, Any]]
"""Does the work and returns its result as JSON; tells its progress, which may raise Stopped."""


@dataclass
class Task:
    """A piece of work that a person began on the page.

    Attributes:
        act, subject: what is done with what, e.g. "sync" and a collection's name.
        done, total: how far it is; total is 0 while nobody knows.
        result: what came of it, JSON; error: why nothing did.
        change: counts its changes among those of all tasks.
    """

    id: int
    act: str
    subject: str
    state: State = "waits"
    done: int = 0
    total: int = 0
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    change: int = 0
    stop: bool = False

    @property
    def open(self) -> bool:
        """Whether it is not over yet."""
        return self.state in ("waits", "going")

    def told(self) -> dict[str, Any]:
        """Return what a page is told of it."""
        plain = {"id": self.id, "act": self.act, "subject": self.subject, "state": self.state}
        return plain | {"done": self.done, "total": self.total, "result": self.result, "error": self.error}


class Tasks:
    """The tasks of this server; the oldest that are over are forgotten. For several threads at a time."""

    def __init__(self, ending: threading.Event) -> None:
        self._ending = ending
        self._lock = threading.Lock()
        self._tasks: dict[int, Task] = {}
        self._ids = itertools.count(1)
        self._changes = 0

    def start(self, act: str, subject: str, where: Executor, work: Work) -> dict[str, Any]:
        """Have `work` done by an executor, unless the same goes on already; return its task as a page is told of it."""
        with self._lock:
            for task in self._tasks.values():
                if task.open and (task.act, task.subject) == (act, subject):
                    return task.told()
            task = Task(next(self._ids), act, subject)
            self._tasks[task.id] = task
            self._forget()
            self._note(task)
            state = task.told()
        where.submit(self._do, task, work)
        return state

    def stop(self, task_id: int) -> bool:
        """Ask a task to stop; return whether there is such an open one."""
        with self._lock:
            task = self._tasks.get(task_id)
            if task is None or not task.open:
                return False
            task.stop = True
            return True

    def since(self, change: int) -> tuple[int, list[dict[str, Any]]]:
        """Return the newest change, and the tasks that changed after `change`, oldest first."""
        with self._lock:
            found = [task for task in self._tasks.values() if task.change > change]
            return self._changes, [task.told() for task in sorted(found, key=lambda task: task.change)]

    def _do(self, task: Task, work: Work) -> None:
        told_at = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal told_at
            self._require_wanted(task)
            if done >= total or time.monotonic() - told_at >= _BETWEEN_S:
                told_at = time.monotonic()
                self._change(task, done=done, total=total)

        try:
            self._require_wanted(task)
            self._change(task, state="going")
            result = work(progress)
            self._change(task, state="stopped" if task.stop else "done", result=result)
        except Stopped as stopped:
            self._change(task, state="stopped", error=str(stopped))
        except OrganiserError as error:
            self._change(task, state="failed", error=f"{error}; {error.hint}" if error.hint else str(error))
        except Exception:
            log.exception("%s of %r failed", task.act, task.subject)
            self._change(task, state="failed", error="it failed; the organiser's own messages say why")

    def _require_wanted(self, task: Task) -> None:
        if task.stop or self._ending.is_set():
            raise Stopped("it was stopped")

    def _change(self, task: Task, **values: Any) -> None:
        with self._lock:
            for name, value in values.items():
                setattr(task, name, value)
            self._note(task)

    def _note(self, task: Task) -> None:
        self._changes += 1
        task.change = self._changes

    def _forget(self) -> None:
        over = [key for key, task in self._tasks.items() if not task.open]
        for key in over[: max(len(self._tasks) - _MOST, 0)]:
            del self._tasks[key]
