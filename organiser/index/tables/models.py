"""Model versions as rows, and which one is active."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from organiser.index import flags
from organiser.index.db.schema import models, predictions, verdicts

_PREVIOUS = "previous_model"
_SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A bundle the index knows: `digest` is that of its manifest, `path` the bundle's directory on this host."""

    id: int
    name: str
    version: str
    digest: str
    subject: str
    labels: tuple[str, ...]
    path: str

    @property
    def label(self) -> str:
        """`name@version`, as people write it."""
        return f"{self.name}@{self.version}"


LABEL = models.c.name + "@" + models.c.version
"""`ModelVersion.label` in SQL."""


def add(
    tx: Connection, name: str, version: str, digest: str, subject: str, labels: Sequence[str], path: str, now: float
) -> int:
    """Return the row of the bundle with this digest, made if it is new; its path is brought up to date."""
    known: int | None = tx.execute(select(models.c.id).where(models.c.digest == digest)).scalar()
    if known is not None:
        tx.execute(update(models).where(models.c.id == known, models.c.path != path).values(path=path))
        return known
    values = {"name": name, "version": version, "digest": digest, "subject": subject}
    values |= {"labels": json.dumps([str(label) for label in labels]), "path": path}
    added: int = tx.execute(insert(models).values(values | {"added": now}).returning(models.c.id)).scalar_one()
    return added


def every(tx: Connection) -> list[ModelVersion]:
    """Return all model versions, in the order they were added."""
    return [_read(row) for row in tx.execute(_COLUMNS.order_by(models.c.id))]


def by_digest(tx: Connection, digest: str) -> ModelVersion | None:
    """Return the model version with this manifest digest, or None."""
    row = tx.execute(_COLUMNS.where(models.c.digest == digest)).one_or_none()
    return None if row is None else _read(row)


def active_digest(tx: Connection) -> str | None:
    """Return the digest of the model a person chose, or None while the shipped one serves."""
    return tx.execute(select(models.c.digest).where(models.c.active)).scalar()


def use(tx: Connection, digest: str | None) -> None:
    """Make a model version the active one; None goes back to the shipped one."""
    before = active_digest(tx)
    if before != digest:
        flags.put(tx, _PREVIOUS, before or _SHIPPED)
    tx.execute(update(models).where(models.c.active).values(active=False))
    if digest is not None:
        tx.execute(update(models).where(models.c.digest == digest).values(active=True))


def previous(tx: Connection) -> str | None:
    """Return the digest of the model that was active before, "shipped" for the shipped one, None when there was none."""
    return flags.get(tx, _PREVIOUS)


def remove(tx: Connection, model_id: int) -> None:
    """Forget a model version with its predictions and verdicts; the photos become due for judging."""
    tx.execute(delete(predictions).where(predictions.c.model_id == model_id))
    tx.execute(delete(verdicts).where(verdicts.c.model_id == model_id))
    tx.execute(delete(models).where(models.c.id == model_id))


def prediction_counts(tx: Connection) -> dict[int, int]:
    """Return how many predictions each model version has."""
    query = select(predictions.c.model_id, func.count()).group_by(predictions.c.model_id)
    return {model_id: count for model_id, count in tx.execute(query)}


def _read(row: Sequence[object]) -> ModelVersion:
    identity, name, version, digest, subject, labels, path = row
    kept = tuple(json.loads(str(labels)))
    return ModelVersion(int(str(identity)), str(name), str(version), str(digest), str(subject), kept, str(path))


_COLUMNS = select(
    models.c.id, models.c.name, models.c.version, models.c.digest, models.c.subject, models.c.labels, models.c.path
)
