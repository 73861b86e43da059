"""From a run to a bundle."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from organiser.errors import Permanent
from organiser.training.commands.parsers import add_command

if TYPE_CHECKING:
    from organiser.training.commands.parsers import Commands


def add(commands: "Commands") -> None:
    """Add the commands of this module."""
    _add_calibrate(commands)
    _add_export(commands)


def _add_calibrate(commands: "Commands") -> None:
    parser = add_command(commands, "calibrate", _calibrate, "fit temperature and bias of a run on validation faces")
    parser.add_argument("--run", type=Path, required=True, dest="run_folder")
    parser.add_argument("--data", type=Path, required=True)


def _calibrate(options: argparse.Namespace) -> int:
    from organiser.training.data.prepared import load
    from organiser.training.evaluate.calibrate import fit_calibration, softmax, write_calibration
    from organiser.training.evaluate.metrics import ece
    from organiser.training.evaluate.predictors import config_of, model_of
    from organiser.training.networks.network import run_logits
    from organiser.training.ship.export import fold_of
    from organiser.vision.classifiers.calibrated import calibrate as apply

    config = config_of(options.run_folder)
    prepared = load(options.data, folds=("val",), grey=config.channels == 1, sources=config.sources)
    prepared.require(config.subject)
    fold = fold_of(config, prepared, "val")
    logits = run_logits(model_of(options.run_folder), fold.inputs, config.views)
    calibration = fit_calibration(logits, fold.classes)
    write_calibration(options.run_folder, calibration)
    before, after = ece(softmax(logits), fold.classes), ece(apply(logits, calibration), fold.classes)
    print(f"temperature {calibration.temperature:.3f}, bias {calibration.bias}, ECE {before:.4f} → {after:.4f}")
    return 0


def _add_export(commands: "Commands") -> None:
    parser = add_command(commands, "export", _export, "a run → a bundle")
    parser.add_argument("--run", type=Path, required=True, dest="run_folder")
    parser.add_argument("--data", type=Path, help="prepared set")
    parser.add_argument("--add", type=Path, help="corrections, after fit --from-bundle")
    parser.add_argument("--audit", type=Path, help="folder of audit --run: its slices go into metrics and card")
    parser.add_argument("--version", default="")
    parser.add_argument("--out", type=Path, required=True)


def _export(options: argparse.Namespace) -> int:
    from organiser.training.data.corrections import read_corrections
    from organiser.training.data.prepared import load
    from organiser.training.evaluate.predictors import config_of
    from organiser.training.ship.export import export, read_audit

    config = config_of(options.run_folder)
    grey = config.channels == 1
    if bool(options.data) == bool(options.add):
        raise Permanent("export needs either --data PREPARED or, after a fine-tuning, --add DIR")
    prepared = (
        load(options.data, folds=("val", "held"), grey=grey, sources=config.sources)
        if options.data
        else read_corrections(options.add, grey=grey)
    )
    audit = read_audit(options.audit, options.run_folder) if options.audit else None
    manifest = export(options.run_folder, prepared, options.out, version=options.version, audit=audit)
    print(f"{manifest.model} in {options.out}: {manifest.metrics['int8']}")
    return 0
