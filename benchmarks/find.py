"""How fast `find` gives its first 100 rows on an index of a million photos, by kind of query.

    python benchmarks/find.py [--photos 1000000] [--folder DIR] [--rounds 5]

The index is made up (20 years of events, phone and camera names, screenshots, scans without date, 5 % duplicates, 1 %
missing, 2 % without verdict), kept in the folder and used again. Every measured query runs in a process of its own that
has the modules loaded and nothing else: connection, page cache and compiled statements are cold, the file is in the
operating system's cache.
"""

import argparse
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from organiser.core.query.parse import parse
from organiser.index.db.engine import Index, open_engine, reading, writing
from organiser.index.db.schema import metadata
from organiser.index.db.upgrade import upgrade
from organiser.index.search.file_counts import create_file_counts
from organiser.index.search.find import count, photo_ids, rows
from organiser.index.search.path_index import create_path_index
from organiser.index.search.shared_files import create_shared_files
from organiser.index.search.tallies import create_tallies
from organiser.index.views.months import emotions_by_month
from organiser.index.views.stats import tallies

NOW = datetime(2024, 9, 1)
SPAN_DAYS = 7500
PLACES = [
    *("Holiday in Italy", "Wedding Anna", "Birthday", "Christmas", "Garden", "Übung Zürich", "School", "Camping"),
    *("New York", "Hiking", "Family reunion", "Zoo", "Beach", "Concert", "Mountains", "Office party"),
]
EMOTIONS = {
    "happy": 250,
    "neutral": 150,
    "sad": 30,
    "surprise": 15,
    "angry": 10,
    "fear": 5,
    "disgust": 3,
    "contempt": 1,
}
CAMERAS = [
    *(f"Canon EOS {number}D" for number in (5, 6, 7, 60, 70, 80)),
    *(f"NIKON D{number}" for number in (90, 3100, 5100, 750)),
    *(f"Apple iPhone {number}" for number in range(4, 16)),
    *("samsung SM-G973F", "Google Pixel 6", "SONY ILCE-7M3", "FUJIFILM X-T3"),
]

QUERIES = {
    "everything": r"""
        sort:taken-
        sort:taken+
    """,
    "emotion": r"""
        emotion:happy
        emotion:sad
        emotion:fear
        emotion:contempt
        emotion:none
        -emotion:happy
        emotion:happy|sad
        emotion:contempt|disgust
    """,
    "confidence": r"""
        confidence:0.9..
        confidence:..0.55
        confidence:0.995..
        confidence:0.70..0.7001
        emotion:happy confidence:0.9..
        emotion:contempt confidence:..0.6
        emotion:sad confidence:0.99..0.9901
    """,
    "date": r"""
        taken:2024
        taken:2010
        taken:2019-07-14
        taken:2004..2023
        taken:..2005-06
        added:-1w..
        added:-3y..
        -taken:..
        taken:2012-06..2012-08 emotion:sad
        taken:..2006 emotion:happy
    """,
    "faces": r"""
        faces:1
        faces:2..
        faces:7
        faces:9..
        faces:2..4 emotion:sad
        faces:0
        faces:5.. emotion:fear confidence:0.9..
    """,
    "reason": r"""
        reason:mixed
        reason:no_face
        reason:corrected
        reason:mixed taken:2009
        reason:unsure faces:5..
        reason:mixed emotion:happy
        -reason:no_face -reason:clear
    """,
    "path": r"""
        path:holiday
        path:IMG_
        path:2010/
        path:Screenshots
        path:IMG_0042
        path:img_20190304
        path:übung
        path:zzzz
        path:wa0000123
        path:/2006/2006-0
        path:Anna/IMG_12
        path:scans
        path:anna/Pictures/2011
        path:phone
        path:.png
        path:9/
        path:duplicates
    """,
    "combined": r"""
        emotion:happy path:holiday
        emotion:sad path:2010/
        emotion:contempt path:IMG_
        path:scans emotion:happy
        path:scans emotion:fear faces:3..
        path:Screenshots confidence:0.9.. faces:2
        emotion:happy confidence:0.9.. taken:2014-05..2014-08 faces:2.. path:holiday
        emotion:angry path:zoo taken:2015
        path:2008 emotion:happy reason:clear
        path:IMG path:Anna emotion:sad
        camera:canon emotion:happy
        camera:D90 faces:2..
        added:-1y.. emotion:sad
        path:wedding faces:4..
    """,
    "negation": r"""
        -path:Screenshots
        emotion:happy -path:Screenshots -path:IMG_
        -path:DCIM -path:2
        -faces:0..
        reason:clear -emotion:happy -emotion:neutral
        -camera:canon -path:scans
        -reason:clear path:zoo
    """,
    "alternatives": r"""
        emotion:happy , emotion:sad
        emotion:contempt , reason:corrected
        path:zoo , emotion:fear
        path:scans , taken:2005-03 , faces:9..
        emotion:happy path:holiday -path:Screenshots , emotion:sad added:-1w..
    """,
    "sorted": r"""
        emotion:happy sort:confidence-
        sort:confidence-
        sort:added-
        emotion:sad sort:taken+
        path:2010/ sort:confidence-
        faces:2.. sort:faces-
        emotion:happy path:holiday sort:taken+
    """,
    "others": r"""
        missing:yes
        failed:yes
        failed:truncated
        judged:no
        duplicates:yes
        model:face@1
        root:phone
        corrected:yes
        width:..640
        path:9j
    """,
    "regex": r"""
        path::IMG_\d{4}\.JPG$
        path::(?i)holiday.*img_00[0-4]
        camera::^Apple
        path::xyzzy
    """,
}
APART = {"others", "regex"}
"""Kinds that the promise of 50 ms does not cover."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--photos", type=int, default=1_000_000)
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--each", action="store_true", help="print every query")
    arguments.add_argument("--kinds", default=",".join(QUERIES), help="only these kinds of query; none: counts only")
    given = arguments.parse_args()
    index = given.folder / f"organiser-find-{given.photos}.db"
    if not index.exists():
        in_child(partial(build, index, given.photos))
    size = index.stat().st_size / 1e6
    print(
        f"{given.photos:,} photos, {size:,.0f} MB, SQLite {sqlite3.sqlite_version}; milliseconds to the first 100 rows"
    )
    print(f"{'kind':14}{'queries':>8}{'p50':>9}{'p95':>9}{'worst':>9}{'cpu p50':>9}{'cpu p95':>9}   slowest")
    together: list[Timing] = []
    for kind in filter(None, given.kinds.split(",")):
        texts = texts_of(kind)
        times = {text: [in_child(partial(first_rows, index, text)) for _ in range(given.rounds)] for text in texts}
        every = [each for text in texts for each in times[text]]
        print_line(kind, every, max(texts, key=lambda text: median(each.cpu for each in times[text])))
        together += [] if kind in APART else every
        for text in texts if given.each else ():
            print(f"    {median(each.wall for each in times[text]):8.1f}  {text}")
    if together:
        print_line("the mix", together, "")
    print_counts(index, given.rounds, each=given.each)
    for name, work in (("all rows", all_rows), ("all ids", all_ids)):
        found = in_child(partial(work, index))
        print(f"{name:14}{found.wall / 1000:8.2f} s, peak memory {found.memory:.0f} MB")


def texts_of(kind: str) -> list[str]:
    return [line.strip() for line in QUERIES[kind].strip().splitlines()]


def print_counts(index: Path, rounds: int, *, each: bool) -> None:
    """How long it takes to count the photos of each query, those of paths apart, and to tally them all.

    As a yardstick, first a bare reading of every path.
    """
    print_line("bare paths", [in_child(partial(read_paths, index)) for _ in range(rounds)], "")
    texts = ["", *(text for kind in QUERIES if kind not in APART for text in texts_of(kind))]
    for name, some in (
        ("counts", [text for text in texts if "path:" not in text]),
        ("counts, paths", [text for text in texts if "path:" in text]),
    ):
        times = {text: [in_child(partial(count_photos, index, text)) for _ in range(rounds)] for text in some}
        print_line(
            name, [time for found in times.values() for time in found], max(some, key=lambda text: times[text][0].cpu)
        )
        for text in some if each else ():
            print(
                f"    {median(time.wall for time in times[text]):8.1f} {median(time.cpu for time in times[text]):8.1f}  {text}"
            )
    print_line("stats", [in_child(partial(tally, index)) for _ in range(rounds)], "")
    print_line("months", [in_child(partial(months, index)) for _ in range(rounds)], "")


class Timing(NamedTuple):
    """Milliseconds that some work took, of the clock and of the processor, and its process's peak memory in MB."""

    wall: float
    cpu: float
    memory: float


def print_line(kind: str, times: Sequence[Timing], slowest: str) -> None:
    walls, cpus = sorted(each.wall for each in times), sorted(each.cpu for each in times)
    at = -(-len(times) * 95 // 100) - 1
    figures = median(walls), walls[at], walls[-1], median(cpus), cpus[at]
    print(f"{kind:14}{len(times):8}" + "".join(f"{figure:9.1f}" for figure in figures) + f"   {slowest}", flush=True)


def first_rows(index: Path, text: str) -> None:
    query = parse(text, NOW)
    with reading(open_engine(f"sqlite:///{index}")) as tx:
        list(islice(rows(tx, query), 100))


def all_rows(index: Path) -> None:
    with reading(open_engine(f"sqlite:///{index}")) as tx:
        for _ in rows(tx, parse("", NOW)):
            pass


def all_ids(index: Path) -> None:
    with reading(open_engine(f"sqlite:///{index}")) as tx:
        for _ in photo_ids(tx, parse("path:IMG_ , emotion:happy", NOW)):
            pass


def read_paths(index: Path) -> None:
    sqlite3.connect(index).execute("SELECT count(*) FROM files WHERE relpath LIKE '%zzzz%'").fetchone()


def count_photos(index: Path, text: str) -> None:
    query = parse(text, NOW)
    with reading(open_engine(f"sqlite:///{index}")) as tx:
        count(tx, query)


def tally(index: Path) -> None:
    with reading(open_engine(f"sqlite:///{index}")) as tx:
        tallies(tx, parse("", NOW))


def months(index: Path) -> None:
    with reading(open_engine(f"sqlite:///{index}")) as tx:
        emotions_by_month(tx, parse("", NOW))


def in_child(work: Callable[[], None]) -> Timing:
    """Time some work in a process that nothing has warmed up."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        timing = (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000, peak_memory()
        os.write(writer, " ".join(map(str, timing)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as result:
        found = result.read().split()
    os.waitpid(child, 0)
    return Timing(*map(float, found))


def peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def build(index: Path, number: int) -> None:
    """Make the index: tables, rows, then indexes, all at once and without regard for a crash."""
    start = time.perf_counter()
    unfinished = index.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    connection = sqlite3.connect(unfinished)
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
    tables = metadata.sorted_tables
    for table in tables:
        connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
    fill(connection, number)
    for each in sorted((each for table in tables for each in table.indexes), key=lambda each: str(each.name)):
        connection.execute(str(CreateIndex(each).compile(dialect=sqlite.dialect())))
    connection.commit()
    connection.close()
    engine = open_engine(f"sqlite:///{unfinished}")
    create_kept(engine)
    engine.dispose()
    unfinished.rename(index)
    print(f"built {index} in {time.perf_counter() - start:.0f} s", flush=True)


def create_kept(engine: Index) -> None:
    """Make what SQLite keeps beside its tables, and check that the index has all that the product's has then."""
    with writing(engine) as tx:
        create_path_index(tx)
        create_file_counts(tx)
        create_tallies(tx)
        create_shared_files(tx)
    with engine.connect() as tx:
        tx.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    with tempfile.TemporaryDirectory() as folder:
        ours = open_engine(f"sqlite:///{folder}/index.db")
        upgrade(ours)
        missing = made(ours) - made(engine) - {"alembic_version"}
        ours.dispose()
    assert not missing, missing


def made(engine: Index) -> set[str]:
    """Names of tables, indexes and triggers."""
    with reading(engine) as tx:
        names = tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        return set(names.scalars())


def fill(connection: sqlite3.Connection, number: int) -> None:
    random = Random(1)
    roots = [(1, "/home/anna/Pictures"), (2, "/media/phone backup")]
    connection.executemany("INSERT INTO roots (id, path, added) VALUES (?, ?, 1)", roots)
    models = [(key, "face", str(key), str(key), "face", "[]", "/", 1, 0) for key in (1, 2)]
    connection.executemany("INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", models)
    made = made_up(random, number)
    while page := list(islice(made, 20_000)):
        for table, values in zip(
            ("photos", "files", "verdicts", "failures", "corrections"), zip(*page, strict=True), strict=True
        ):
            records = [record for some in values for record in some]
            if records:
                names = ", ".join(records[0])
                marks = ", ".join(f":{name}" for name in records[0])
                connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", records)


Records = Sequence[Mapping[str, object]]


def made_up(random: Random, number: int) -> Iterator[tuple[Records, Records, Records, Records, Records]]:
    """One photo after the other: its rows in photos, files, verdicts, failures and corrections."""
    for photo_id, (taken, camera, root, relpath) in enumerate(islice(events(random), number), 1):
        added = NOW.timestamp() - (number - photo_id) * (0.02 if photo_id < number * 0.8 else 150)
        photo = {"id": photo_id, "digest": f"{random.getrandbits(256):064x}", "added": added}
        photo |= {"width": 4000, "height": 3000, "taken": taken, "camera": camera}
        paths = [relpath, f"duplicates/{relpath}"] if random.random() < 0.05 else [relpath]
        missing = 1.7e9 if random.random() < 0.01 else None
        stat = {"size": 3_000_000, "mtime_ns": photo_id, "device": 1, "inode": photo_id}
        places = [{"root_id": root, "relpath": path, "photo_id": photo_id, "missing_since": missing} for path in paths]
        files = [place | stat for place in places]
        failed, judged = random.random() < 0.01, random.random() < 0.98
        verdict = {"photo_id": photo_id, "taken": taken, **judgement(random)} if judged else None
        failure = {"stage": "detect", "photo_id": photo_id, "kind": random.choice(["truncated", "corrupt"])}
        failure |= {"reason": "broken", "attempts": 1, "at": 1}
        correction = {"photo_id": photo_id, "verb": "is", "emotion": "sad", "who": "anna", "at": 1}
        corrected = [correction] if verdict and verdict["reason"] == "corrected" else []
        yield [photo], files, [verdict] if verdict else [], [failure] if failed else [], corrected


def events(random: Random) -> Iterator[tuple[str | None, str | None, int, str]]:
    """Time taken, camera, root and relative path of photos, event by event, in no order of time."""
    number = 0
    while True:
        at = datetime(2004, 1, 1) + timedelta(
            days=int(SPAN_DAYS * random.random() ** 0.6), seconds=random.randrange(30_000, 70_000)
        )
        kind, place, shot = random.random(), random.choice(PLACES), random.randrange(9000)
        camera = random.choice(CAMERAS) if kind < 0.75 and random.random() < 0.8 else None
        for _ in range(1 + int(random.expovariate(1 / 30))):
            number, shot = number + 1, shot + 1
            at += timedelta(seconds=int(random.expovariate(1 / 120)))
            taken = None if 0.75 < kind < 0.8 or kind >= 0.93 else at.isoformat()
            if kind < 0.55:
                yield taken, camera, 1, f"{at.year}/{at:%Y-%m} {place} {number // 500}/IMG_{shot:04d}.JPG"
            elif kind < 0.75:
                yield taken, camera, 2, f"DCIM/Camera/IMG_{at:%Y%m%d_%H%M%S}_{number:07d}.jpg"
            elif kind < 0.85:
                yield taken, camera, 2, f"WhatsApp Images/IMG-{at:%Y%m%d}-WA{number:07d}.jpg"
            elif kind < 0.93:
                yield taken, camera, 2, f"Screenshots/Screenshot_{at:%Y%m%d-%H%M%S}_{number:07d}.png"
            else:
                yield taken, camera, 1, f"scans/{place}/Album {shot % 40}/scan{number:07d}.tif"


def judgement(random: Random) -> dict[str, object]:
    """A verdict's columns: 40 % no face, 5 % mixed, 9 % unsure, else an emotion."""
    kind, faces = random.random(), 1
    while random.random() < 0.4:
        faces += 1
    verdict: dict[str, object] = {"model_id": 1 if random.random() < 0.1 else 2, "policy": "p", "at": 1}
    verdict |= {"emotion": None, "confidence": None, "reason": "no_face", "faces": 0}
    if 0.4 <= kind < 0.54:
        return verdict | {
            "reason": "mixed" if kind < 0.45 else "unsure",
            "faces": max(faces, 2) if kind < 0.45 else faces,
        }
    if kind >= 0.54:
        (emotion,) = random.choices(list(EMOTIONS), list(EMOTIONS.values()))
        reason = "corrected" if random.random() < 0.001 else "clear"
        confidence = 0.5 + 0.5 * random.betavariate(3, 1.2)
        return verdict | {"emotion": emotion, "confidence": confidence, "reason": reason, "faces": faces}
    return verdict


if __name__ == "__main__":
    main()
