"""Where a photo's date is from, and a date from the file's name or time for those that were read and had none."""

from collections import defaultdict
from datetime import datetime
from posixpath import basename

import sqlalchemy as sa
from alembic import op

from organiser.core.library.capture_date import NamedFile, dated
from organiser.core.photo import Capture
from organiser.index.db.types import PathText, Wall

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PAGE = 1000

_photos = sa.table(
    "photos",
    sa.column("id", sa.BigInteger),
    sa.column("width", sa.Integer),
    sa.column("taken", Wall),
    sa.column("taken_from", sa.String),
)
_files = sa.table(
    "files",
    sa.column("id", sa.BigInteger),
    sa.column("photo_id", sa.BigInteger),
    sa.column("relpath", PathText),
    sa.column("mtime_ns", sa.BigInteger),
)
_verdicts = sa.table("verdicts", sa.column("photo_id", sa.BigInteger), sa.column("taken", Wall))


def upgrade() -> None:
    op.add_column("photos", sa.Column("taken_from", sa.String(length=8), nullable=True))
    tx = op.get_bind()
    tx.execute(sa.update(_photos).where(_photos.c.taken.is_not(None)).values(taken_from="exif"))
    after = 0
    undated = _photos.c.taken.is_(None), _photos.c.width.is_not(None)
    page = sa.select(_photos.c.id).where(*undated).order_by(_photos.c.id).limit(_PAGE)
    while ids := list(tx.execute(page.where(_photos.c.id > after)).scalars()):
        _date(tx, ids)
        after = ids[-1]


def _date(tx: sa.Connection, ids: list[int]) -> None:
    of_photo: defaultdict[int, list[NamedFile]] = defaultdict(list)
    columns = _files.c.photo_id, _files.c.relpath, _files.c.mtime_ns
    for photo_id, relpath, mtime_ns in tx.execute(
        sa.select(*columns).where(_files.c.photo_id.in_(ids)).order_by(_files.c.id)
    ):
        modified = datetime.fromtimestamp(mtime_ns / 1e9)  # noqa: DTZ006 dates of photos are local wall-clock times
        of_photo[photo_id].append(NamedFile(basename(relpath), modified))
    for photo_id, files in of_photo.items():
        found = dated(Capture(), files)
        values = {"taken": found.taken, "taken_from": found.taken_from}
        tx.execute(sa.update(_photos).where(_photos.c.id == photo_id).values(values))
        tx.execute(sa.update(_verdicts).where(_verdicts.c.photo_id == photo_id).values(taken=found.taken))


def downgrade() -> None:
    tx = op.get_bind()
    guessed = sa.select(_photos.c.id).where(_photos.c.taken_from.in_(("name", "file")))
    tx.execute(sa.update(_verdicts).where(_verdicts.c.photo_id.in_(guessed)).values(taken=None))
    tx.execute(sa.update(_photos).where(_photos.c.taken_from.in_(("name", "file"))).values(taken=None))
    op.drop_column("photos", "taken_from")
