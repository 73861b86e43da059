"""What was asked for is kept: scans that are wanted, files that changed, attempts at files; a run may end with an error."""

import sqlalchemy as sa
from alembic import op

from organiser.index.db.types import PathText

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CHANGED = sa.text("changed IS NOT NULL")


def upgrade() -> None:
    op.add_column("runs", sa.Column("error", sa.Text(), nullable=True))
    op.add_column("files", sa.Column("changed", sa.Double(), nullable=True))
    op.create_index("ix_files_changed", "files", ["id"], unique=False, sqlite_where=_CHANGED, postgresql_where=_CHANGED)
    op.create_table(
        "asked_scans",
        sa.Column("root_id", _ID, nullable=False),
        sa.Column("folder", PathText(), nullable=False),
        sa.Column("deep", sa.Boolean(), nullable=False),
        sa.Column("run_id", _ID, nullable=True),
        sa.Column("quiet", sa.Double(), nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=True),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["root_id"], ["roots.id"], name=op.f("fk_asked_scans_root_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_asked_scans_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("root_id", "folder", "deep", name=op.f("pk_asked_scans")),
    )
    op.create_table(
        "file_leases",
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("file_id", _ID, nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("companions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_file_leases_file_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stage", "file_id", name=op.f("pk_file_leases")),
    )
    op.create_index(op.f("ix_file_leases_expires"), "file_leases", ["expires"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_file_leases_expires"), table_name="file_leases")
    op.drop_table("file_leases")
    op.drop_table("asked_scans")
    op.drop_index("ix_files_changed", table_name="files", sqlite_where=_CHANGED, postgresql_where=_CHANGED)
    op.drop_column("files", "changed")
    op.drop_column("runs", "error")
