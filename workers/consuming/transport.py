"""kombu's Redis transport behind a door: what is no message of ours is dropped and counted, never handed on.

kombu takes a message off its queue before it parses it, and ends the worker over one that does not parse; a key of a
wrong type ends it at every start. Here neither does. What was dropped is due in the index still.
"""

import logging
from collections import Counter
from queue import Empty
from typing import Any, cast

from kombu.transport import redis
from redis.exceptions import ResponseError

from organiser.workers.consuming.envelope import Refused, check_control, check_kept, check_task, parse
from organiser.workers.shapes import set_aside_misshapen

log = logging.getLogger(__name__)

_DROPPED: Counter[str] = Counter()


def drop(reason: str) -> None:
    """Count a message that is dropped; tell of the first, second, fourth, eighth … for the same reason."""
    _DROPPED[reason] += 1
    count = _DROPPED[reason]
    if count & (count - 1) == 0:
        log.warning("dropped a message", extra={"fields": {"reason": reason, "dropped": count}})


class _Unacknowledged(redis.QoS):
    """Messages in somebody's hands; one that is given back is looked at again."""

    def restore_by_tag(self, tag: Any, client: Any = None, leftmost: bool = False) -> None:  # noqa: FBT001, FBT002 kombu's
        with self.channel.conn_or_acquire(client) as connected:
            kept = connected.hget(self.unacked_key, tag)
            try:
                if kept:
                    check_kept(kept)
            except Refused as error:
                drop(str(error))
                connected.zrem(self.unacked_index_key, tag)
                connected.hdel(self.unacked_key, tag)
                return
        super().restore_by_tag(tag, client, leftmost)


class Channel(redis.Channel):
    """One conversation with the broker."""

    QoS = _Unacknowledged

    def _brpop_read(self, **options: Any) -> Any:
        """Take what the broker answers and deliver it; as kombu's, but for what is no message and no list.

        Raises:
            Empty: nothing waits.
        """
        answer: tuple[bytes, bytes] | None = None
        try:
            answer = cast(
                "tuple[bytes, bytes] | None", self.client.parse_response(self.client.connection, "BRPOP", **options)
            )
        except ResponseError:
            if not self._mend():
                raise
        except self.connection_errors:
            self.client.connection.disconnect()
            raise
        finally:
            self._in_poll = None  # type: ignore[assignment]
            self._flush_brpop_reauth()
        if not answer:
            raise Empty
        key, item = answer
        queue = key.decode().rsplit(self.sep, 1)[0]
        self._queue_cycle.rotate(queue)
        try:
            payload = parse(item)
        except Refused as error:
            drop(str(error))
        else:
            self.connection._deliver(payload, queue)  # noqa: SLF001 kombu's own way
        return True

    def _receive_one(self, c: Any) -> Any:
        try:
            return super()._receive_one(c)
        except (Empty, *self.connection_errors):
            raise
        except Exception as error:  # noqa: BLE001 whatever kombu's decoders make of a stranger's text
            drop(f"an invalid broadcast: {type(error).__name__}")
        return True

    def _mend(self) -> bool:
        """Set aside what has a wrong type; return whether there was any."""
        with self.conn_or_acquire() as client:
            return bool(set_aside_misshapen(client, *self.active_queues))


class Transport(redis.Transport):
    """What `workers.app` has Celery use for every redis URL."""

    Channel = Channel

    def establish_connection(self) -> Any:
        """Connect, and set aside what has a wrong shape: kombu asks for it at once."""
        connection = super().establish_connection()
        self._avail_channels[-1]._mend()  # noqa: SLF001 its own
        return connection

    def _deliver(self, message: Any, queue: str) -> None:
        try:
            (check_control if queue.endswith(".pidbox") else check_task)(message)
        except Refused as error:
            drop(str(error))
        else:
            super()._deliver(message, queue)
