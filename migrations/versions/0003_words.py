"""The index in the field's words: detections, scan requests, the detect stage, the chunk size of a lease."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = (("looks", "detections"), ("asked_scans", "scan_requests"))
_STAGED = ("leases", "file_leases", "failures")


def upgrade() -> None:
    _rename_tables(_TABLES)
    _rename_index("ix_looks_detector", "ix_detections_detector", "detections")
    for table in ("leases", "file_leases"):
        op.alter_column(table, "companions", new_column_name="chunk_size")
    _rename_words("look", "detect", {"looked": "detected"})


def downgrade() -> None:
    _rename_words("detect", "look", {"detected": "looked"})
    for table in ("leases", "file_leases"):
        op.alter_column(table, "chunk_size", new_column_name="companions")
    _rename_index("ix_detections_detector", "ix_looks_detector", "detections")
    _rename_tables(tuple((new, old) for old, new in _TABLES))


def _rename_tables(names: tuple[tuple[str, str], ...]) -> None:
    for old, new in names:
        op.rename_table(old, new)
        if op.get_bind().dialect.name == "postgresql":  # SQLite keeps a constraint's name as a mere note
            for name in _constraints(new, old):
                op.execute(f'ALTER TABLE {new} RENAME CONSTRAINT "{name}" TO "{name.replace(old, new)}"')


def _constraints(table: str, named_after: str) -> list[str]:
    query = sa.text("SELECT conname FROM pg_constraint WHERE conrelid = CAST(:table AS regclass)")
    names = op.get_bind().execute(query, {"table": table}).scalars()
    return [name for name in names if named_after in name]


def _rename_index(old: str, new: str, table: str) -> None:
    op.drop_index(old, table_name=table)
    op.create_index(new, table, ["detector"], unique=False)


def _rename_words(old: str, new: str, counts: dict[str, str]) -> None:
    """Rename the step where rows name it: leases, failures, pauses, and the counts of runs."""
    bind = op.get_bind()
    for name in _STAGED:
        table = sa.table(name, sa.column("stage"))
        bind.execute(sa.update(table).where(table.c.stage == old).values(stage=new))
    paused = {"new": f"paused:{new}", "old": f"paused:{old}"}
    bind.execute(sa.text("UPDATE flags SET name = :new WHERE name = :old"), paused)
    bind.execute(sa.text("DELETE FROM flags WHERE name LIKE 'worker:%'"))  # heartbeats: those alive give another
    rows = bind.execute(sa.text("SELECT id, counts FROM runs WHERE counts IS NOT NULL")).all()
    for run_id, text in rows:
        renamed = {counts.get(word, word): count for word, count in json.loads(text).items()}
        bind.execute(
            sa.text("UPDATE runs SET counts = :counts WHERE id = :id"), {"counts": json.dumps(renamed), "id": run_id}
        )
