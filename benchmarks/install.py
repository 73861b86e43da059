"""What installing costs: `python benchmarks/install.py` builds the wheel and installs it with pip into bare environments.

Prints the seconds pip takes with nothing in its cache (downloads included, so the line to the index counts), and what the
environment then has more than an empty one, in megabytes of 10^6 bytes.
"""

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "deploy"))

from release import build


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheel, _ = build(Path(folder))
        for extras in ("", "[service,web]"):
            measure(Path(folder) / f"environment{len(extras)}", wheel, extras)


def measure(environment: Path, wheel: Path, extras: str) -> None:
    venv.create(environment, with_pip=True)
    before = size(environment)
    command: list[str | Path] = [
        environment / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-cache-dir",
        f"{wheel}{extras}",
    ]
    began = time.monotonic()
    subprocess.run(command, check=True)
    seconds = time.monotonic() - began
    print(f"organiser{extras}: {seconds:.0f} s, {(size(environment) - before) / 1e6:.0f} MB")


def size(folder: Path) -> int:
    return sum(os.lstat(os.path.join(where, name)).st_size for where, _, names in os.walk(folder) for name in names)


if __name__ == "__main__":
    main()
