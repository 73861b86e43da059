"""`python -m organiser.training COMMAND`: one command each from raw data to a bundle."""

import argparse
import os
import sys
from collections.abc import Sequence

from organiser.errors import OrganiserError
from organiser.training.commands import evaluate, learn, prepare, ship


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
    parser = argparse.ArgumentParser(prog="python -m organiser.training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (prepare, learn, evaluate, ship):
        module.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
