"""One experiment as a value. Each file in `configs/` gives one `CONFIG`, and nothing else decides how training goes."""

import importlib.util
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from organiser.errors import Permanent
from organiser.training.learn.augment import Augment
from organiser.training.learn.targets import Targets
from organiser.vision.bundle import Input


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What is trained, on what, and how.

    Attributes:
        labels: the network's classes in order, values of `Emotion`.
        subject: "face" (canonical crops) or "photo" (the whole picture squeezed into a square).
        network: name of a function in `architectures`, called with size, channels, classes and `options`.
        size, channels, window: how the input is cut from a crop: side in pixels, 1 grey or 3 RGB, (x, y, w, h).
        views: 2 when logits of the input and its mirror image are averaged, else 1.
        sources: sets of the prepared data to train on; empty for all.
        rate, warmup, decay: peak learning rate (cosine to 0), epochs of linear warm-up, AdamW's weight decay.
        mixup: parameter of the Beta distribution that mixes half of the batches' pictures; 0 for none.
        average: share of the old value kept when the running mean of weights is updated (every 8 steps); 0 for none.
        refine, refine_from: share of a face's target that the averaged network's own answers take, and after how many
            epochs they do (see `organiser.training.learn.refine`); with teachers it is their answers, from the first epoch on.
        consistent: teachers answer to the disturbed pictures that are shown, not once to the undisturbed faces.
        policy: Keras dtype policy; "mixed_bfloat16" pays on processors with AVX512-BF16 or AMX.
        patience: epochs without a better validation loss after which training stops and the best weights are kept;
            0 for never, the last ones are kept.
        limit: most pictures per epoch, for smoke runs; 0 for all.
        per_class: most pictures of a class that are trained on at all, drawn by `seed`; 0 for all.
    """

    name: str
    version: str = "1"
    labels: tuple[str, ...]
    subject: str = "face"
    network: str = "residual"
    options: Mapping[str, Any] = field(default_factory=dict)
    size: int = 48
    channels: int = 1
    window: tuple[int, int, int, int] = (16, 16, 96, 96)
    views: int = 1
    sources: tuple[str, ...] = ()
    targets: Targets = field(default_factory=Targets)
    augment: Augment = field(default_factory=Augment)
    epochs: int = 30
    batch: int = 128
    rate: float = 2e-3
    warmup: float = 1.0
    decay: float = 0.03
    mixup: float = 0.0
    average: float = 0.99
    refine: float = 0.0
    refine_from: int = 0
    consistent: bool = False
    policy: str = "float32"
    patience: int = 0
    limit: int = 0
    per_class: int = 0
    seed: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the config as plain values for a run folder."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Config":
        """Return the config that `to_dict` gave, also after a trip through JSON."""
        known = dict(values)
        for name in ("labels", "window", "sources"):
            known[name] = tuple(known[name])
        return cls(**{**known, "targets": Targets(**known["targets"]), "augment": Augment(**known["augment"])})


def input_of(config: Config) -> Input:
    """Return how the network's input is cut from a crop, as a bundle's manifest says it."""
    return Input(config.size, config.size, config.channels, config.window)


def load_config(name: str) -> Config:
    """Return `CONFIG` of `training/learn/configs/NAME.py`, or of the Python file at path `name`."""
    path = Path(name) if name.endswith(".py") else Path(__file__).parent / "configs" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"training_config_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        known = sorted(file.stem for file in (Path(__file__).parent / "configs").glob("[a-z]*.py"))
        raise Permanent(f"no config {name}", f"there are: {', '.join(known)}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    config = module.CONFIG
    if not isinstance(config, Config):
        raise Permanent(f"{path}: CONFIG is no Config")
    return config
