"""One worker: a Celery consumer with its pool of processes, set up from settings."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from celery import Celery
from celery.signals import worker_process_init
from celery.worker.control import Panel

from organiser.bootstrap import open_services
from organiser.errors import SettingsError
from organiser.index.db.engine import host_name
from organiser.index.views.throughput import WorkerHeartbeat
from organiser.jobs.services import Services
from organiser.lifeline import end_with_parent, limit_memory
from organiser.settings.values import Settings
from organiser.vision import pipeline
from organiser.workers.app import STEPS, make_app, named_queue, queue_names
from organiser.workers.consuming import heartbeat
from organiser.workers.consuming.crashes import CrashNotes
from organiser.workers.consuming.lifecycle import MessageRunner
from organiser.workers.consuming.requests import HandleRequest
from organiser.workers.service.broker import broker_url
from organiser.workers.tasks import register

_COMMANDS = frozenset({"ping", "stats", "active", "reserved", "registered", "active_queues", "cancel_consumer"})
"""What the broker may tell a worker to do: say how it is, and listen less. Not to grow, to end or to kill."""


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What one worker does.

    Attributes:
        steps: the steps whose queues it empties; none means all. Who scans also does the maintenance.
        processes: its pool's size; with a GPU it works in one process whatever this says.
        level: of its log.
    """

    steps: tuple[str, ...] = ()
    processes: int = 1
    level: str = "info"


def run(settings: Settings, options: WorkerOptions, open_own: Callable[[], Services] | None = None) -> int:
    """Work until told to stop; return the exit code.

    Args:
        open_own: builds the services in each process, in place of those of the settings.

    Raises:
        SettingsError: no broker is set, or a step is unknown.
    """
    name = f"organiser-{os.getpid()}@{host_name()}"
    app = make_app(broker_url(settings))
    queues = _select(app, name, options.steps)
    gpu = settings.device == "gpu"
    detects = not options.steps or "detect" in options.steps
    open_own = open_own or partial(open_services, settings)
    runner = MessageRunner(open_own, settings.service.separate_judge_workers, gpu, detects)
    processes = 1 if gpu else options.processes
    own_heartbeat = WorkerHeartbeat(name, host_name(), os.getpid(), queues, processes, settings.device)
    register(app, runner, own_heartbeat)
    _narrow_control()
    heartbeat.install(app, name, settings.service.heartbeat_timeout)
    notes = CrashNotes.begin(settings.home)
    HandleRequest.excerpt = staticmethod(notes.excerpt)
    if not gpu:  # a solo pool sends the signal in this very process, which is nobody's child here
        guard = partial(_prepare_child, os.getpid(), settings.detect.memory_megabytes, notes)
        worker_process_init.connect(guard, weak=False)
    worker = app.Worker(
        hostname=name,
        queues=[heartbeat.own_queue(name).name, *queues],
        concurrency=processes,
        pool="solo" if gpu else "prefork",
        optimization="fair",
        loglevel=options.level,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )
    try:
        worker.start()
    finally:
        notes.end()
        _forget_worker(runner, name)
    return int(worker.exitcode or 0)


def _select(app: Celery, name: str, steps: Sequence[str]) -> tuple[str, ...]:
    """Add the worker's own queue to the application and return the others that it empties."""
    known = tuple(step for step in STEPS if step != "maintain")
    for step in steps:
        if step not in known:
            raise SettingsError(f"{step!r} is no queue", f"one or several of: {', '.join(known)}")
    own = queue_names((*steps, "maintain") if "scan" in steps else tuple(steps) or STEPS)
    app.conf.task_queues = [heartbeat.own_queue(name), *map(named_queue, queue_names())]
    return own


def _narrow_control() -> None:
    """Take every other command out of Celery's table of remote control."""
    for command in set(Panel.data) - _COMMANDS:
        del Panel.data[command]


def _prepare_child(parent: int, memory_megabytes: float, notes: CrashNotes, **_signal: object) -> None:
    """Guard a pool's process: it goes when its parent is killed, and a bomb of a picture takes only so much memory."""
    end_with_parent(lambda: os._exit(os.EX_TEMPFAIL), parent)
    pipeline.use_one_thread()
    limit_memory(int(memory_megabytes * 1e6))
    notes.keep()


def _forget_worker(runner: MessageRunner, name: str) -> None:
    from organiser.errors import Transient
    from organiser.index.db.engine import writing
    from organiser.index.views import throughput

    try:
        with writing(runner.services().engine) as tx:
            throughput.forget_worker(tx, name)
    except Transient:
        pass  # its last heartbeat grows old
