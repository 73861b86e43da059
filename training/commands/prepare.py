"""From raw sets to a prepared set."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from organiser.errors import Permanent
from organiser.training.commands.parsers import add_command

if TYPE_CHECKING:
    from organiser.training.commands.parsers import Commands


def add(commands: "Commands") -> None:
    """Add the commands of this module."""
    _add_prepare(commands)


def _add_prepare(commands: "Commands") -> None:
    parser = add_command(commands, "prepare", _prepare, "raw sets → a prepared set of canonical crops")
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


def _prepare(options: argparse.Namespace) -> int:
    from organiser.training.data.crops import Kind
    from organiser.training.data.prepare import Source, prepare
    from organiser.training.data.splits import Leaking
    from organiser.training.data.votes import Votes, read_votes
    from organiser.vision.detectors.yunet import YuNet

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
