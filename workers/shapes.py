"""The keys that we and kombu use in the broker, and what each must be; what is of another type is set aside.

Nothing in the broker is worth keeping: the next maintenance fills it from the index.
"""

import logging
from collections.abc import Iterator, Mapping

from redis import Redis

from organiser.workers.app import queue_names

log = logging.getLogger(__name__)

FILLED = "organiser.filled"
"""The mark that says how much of what is due was queued."""

ASIDE = "organiser.aside."
"""How the name of a key begins that was set aside."""

_OWN: Mapping[str, str] = {
    FILLED: "string",
    "unacked": "hash",
    "unacked_index": "zset",
    "unacked_mutex": "string",
    "_kombu.binding_deadlines": "zset",
}
_OF_QUEUE: Mapping[str, str] = {"{}": "list", "_kombu.binding.{}": "set", "_kombu.binding_permanent.{}": "set"}


def every_shape(*further: str) -> Iterator[tuple[str, str]]:
    """Yield key and type: of the queues, of `further` ones, and of what is kept beside them."""
    yield from _OWN.items()
    for queue in (*queue_names(), *further):
        for pattern, kind in _OF_QUEUE.items():
            yield pattern.format(queue), kind


def set_aside_misshapen(client: Redis, *further: str) -> list[str]:
    """Rename every key of a wrong type, once each, and take back the mark that the queues are filled; return their names.

    Args:
        further: queues beside those of the steps, such as a worker's own.

    Raises:
        RedisError: the broker is away.
    """
    found = []
    for key, kind in every_shape(*further):
        kind_found = client.type(key)
        actual = kind_found.decode() if isinstance(kind_found, bytes) else kind_found
        if actual not in {kind, "none"}:
            client.rename(key, ASIDE + key)
            log.warning("set aside", extra={"fields": {"key": key, "type": actual, "wanted": kind}})
            found.append(key)
    if found:
        client.delete(FILLED)
    return found
