"""Things that happen to files and photos, one at random, for what has to follow them."""

from random import Random

from sqlalchemy import delete, insert, select, update

from organiser.index.db.engine import Transaction
from organiser.index.db.schema import files, photos
from tests.index.album import MOMENTS


def change(tx: Transaction, random: Random) -> None:
    """Do one of the things that happen to files and photos."""
    file_id = random.choice(list(tx.execute(select(files.c.id)).scalars()))
    photo_id = random.choice(list(tx.execute(select(photos.c.id)).scalars()))
    a_file, a_photo = files.c.id == file_id, photos.c.id == photo_id
    stat = {"size": 1, "mtime_ns": 1, "device": 1, "inode": 1}
    new = {"root_id": 1, "relpath": f"new {random.random()}.jpg", "photo_id": random.choice((photo_id, None))}
    doings = [
        insert(files).values(stat | new),
        insert(files)
        .prefix_with("OR IGNORE")
        .values(stat | {"root_id": 1, "relpath": "unknown.jpg", "photo_id": photo_id}),
        update(files).where(a_file).values(relpath=f"moved {random.random()}.jpg"),
        update(files).where(a_file).values(photo_id=random.choice((photo_id, None))),
        update(files).where(a_file).values(missing_since=random.choice((None, 1.0))),
        update(photos).where(a_photo).values(taken=random.choice((*MOMENTS, None))),
        delete(files).where(a_file),
        delete(photos).where(a_photo),
    ]
    tx.execute(random.choice(doings))
