"""Forgetting, as far as the broker's disk is concerned: messages name folders, and an append-only file keeps them.

No message is worth keeping: what is due is queued again from the index.
"""

import time

from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from organiser.errors import Transient
from organiser.settings.values import Settings
from organiser.workers.dispatch import open_queue
from organiser.workers.service.broker import EmbeddedBroker
from organiser.workers.shapes import ASIDE, every_shape

_REWRITE_S = 60.0


def erase_traces(settings: Settings) -> None:
    """Drop every message, and have the broker's file written anew; without a server, remove the file of the last one.

    The entry point `organiser.traces`.

    Raises:
        Transient: the broker does not answer or does not get done, or the file cannot be removed.
    """
    queue = open_queue(settings)
    try:
        if queue is not None:
            with queue.client() as client:
                _forget(client)
        if not settings.broker:
            broker = EmbeddedBroker(settings.home)
            broker.erase()
            if queue is None and broker.lives():
                raise Transient(
                    "the broker does not answer, and its file still names folders", "organiser forget, again"
                )
    except (OperationalError, RedisError, OSError) as error:
        raise Transient(f"the broker's file still names folders: {error}", "organiser forget, again") from error


def _forget(client: Redis) -> None:
    client.delete(*(key for key, kind in every_shape() if kind != "set"))
    aside = client.keys(ASIDE + "*")
    if aside:
        client.delete(*aside)
    if client.info("persistence").get("aof_enabled"):
        _await_rewrite(client)  # of what began before
        client.bgrewriteaof()
        _await_rewrite(client)


def _await_rewrite(client: Redis) -> None:
    """Wait until the server rewrites its file no more."""
    until = time.monotonic() + _REWRITE_S
    while any(client.info("persistence").get(f"aof_rewrite_{state}") for state in ("in_progress", "scheduled")):
        if time.monotonic() > until:
            raise Transient("the broker is still writing its file anew", "organiser forget, again")
        time.sleep(0.02)
