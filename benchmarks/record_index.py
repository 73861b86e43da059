"""What SQLite's kept counts cost when photos are recorded: `python benchmarks/record_index.py [--photos 6400]`.

Photos of one face are found, identified, looked at and judged, 32 in a commit, nothing of them read; once on an index as
it is, and once on one without the tallies and the shared files, in turn. Processor time a photo, best of five, and the
size of the index.
"""

import argparse
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from organiser.core.chunks import chunks
from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.judging.verdict import Reason, Verdict
from organiser.index.db.engine import Index, open_engine, writing
from organiser.index.db.upgrade import upgrade
from organiser.index.search.shared_files import drop_shared_files
from organiser.index.search.tallies import drop_tallies
from organiser.index.tables import library, models, results
from organiser.index.tables.results import StoredVerdict
from tests.rows import add_root, detected, found

_ROUNDS = 5
_CHUNK = 32
_BEGUN = datetime(2004, 1, 1)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--photos", type=int, default=6400)
    number = arguments.parse_args().photos
    best: dict[str, float] = {}
    sizes: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for at in range(_ROUNDS):
            for name in ("without", "with") if at % 2 else ("with", "without"):
                index = Path(folder) / f"{name}{at}.db"
                engine = open_engine(f"sqlite:///{index}")
                upgrade(engine)
                if name == "without":
                    with writing(engine) as tx:
                        drop_shared_files(tx)
                        drop_tallies(tx)
                start = time.process_time()
                record(engine, number)
                best[name] = min(best.get(name, 1e9), (time.process_time() - start) / number * 1000)
                with engine.connect() as tx:
                    tx.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                engine.dispose()
                sizes[name] = index.stat().st_size
    for name, took in best.items():
        print(f"{name:8} kept counts: {took:.3f} ms of processor time a photo, {sizes[name] / 1e6:.1f} MB")
    print(f"{best['with'] / best['without']:.2f} × the time, {sizes['with'] / sizes['without']:.3f} × the size")


def record(engine: Index, number: int) -> None:
    with writing(engine) as tx:
        root = add_root(tx)
        model = models.add(tx, "m", "1", "d", "face", ("happy", "sad"), "/m", 1.0)
    for chunk in chunks(range(number), _CHUNK):
        files = [found(f"{at // 500}/IMG_{at:06}.jpg", inode=at + 1) for at in chunk]
        with writing(engine) as tx:
            ids = library.insert_files(tx, root, files)
        with writing(engine) as tx:
            seen = [(key, file, f"{file.inode:064x}") for key, file in zip(ids, files, strict=True)]
            photo_ids = library.identify(tx, seen, 1.0)
        with writing(engine) as tx:
            looks = {
                key: detected(Box(0.1, 0.1, 0.2, 0.2), taken=_BEGUN + timedelta(hours=at))
                for key, at in zip(photo_ids, chunk, strict=True)
            }
            kept = results.record_detections(tx, "d", looks, now=1.0, keep_crops=True)
            face_ids = [face.id for face in kept if face.subject == "face"]
            read = np.tile(np.array([0.9, 0.1], "<f4"), (len(face_ids), 1))
            results.record_predictions(tx, model, face_ids, read, "litert")
            verdicts = [StoredVerdict(key, Verdict(Emotion.HAPPY, 0.9, Reason.CLEAR), 1) for key in photo_ids]
            results.record_verdicts(tx, model, "p", verdicts, 1.0)


if __name__ == "__main__":
    main()
