"""From a prepared set to runs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from organiser.errors import Permanent
from organiser.training.commands.parsers import add_command

if TYPE_CHECKING:
    from organiser.training.commands.parsers import Commands


def add(commands: "Commands") -> None:
    """Add the commands of this module."""
    _add_fit(commands)
    _add_pretrained(commands)
    _add_answers(commands)
    _add_together(commands)
    _add_blend(commands)


def _add_fit(commands: "Commands") -> None:
    parser = add_command(commands, "fit", _fit, "a config and a prepared set → a run")
    parser.add_argument("--config", required=True, help="name in training/configs or a Python file")
    parser.add_argument("--data", type=Path, help="prepared set")
    parser.add_argument("--start", type=Path, metavar="RUN", help="begin with the weights of a run or a bundle")
    parser.add_argument(
        "--teacher",
        type=Path,
        action="append",
        default=[],
        metavar="RUN",
        help="learn from its answers too: a run, a bundle, or a file of answers",
    )
    parser.add_argument("--from-bundle", type=Path, help="begin with a bundle's weights and train its head only")
    parser.add_argument("--add", type=Path, help="corrections: EMOTION/*.jpg, canonical crops")
    parser.add_argument("--backend", choices=("tensorflow", "torch", "jax"), default="", help="what Keras runs on")
    parser.add_argument("--stop-after", type=int, default=0, metavar="EPOCHS", help="stop as if killed")
    parser.add_argument("--out", type=Path, required=True)


def _fit(options: argparse.Namespace) -> int:
    from organiser.training.data.corrections import read_corrections
    from organiser.training.data.prepared import load
    from organiser.training.learn.answers import open_teacher
    from organiser.training.learn.config import load_config
    from organiser.training.learn.distill import beginning
    from organiser.training.learn.fit import fit

    config = load_config(options.config)
    if options.from_bundle:
        from organiser.training.learn.finetune import finetune
        from organiser.vision.bundle import load as load_bundle

        if not options.add:
            raise Permanent("--from-bundle needs --add DIR", "a folder EMOTION/*.jpg of canonical crops")
        grey = load_bundle(options.from_bundle).manifest.input.channels == 1
        finetune(options.from_bundle, read_corrections(options.add, grey=grey), config, options.out)
        return 0
    if not options.data:
        raise Permanent("fit needs --data PREPARED", "make one with: python -m organiser.training prepare")
    prepared = load(options.data, folds=("train", "val"), grey=config.channels == 1, sources=config.sources)
    start, backbone = beginning(options.start) if options.start else (None, "")
    teachers = [open_teacher(path) for path in options.teacher]
    fit(config, prepared, options.out, start=start, backbone=backbone, teachers=teachers, stop_after=options.stop_after)
    return 0


def _add_pretrained(commands: "Commands") -> None:
    parser = add_command(commands, "pretrained", _pretrained, "a backbone trained by others → a run to start from")
    parser.add_argument("--config", required=True, help="whose network gets the weights")
    parser.add_argument("--backbone", type=Path, required=True, metavar="TAR", help="of faceres.json and faceres.bin")
    parser.add_argument("--data", type=Path, required=True, help="prepared set, for the moments of the norms")
    parser.add_argument("--out", type=Path, required=True)


def _pretrained(options: argparse.Namespace) -> int:
    from organiser.training.data.prepared import load
    from organiser.training.learn.config import load_config
    from organiser.training.networks.pretrained import begin_run, read_backbone

    config = load_config(options.config)
    prepared = load(options.data, folds=("train",), grey=config.channels == 1, sources=config.sources)
    begin_run(config, read_backbone(options.backbone), prepared, options.out)
    return 0


def _add_answers(commands: "Commands") -> None:
    parser = add_command(
        commands, "answers", _answers, "what a run or a bundle says of the faces to learn from → a file for --teacher"
    )
    parser.add_argument("--run", type=Path, required=True, dest="run_folder")
    parser.add_argument("--data", type=Path, required=True, action="append", help="prepared set; may be given again")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.npz")


def _answers(options: argparse.Namespace) -> int:
    from organiser.training.data.prepared import load
    from organiser.training.learn.answers import write_answers
    from organiser.training.learn.distill import open_network

    grey = open_network(options.run_folder).shape.channels == 1
    sets = [load(folder, folds=("train",), grey=grey) for folder in options.data]
    write_answers(options.run_folder, sets, options.out)
    return 0


def _add_together(commands: "Commands") -> None:
    parser = add_command(
        commands, "together", _together, "files of answers → one, corrected by the words that pictures were filed under"
    )
    parser.add_argument("--answers", type=Path, required=True, action="append", metavar="FILE.npz")
    parser.add_argument("--data", type=Path, required=True, help="prepared set")
    parser.add_argument("--words", type=Path, metavar="CSV", help="columns file and word")
    parser.add_argument("--filed", action="append", default=[], metavar="SOURCE", help="its folders' names are words")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.npz")


def _together(options: argparse.Namespace) -> int:
    from organiser.training.data.prepared import load
    from organiser.training.learn.answers import read_answers, write_mean
    from organiser.training.learn.filed import words_of

    prepared = load(options.data, folds=("train",))
    words = words_of(prepared, options.words, options.filed)
    counts = write_mean([read_answers(path) for path in options.answers], prepared, words, options.out)
    print("\n".join(f"{word}: {count} faces" for word, count in sorted(counts.items())))
    return 0


def _add_blend(commands: "Commands") -> None:
    parser = add_command(commands, "blend", _blend, "the mean of a run's weights and of those it began with")
    parser.add_argument("--run", type=Path, required=True, dest="run_folder")
    parser.add_argument("--earlier", type=Path, required=True, metavar="RUN", help="the run it began with")
    parser.add_argument("--share", type=float, required=True, help="of the earlier run's weights, between 0 and 1")
    parser.add_argument("--out", type=Path, required=True)


def _blend(options: argparse.Namespace) -> int:
    from organiser.training.learn.average import blend

    blend(options.run_folder, options.earlier, options.share, options.out)
    return 0
