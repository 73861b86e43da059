"""A Celery consumer that outlives its broker's absence.

In Celery and kombu 5.7, closing a lost Redis connection raises an AttributeError that ends the worker: the connection
is taken apart first, and giving its unacknowledged messages back then misses a part. Here whatever happens to a
connection that is lost anyway is only told; its messages are due in the index.
"""

import logging
from typing import Any

from celery.worker.consumer import Consumer

log = logging.getLogger(__name__)


class PatientConsumer(Consumer):  # type: ignore[misc]
    """Connects again whatever state the lost connection was in."""

    connection: Any

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        lost, self.connection = self.connection, None
        try:
            lost.collect(socket_timeout=1.0)
            lost.close()
        except Exception as error:
            log.debug("a lost connection could not be closed", exc_info=error)
        super().on_connection_error_after_connected(exc)
