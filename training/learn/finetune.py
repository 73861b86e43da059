"""`fit --from-bundle`: teaches a bundle's head a person's own corrections, on the person's own machine, in minutes.

All layers but the head stay as they are. The corrections, each in several disturbed variants, go through them once;
then the head alone learns, held in place by rehearsal features drawn from the bundle's `features.npz`, whose old answers
it has to keep. How far it goes is bounded however few or many corrections there are, and of whatever emotions. The
bundle's calibration is kept. The result is a run, exported like any other.
"""

import csv
import hashlib
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.corrections import require_enough
from organiser.training.data.prepared import Prepared
from organiser.training.evaluate.calibrate import write_calibration
from organiser.training.learn.augment import augmented
from organiser.training.learn.batches import cut_inputs
from organiser.training.learn.config import Config, input_of
from organiser.training.learn.runs import begin, save
from organiser.training.networks.features import FILE, body_of, draw, read
from organiser.training.networks.head import Head, Lesson, teach
from organiser.training.networks.network import predict_logits
from organiser.training.ship.backend import load_network
from organiser.vision.bundle import Bundle
from organiser.vision.bundle import load as load_bundle

_REHEARSED: Final = 3000
_VARIANTS: Final = 6
_UNCORRUPTED: Final = 0.5
"""Share of a correction's weight that its undisturbed crop has; the variants share the rest."""

_MOST_WEIGHT: Final = 0.3
_HALF_AT: Final = 100
"""The corrections together weigh at most this much against 1 for the rehearsal; half of it when there are so many."""


def finetune(
    bundle: Path, corrections: Prepared, regimen: Config, folder: Path, *, note: Callable[[str], None] = print
) -> None:
    """Train the head of `bundle` on `corrections` into the run `folder`.

    Args:
        corrections: read in the bundle's colours.
        regimen: its `epochs`, `rate`, `augment` and `seed` are taken; all else is the bundle's.

    Raises:
        Permanent: the corrections are too few, the bundle cannot be fine-tuned, or `folder` holds another run.
    """
    opened = load_bundle(bundle)
    corrections.require(opened.manifest.subject)
    require_enough(corrections, opened.manifest.labels)
    body, model = _network(opened)
    config = _config(opened, corrections, regimen)
    if corrections.crops.shape[3] != config.channels:
        raise Permanent(
            f"the bundle reads {config.channels} channels, the corrections have {corrections.crops.shape[3]}"
        )
    spread = read(opened.weights("features"))
    folder.mkdir(parents=True, exist_ok=True)
    _begin(folder, opened, corrections, config)
    rng = np.random.default_rng(regimen.seed)
    lesson = _lesson(body, corrections, config, rng)
    weights, bias = (np.asarray(get_weight, np.float32) for get_weight in model.get_layer("head").get_weights())
    head = Head(weights, bias, opened.manifest.calibration)
    rehearsal = draw(spread, _REHEARSED, rng)
    if (weights.shape[0], len(spread.counts)) != (rehearsal.shape[1], weights.shape[1]):
        raise Permanent(f"{bundle}: {FILE} does not fit its network")
    faces = sum(row.fold == "train" and row.label in config.labels for row in corrections.rows)
    weight = _MOST_WEIGHT * faces / (faces + _HALF_AT)
    note(f"{config.name}@{config.version}: {faces} corrections, {len(rehearsal)} rehearsal features")
    taught = _taught(head, rehearsal, lesson, weight, regimen, folder, note)
    model.get_layer("head").set_weights([taught.weights, taught.bias])
    save(folder / "weights.npz", {str(n): np.asarray(w, np.float32) for n, w in enumerate(model.get_weights())})
    shutil.copyfile(opened.weights("features"), folder / FILE)
    write_calibration(folder, opened.manifest.calibration)


def _network(opened: Bundle) -> tuple[keras.Model, keras.Model]:
    """Return the bundle's network up to its features, and as a whole."""
    if "features" not in opened.manifest.weights:
        raise Permanent(
            f"{opened.path}: {opened.manifest.model} has no {FILE}, without which a few corrections would skew all answers",
            "begin with a newer bundle, or export this one's run again",
        )
    if "config" not in opened.manifest.provenance:
        raise Permanent(f"{opened.path}: its manifest does not say how the network is built")
    model = load_network(opened.weights("keras"))
    body = body_of(model)
    if body is None:
        raise Permanent(f"{opened.path}: its network ends in no head that could be taught")
    return body, model


def _config(opened: Bundle, corrections: Prepared, regimen: Config) -> Config:
    own = Config.from_dict(opened.manifest.provenance["config"])
    return replace(
        own,
        version=f"{opened.manifest.version}+{corrections.digest[:8]}",
        sources=(),
        augment=regimen.augment,
        epochs=regimen.epochs,
        rate=regimen.rate,
        policy=regimen.policy,
        seed=regimen.seed,
    )


def _lesson(body: keras.Model, corrections: Prepared, config: Config, rng: np.random.Generator) -> Lesson:
    """Return the features of the corrections to learn from: of each as it is served, and of its variants."""
    chosen = [i for i, row in enumerate(corrections.rows) if row.fold == "train" and row.label in config.labels]
    served = cut_inputs(corrections.crops[chosen], input_of(config))
    features = predict_logits(body, served)
    if config.views == 2:
        mirrored = predict_logits(body, np.ascontiguousarray(served[:, :, ::-1]))
        features = np.asarray((features + mirrored) / 2, np.float32)
    variants = predict_logits(body, corrupted(corrections, chosen * _VARIANTS, config, rng))
    classes = np.array([config.labels.index(corrections.rows[i].label) for i in chosen], np.int64)
    uncorrupted = np.full(len(chosen), _UNCORRUPTED / len(chosen), np.float32)
    other = np.full(len(variants), (1 - _UNCORRUPTED) / len(variants), np.float32)
    return Lesson(
        np.concatenate([features, variants]),
        np.tile(classes, _VARIANTS + 1),
        np.concatenate([uncorrupted, other]),
    )


def corrupted(corrections: Prepared, chosen: list[int], config: Config, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a disturbed input for each of the `chosen` crops, uint8[N, h, w, C]."""
    crops = corrections.crops
    others = rng.integers(0, len(crops), len(chosen)).tolist()
    return np.stack(
        [
            augmented(crops[i], crops[other], config.window, config.size, config.augment, rng)
            for i, other in zip(chosen, others, strict=True)
        ]
    )


def _taught(
    head: Head,
    rehearsal: NDArray[np.float32],
    lesson: Lesson,
    weight: float,
    regimen: Config,
    folder: Path,
    note: Callable[[str], None],
) -> Head:
    """Return the taught head; `history.csv` tells loss, told faces learned and rehearsed answers kept on the way."""
    kept = head.answers(rehearsal).argmax(axis=1)
    with (folder / "history.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("epoch", "loss", "learned", "kept"))
        steps = teach(head, rehearsal, lesson, weight, steps=regimen.epochs, rate=regimen.rate)
        for number, (taught, loss) in enumerate(steps, start=1):
            head = taught
            if number % 10 and number != regimen.epochs:
                continue
            learned = float((head.answers(lesson.features).argmax(axis=1) == lesson.classes).mean())
            same = float((head.answers(rehearsal).argmax(axis=1) == kept).mean())
            writer.writerow((number, loss, learned, same))
    note(f"  of the told faces' variants {learned:.0%} are learned, of the rehearsed answers {same:.1%} are kept")
    return head


def _begin(folder: Path, opened: Bundle, corrections: Prepared, config: Config) -> None:
    """Write `run.json`, or refuse a folder that holds a run from another bundle, of other corrections or config."""
    asked: dict[str, Any] = {
        "config": config.to_dict(),
        "data": corrections.digest,
        "start": hashlib.sha256(opened.weights("keras").read_bytes()).hexdigest(),
        "parent": {"model": opened.manifest.model, "digest": opened.digest},
    }
    counts = Counter(f"{row.label}/{row.fold}" for row in corrections.rows if row.label in config.labels)
    past = {key: opened.manifest.provenance[key] for key in ("sources", "votes")}
    begin(folder, asked, {"corrections": dict(sorted(counts.items())), **past})
