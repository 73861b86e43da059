"""How many files show a photo, where that is not one that is present: what counts and negations look up on SQLite."""

from alembic import op

from organiser.index.search.file_counts import create_file_counts, drop_file_counts

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_file_counts(op.get_bind())


def downgrade() -> None:
    drop_file_counts(op.get_bind())
