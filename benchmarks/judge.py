"""Judging what is stored: a policy change that only folds, and a new model that classifies kept crops.

    .venv/bin/python benchmarks/judge.py [--photos 100000] [--faces 2] [--classify 20000]

Builds an index of judged photos (SQLite) with real crops of a public-domain portrait, then prints how long a new policy
takes for all of them, and how many faces a second a new model classifies. No photo exists, so none can be opened.
"""

import argparse
import dataclasses
import functools
import tempfile
import time

import numpy as np
import skimage.data
from numpy.typing import NDArray
from sqlalchemy import Connection

from organiser.bootstrap import open_services
from organiser.core.face import Box, Face, Quality
from organiser.core.judging.verdict import Policy, Rule, judge
from organiser.core.library.reconcile import FoundFile
from organiser.core.photo import Capture, Detected, PhotoId, RootId, SeenFace
from organiser.index.db.engine import writing
from organiser.index.tables import library, results, roots
from organiser.index.tables.results import StoredVerdict
from organiser.jobs.drivers import full_scan
from organiser.jobs.services import Services
from organiser.settings.reading import load
from organiser.settings.values import Settings
from organiser.vision.align import canonical_crop, encode_crop
from organiser.vision.detectors.yunet import YuNet

_CHUNK = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--faces", type=int, default=2)
    parser.add_argument("--classify", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        settings = load({"ORGANISER_HOME": scratch})
        services = open_services(settings)
        _fill(services, options.photos, options.faces)
        seconds, done = _judge_all(settings, services, Policy(Rule.LARGEST))
        print(f"policy: {done} photos in {seconds:.1f} s, {done / seconds:.0f} photos/s")
    with tempfile.TemporaryDirectory() as scratch:
        settings = load({"ORGANISER_HOME": scratch})
        services = open_services(settings)
        _fill(services, options.classify // options.faces, options.faces, judged=False)
        seconds, done = _judge_all(settings, services, services.policy)
        print(f"model:  {done * options.faces} faces in {seconds:.1f} s, {done * options.faces / seconds:.0f} faces/s")


def _judge_all(settings: Settings, services: Services, policy: Policy) -> tuple[float, int]:
    start = time.perf_counter()
    open_children = functools.partial(_open_with, settings, policy)
    changed = dataclasses.replace(services, own_policy=policy)
    summary = full_scan.run(changed, open_children, 2, full_scan.Request(()), lambda steps: [None for _ in steps])
    return time.perf_counter() - start, summary.counts["judged"]


def _open_with(settings: Settings, policy: Policy) -> Services:
    return dataclasses.replace(open_services(settings), own_policy=policy)


def _fill(services: Services, photos: int, faces: int, *, judged: bool = True) -> None:
    """Put photos with faces, crops and, when `judged`, predictions and verdicts into an empty index."""
    image: NDArray[np.uint8] = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    face: Face = dataclasses.replace(YuNet().detect(image)[0], quality=Quality(100.0, 100.0))
    crop = encode_crop(canonical_crop(image, face.landmarks))
    seen = tuple(
        SeenFace(dataclasses.replace(face, box=Box(0.1 * number, 0.1, 0.1, 0.1)), crop) for number in range(faces)
    )
    detected = Detected(512, 512, Capture(), seen, crop)
    model = services.model()
    rng = np.random.default_rng(0)
    with writing(services.engine) as tx:
        root = roots.add(tx, "/nowhere", 0.0)
    for start in range(0, photos, _CHUNK):
        with writing(services.engine) as tx:
            ids = _photos(tx, root, range(start, min(start + _CHUNK, photos)))
            kept = results.record_detections(
                tx, services.detector_fingerprint, dict.fromkeys(ids, detected), 0.0, keep_crops=not judged
            )
            if judged:
                mine = [face.id for face in kept if face.subject == "face"]
                given = rng.dirichlet(np.full(len(model.bundle.manifest.labels), 0.4), len(mine)).astype(np.float32)
                results.record_predictions(tx, model.id, mine, given, "litert")
                verdict = StoredVerdict(ids[0], judge([], services.policy), faces)
                verdicts = [dataclasses.replace(verdict, photo_id=photo_id) for photo_id in ids]
                results.record_verdicts(tx, model.id, services.policy.fingerprint, verdicts, 0.0)


def _photos(tx: Connection, root: RootId, numbers: range) -> list[PhotoId]:
    found = [FoundFile(f"{number:07}.jpg", 1, 1, 1, number + 1) for number in numbers]
    files = library.insert_files(tx, root, found)
    return library.identify(
        tx, [(key, file, f"{file.inode:064x}") for key, file in zip(files, found, strict=True)], 0.0
    )


if __name__ == "__main__":
    main()
