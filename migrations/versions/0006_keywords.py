"""Keywords and ratings that other programs wrote, by file; files that are known get theirs when they are next read."""

import sqlalchemy as sa
from alembic import op

from organiser.index.db.types import Id

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "keywords",
        sa.Column("file_id", Id, nullable=False),
        sa.Column("keyword", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_keywords_file_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file_id", "keyword", name="pk_keywords"),
    )
    op.create_index("ix_keywords_keyword_file_id", "keywords", ["keyword", "file_id"])
    op.create_table(
        "ratings",
        sa.Column("file_id", Id, nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_ratings_file_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file_id", name="pk_ratings"),
    )
    op.create_index("ix_ratings_rating_file_id", "ratings", ["rating", "file_id"])


def downgrade() -> None:
    op.drop_table("ratings")
    op.drop_table("keywords")
