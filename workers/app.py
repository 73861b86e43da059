"""The Celery application: its configuration and queues. Made from settings, never at import.

Messages are JSON and acknowledged late; no result is kept, the index is the result. What a dead worker held is found by
its leases, so nothing is rejected back into the queue.
"""

from typing import Any

from celery import Celery
from kombu.entity import Queue
from kombu.transport import TRANSPORT_ALIASES

from organiser.errors import SettingsError
from organiser.jobs.messages import Message
from organiser.jobs.steps.table import step_of

STEPS = ("maintain", "place", "judge", "detect", "scan")
"""Queues in the order a worker looks into them: what is nearly done first, so that nothing piles up half done."""

RETIRED_QUEUES = ("look", "look.fresh", "tend")
"""Queues of the version before, which nobody empties any more: what they hold is due in the index."""

FRESH = ".fresh"
"""Suffix of the queue whose messages, from the watcher, go before the bulk of the same step and of every other."""

VISIBILITY_S = 3600.0
"""After this long the broker gives an unacknowledged message to another worker; far above the longest chunk."""

SOFT_SHUTDOWN_S = 10.0


def make_app(broker_url: str) -> Celery:
    """Return the application for a broker.

    Raises:
        SettingsError: no broker is given.
    """
    if not broker_url:
        raise SettingsError(
            "no broker is set", "set ORGANISER_BROKER_URL=redis://… or run `organiser up`, which brings its own"
        )
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "organiser.workers.consuming.transport:Transport"))
    app = Celery("organiser", broker=broker_url, set_as_current=False)
    app.conf.update(_configuration())
    return app


def queue_names(steps: tuple[str, ...] = STEPS) -> tuple[str, ...]:
    """Return the queues of these steps, in the order they are to be emptied: fresh before bulk."""
    ordered = [step for step in STEPS if step in steps]
    fresh = [step + FRESH for step in ordered if step != "maintain"]
    return (
        *(step for step in ordered if step == "maintain"),
        *fresh,
        *(step for step in ordered if step != "maintain"),
    )


def named_queue(name: str, *, passing: bool = False) -> Queue:
    """Return a queue as Celery declares it; a `passing` one goes with its only listener."""
    return Queue(name, auto_delete=passing)


def queue_of(message: Message) -> str:
    """Return the queue a message goes to.

    >>> from organiser.jobs.messages import Detect, Sweep
    >>> queue_of(Detect((), fresh=True)), queue_of(Sweep())
    ('detect.fresh', 'maintain')
    """
    step = step_of(message).queue
    return step + FRESH if message.fresh and step != "maintain" else step


def _configuration() -> dict[str, Any]:
    return {
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_backend": None,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": False,
        "task_time_limit": VISIBILITY_S,  # of the service's own tasks: whatever fills a worker's hands comes to an end
        "task_queues": [named_queue(name) for name in queue_names()],
        "task_default_queue": "scan",
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_soft_shutdown_timeout": SOFT_SHUTDOWN_S,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_consumer": "organiser.workers.consuming.consumer:PatientConsumer",
        "worker_proc_alive_timeout": 60.0,
        "worker_lost_wait": 2.0,
        "worker_max_memory_per_child": 2_000_000,  # KiB; codecs and networks leak a little over months
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,  # connect anew, which sets aside what has a wrong shape
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_S,
            "queue_order_strategy": "priority",
            "priority_steps": [0],
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        "task_publish_retry_policy": {"max_retries": 3, "interval_start": 0.1, "interval_step": 0.3, "interval_max": 1},
        "beat_max_loop_interval": 5,
    }
