"""Counts kept by month, verdict, camera and folder, for SQLite; an index in the order of the listing, for Postgres."""

import sqlalchemy as sa
from alembic import op

from organiser.index.search.shared_files import create_shared_files, drop_shared_files
from organiser.index.search.tallies import create_tallies, drop_tallies

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tallies(op.get_bind())
    create_shared_files(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_photos_newest", "photos", [sa.text("taken DESC NULLS LAST"), sa.text("id DESC")])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_photos_newest", table_name="photos")
    drop_shared_files(op.get_bind())
    drop_tallies(op.get_bind())
