"""A worker with the TensorFlow model: real processes, the network that ships. Without a GPU TensorFlow uses the CPU."""

import json
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from sqlalchemy import text

from organiser.bootstrap import open_services
from organiser.index.db.engine import reading
from organiser.index.work import due
from organiser.jobs.services import Services
from tests.photos import real_face
from tests.workers.hungry_gpu import LAST_RESORT
from tests.workers.service_process import Service, count, environment_of, nothing_is_due, scan_everything, verdicts

PHOTOS = 12

TOLERANCE = 0.1
"""How far a probability of the int8 network may lie from the float network's.

Weights and activations of 8 bits differ from those of a float; on real faces single probabilities of the first model
that shipped moved by up to 0.09.
"""


@pytest.fixture
def photos(service: Service) -> Service:
    """A library of one real face whose mouth turns downside up from photo to photo; the real detector finds it."""
    for number in range(PHOTOS):
        face = real_face().astype(np.float32)
        mouth = face[118:158, 186:256] if number % 3 == 0 else face[126:164, 186:256]
        mouth += (mouth[::-1] - mouth) * np.float32(number / (PHOTOS - 1))
        lit = np.clip(face * (0.7 + 0.05 * number), 0, 255).astype(np.uint8)
        side = 360 + 24 * number
        Image.fromarray(lit).resize((side, side)).save(service.library / f"{number:02}.jpg", quality=92)
    service.environment["ORGANISER_DETECTOR"] = "yunet"
    return service


def _open(service: Service) -> Services:
    """Open the index with the model that ships."""
    services = open_services(service.settings)
    service.opened.append(services)
    return services


def _beside(service: Service, home: str, **environment: str) -> Service:
    """Return another service over the same photos."""
    folder = service.home.parent / home
    made = Service(folder / "home", service.library, environment_of(folder / "home", "", environment))
    made.home.mkdir(parents=True)
    return made


def _judged(service: Service, services: Services) -> bool:
    return count(services, "verdicts") == PHOTOS and nothing_is_due(services)


def _probabilities(services: Services) -> np.ndarray:
    rows = verdicts(services)
    return np.stack([np.frombuffer(rows[name][-1], "<f4") for name in sorted(rows)])  # type: ignore[call-overload]


def _backends(services: Services) -> set[str]:
    with reading(services.engine) as tx:
        return set(tx.execute(text("SELECT DISTINCT backend FROM predictions")).scalars())


def _mapped(process: int) -> str:
    """Return what files a process and its children have in memory."""
    tree = psutil.Process(process)
    return "".join(Path(f"/proc/{process.pid}/maps").read_text() for process in (tree, *tree.children(recursive=True)))


def _by_cpu(service: Service) -> Services:
    services = _open(service)
    service.start_broker()
    service.queue().submit([scan_everything(services, service.library)])
    worker = service.worker(1)
    service.wait("everything is judged", lambda: _judged(service, services))
    assert "litert" in _mapped(worker.pid).lower()
    assert "/tensorflow/" not in _mapped(worker.pid).lower()
    service.kill(worker, 15)
    return services


def _by_gpu(service: Service) -> Services:
    services = _open(service)
    service.start_broker()
    service.queue().submit([scan_everything(services, service.library)])
    detecting = service.worker(1, "--queues", "scan,detect")
    judge = service.worker(8, "--queues", "judge", "--device", "gpu")
    service.wait("everything is judged", lambda: _judged(service, services), 180)
    assert "/tensorflow/" in _mapped(judge.pid).lower()
    assert not psutil.Process(judge.pid).children()  # one process whatever was asked for: TensorFlow bears no fork
    for process in (detecting, judge):
        service.kill(process, 15)
    return services


def _agree(cpu: Services, gpu: Services) -> None:
    by_cpu, by_gpu = _probabilities(cpu), _probabilities(gpu)
    assert by_cpu.shape == by_gpu.shape == (PHOTOS, 7)
    assert 1e-6 < np.abs(by_cpu - by_gpu).max() < TOLERANCE  # two networks, not one twice
    assert len(set(by_cpu.argmax(axis=1))) > 1
    theirs = verdicts(gpu)
    for (name, verdict), probabilities in zip(sorted(verdicts(cpu).items()), by_cpu, strict=True):
        first, second = np.sort(probabilities)[[-1, -2]]
        if first - second > 2 * TOLERANCE:
            assert verdict[:2] == theirs[name][:2], name


def test_a_gpu_worker_judges_as_a_cpu_worker_does_and_what_it_judged_is_not_stale(photos: Service) -> None:
    other = _beside(photos, "gpu", ORGANISER_DETECTOR="yunet", ORGANISER_SERVICE_SEPARATE_JUDGE_WORKERS="true")
    try:
        cpu, gpu = _by_cpu(photos), _by_gpu(other)
        assert (_backends(cpu), _backends(gpu)) == ({"litert"}, {"keras"})
        _agree(cpu, gpu)
        with reading(gpu.engine) as tx:
            assert gpu.model().backend == "litert"  # as a worker without a GPU asks
            assert not due.count_to_judge(tx, gpu.detector_fingerprint, gpu.model().id, gpu.policy.fingerprint)
        dry_run = other.start("reclassify", "--dry-run", "--json")
        assert other.kill(dry_run, 0) == 0
        assert json.loads((other.home.parent / "reclassify-2.log").read_text())["photos"] == 0
    finally:
        other.stop()


def test_a_gpu_worker_without_memory_lives_on_and_tries_the_message_again(photos: Service) -> None:
    services = _open(photos)
    photos.start_broker()
    photos.queue().submit([scan_everything(services, photos.library)])
    memory = photos.home.parent / "memory"
    here = Path(__file__)
    photos.start(memory.name, program=(str(here.parents[1] / "hungry_gpu.py"),), PYTHONPATH=str(here.parents[3]))
    photos.wait("the message is tried again", lambda: photos.logs().count(LAST_RESORT) > 1, 120)
    assert count(services, "verdicts") == 0
    memory.touch()
    photos.wait("everything is judged", lambda: _judged(photos, services), 120)
    assert f"model={services.model().bundle.manifest.model} backend=keras" in photos.logs()
