"""Records out of the flags: locks, pauses, workers, the request for placing, the active model and held collections.

A placement's mode and a journal entry's photo become columns too.
"""

import json
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from organiser.index.backup.older import join_details, photo_of, split_details

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ACTIVE = sa.text("active")
_PAGE = 1000

_flags = sa.table("flags", sa.column("name"), sa.column("value"))
_locks = sa.table("locks", *map(sa.column, ("name", "owner", "token", "expires")))
_pauses = sa.table("pauses", *map(sa.column, ("step", "since", "run_id")))
_workers = sa.table("workers", *map(sa.column, ("name", "host", "pid", "queues", "processes", "device", "at")))
_requests = sa.table("placing_requests", sa.column("id"), sa.column("claimed", sa.Boolean))
_runs = sa.table("runs", sa.column("id"), sa.column("started"))
_models = sa.table("models", sa.column("digest"), sa.column("active", sa.Boolean))
_collections = sa.table("collections", sa.column("id"), sa.column("held_since"))
_placements = sa.table("placements", *map(sa.column, ("id", "mode", "details")))
_journal = sa.table("journal", *map(sa.column, ("id", "photo_id", "step")))


def upgrade() -> None:
    _create_tables()
    op.add_column("models", sa.Column("active", sa.Boolean(), server_default="0", nullable=False))
    op.create_index(
        "ix_models_active", "models", ["active"], unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE
    )
    op.add_column("collections", sa.Column("held_since", sa.Double(), nullable=True))
    _take_out_of_flags(op.get_bind())
    op.add_column("placements", sa.Column("mode", sa.String(length=16), nullable=True))
    _rewrite(
        _placements, "details", lambda details: dict(zip(("mode", "details"), split_details(details), strict=True))
    )
    _require("placements", "mode")
    op.add_column("journal", sa.Column("photo_id", _ID, nullable=True))
    _rewrite(_journal, "step", lambda step: {"photo_id": photo_of(step)})
    _require("journal", "photo_id")
    op.create_index(op.f("ix_journal_photo_id"), "journal", ["photo_id"], unique=False)


def _create_tables() -> None:
    op.create_table(
        "locks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_locks")),
    )
    op.create_table(
        "pauses",
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("run_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_pauses_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_pauses")),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("queues", sa.Text(), nullable=False),
        sa.Column("processes", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    op.create_table(
        "placing_requests",
        sa.Column("id", _ID, nullable=False),
        sa.Column("claimed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_placing_requests_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placing_requests")),
    )


def _take_out_of_flags(tx: sa.Connection) -> None:
    for name, value in tx.execute(sa.select(_flags.c.name, _flags.c.value)).all():
        kind, _, rest = name.partition(":")
        take = _TAKERS.get(kind)
        if take is not None:
            take(tx, rest, value)
            tx.execute(sa.delete(_flags).where(_flags.c.name == name))


def _take_lock(tx: sa.Connection, name: str, value: str) -> None:
    expires, _, holder = value.partition(" ")
    owner, _, token = holder.rpartition(":")
    values = {"name": name, "owner": owner, "token": token, "expires": float(expires)}
    tx.execute(sa.insert(_locks).values(values))


def _take_worker(tx: sa.Connection, _name: str, value: str) -> None:
    values = json.loads(value)
    tx.execute(sa.insert(_workers).values(values | {"queues": json.dumps(values["queues"])}))


def _take_pause(tx: sa.Connection, step: str, value: str) -> None:
    tx.execute(sa.insert(_pauses).values(step=step, since=float(value)))


def _take_halt(tx: sa.Connection, _none: str, value: str) -> None:
    """Let what a cancelled run left due go on lying; since when is not known better than when it was started."""
    run = sa.select(_runs.c.id, _runs.c.started).where(_runs.c.id == int(value))
    for run_id, started in tx.execute(run).all():
        tx.execute(sa.insert(_pauses).values(step="sweep", since=started, run_id=run_id))


def _take_request(tx: sa.Connection, _placing: str, value: str) -> None:
    tx.execute(sa.insert(_requests).values(id=1, claimed=value == "taken"))


def _take_model(tx: sa.Connection, _none: str, value: str) -> None:
    tx.execute(sa.update(_models).where(_models.c.digest == value).values(active=True))


def _take_hold(tx: sa.Connection, collection_id: str, value: str) -> None:
    collection = sa.update(_collections).where(_collections.c.id == int(collection_id))
    tx.execute(collection.values(held_since=float(value)))


_TAKERS: dict[str, Callable[[sa.Connection, str, str], None]] = {
    "lock": _take_lock,
    "worker": _take_worker,
    "paused": _take_pause,
    "halted": _take_halt,
    "asked": _take_request,
    "active_model": _take_model,
    "held": _take_hold,
}
"""By what stands before the colon of a flag's name."""


def downgrade() -> None:
    _put_back_into_flags(op.get_bind())
    op.drop_index(op.f("ix_journal_photo_id"), table_name="journal")
    op.drop_column("journal", "photo_id")
    _join_details(op.get_bind())
    op.drop_column("placements", "mode")
    op.drop_column("collections", "held_since")
    op.drop_index("ix_models_active", table_name="models", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)
    op.drop_column("models", "active")
    for name in ("placing_requests", "workers", "pauses", "locks"):
        op.drop_table(name)


def _put_back_into_flags(tx: sa.Connection) -> None:
    found = {}
    for name, owner, token, expires in tx.execute(sa.select(*_locks.c)):
        found[f"lock:{name}"] = f"{expires:017.3f} {owner}:{token}"
    for row in tx.execute(sa.select(*_workers.c)).mappings():
        found[f"worker:{row['name']}"] = json.dumps(dict(row) | {"queues": json.loads(row["queues"])})
    for step, since, run_id in tx.execute(sa.select(*_pauses.c)):
        found["halted" if run_id else f"paused:{step}"] = str(run_id) if run_id else repr(since)
    for claimed in tx.execute(sa.select(_requests.c.claimed)).scalars():
        found["asked:placing"] = "taken" if claimed else "asked"
    for digest in tx.execute(sa.select(_models.c.digest).where(_models.c.active)).scalars():
        found["active_model"] = digest
    for collection_id, since in tx.execute(sa.select(*_collections.c).where(_collections.c.held_since.is_not(None))):
        found[f"held:{collection_id}"] = repr(since)
    if found:
        tx.execute(sa.insert(_flags), [{"name": name, "value": value} for name, value in found.items()])


def _join_details(tx: sa.Connection) -> None:
    for key, mode, details in tx.execute(sa.select(*_placements.c)).all():
        joined = {"details": join_details(mode, details)}
        tx.execute(sa.update(_placements).where(_placements.c.id == key).values(joined))


def _rewrite(table: sa.TableClause, column: str, values_of: Callable[[str], dict[str, object]]) -> None:
    """Set in each row of a table what its text in a column says, page by page."""
    tx, after = op.get_bind(), 0
    page = sa.select(table.c.id, table.c[column]).order_by(table.c.id).limit(_PAGE)
    while rows := tx.execute(page.where(table.c.id > after)).all():
        for key, text in rows:
            tx.execute(sa.update(table).where(table.c.id == key).values(values_of(text)))
        after = rows[-1][0]


def _require(table: str, column: str) -> None:
    """Have a column that is filled hold no NULL from now on; SQLite makes the table anew for it."""
    with op.batch_alter_table(table) as batch:
        batch.alter_column(column, nullable=False)
