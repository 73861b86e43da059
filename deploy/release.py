"""Builds a release and checks it; publishes nothing and signs nothing, but says how.

    python deploy/release.py            from a clean tree, into dist/

The version stands in pyproject.toml and nowhere else; CHANGELOG.md has a heading for it.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_MOST_BYTES = 20_000_000
_NEEDED = (
    "organiser/cli/main.py",
    "organiser/migrations/env.py",
    "organiser/migrations/script.py.mako",
    "organiser/migrations/versions/0001_first.py",
    "organiser/models/faces7/manifest.json",
    "organiser/models/faces7/model.tflite",
    "organiser/reporting/web/page.html",
    "organiser/training/learn/configs/ship.py",
    "organiser/web/static/app.js",
    "organiser/web/templates/index.html",
    "organiser/workers/commands.py",
)
"""A file of each kind that the wheel brings: code of every folder, data of every glob."""


class NotReadyError(Exception):
    """What stands in the way of a release."""


def version(root: Path = ROOT) -> str:
    """Return the version that pyproject.toml of `root` says."""
    found: str = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return found


def check_tree(root: Path = ROOT) -> None:
    """Refuse a tree that is not what a tag would name.

    Raises:
        NotReadyError: changes are not committed, the version has no heading in the changelog, or it has its tag already.
    """
    number = version(root)
    if _git(root, "status", "--porcelain"):
        raise NotReadyError("there are changes that are not committed")
    if f"\n## {number}" not in (root / "CHANGELOG.md").read_text("utf-8"):
        raise NotReadyError(f"CHANGELOG.md has no heading '## {number}': rename 'Unreleased'")
    if _git(root, "tag", "--list", f"v{number}"):
        raise NotReadyError(f"v{number} is tagged already: raise the version in pyproject.toml")


def build(out: Path, root: Path = ROOT) -> tuple[Path, Path]:
    """Build wheel and sdist of `root` into `out` with the tools of this environment, and return their paths.

    The wheel is built from the sdist. File times are those of the last commit, so that a second build gives the same.
    """
    environment = os.environ | {"SOURCE_DATE_EPOCH": _git(root, "log", "-1", "--format=%ct") or "315532800"}
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(root)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    number = version(root)
    return out / f"organiser-{number}-py3-none-any.whl", out / f"organiser-{number}.tar.gz"


def check(wheel: Path, sdist: Path) -> None:
    """Refuse a release that would collide with other packages, lacks something, or says nothing of itself.

    Raises:
        NotReadyError: says all that is wrong.
    """
    problems = [*_problems_of_wheel(wheel), *_problems_of_sdist(sdist)]
    twine = [sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist)]
    checked = subprocess.run(twine, capture_output=True, text=True, check=False)
    if checked.returncode:
        problems.append(checked.stdout + checked.stderr)
    if problems:
        raise NotReadyError("\n".join(problems))


def _problems_of_wheel(wheel: Path) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    top = {name.split("/")[0] for name in names}
    strange = {name for name in top if name != "organiser" and not name.endswith(".dist-info")}
    if strange:
        yield f"{wheel.name} puts {sorted(strange)} beside other people's packages"
    for name in _NEEDED:
        if name not in names:
            yield f"{wheel.name} lacks {name}"
    if wheel.stat().st_size > _MOST_BYTES:
        yield f"{wheel.name} has {wheel.stat().st_size:,} bytes"
    yield from (f"{wheel.name} has {name}" for name in names if _is_litter(name))


def _problems_of_sdist(sdist: Path) -> Iterator[str]:
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    names = {member.name.partition("/")[2] for member in members}
    for name in (*_NEEDED, "CHANGELOG.md", "LICENSE", "requirements/run.txt", "tests/conftest.py"):
        if name not in names:
            yield f"{sdist.name} lacks {name}"
    yield from (f"{sdist.name} has the link {member.name}" for member in members if member.issym() or member.islnk())
    yield from (f"{sdist.name} has {name}" for name in names if _is_litter(name))


def _is_litter(name: str) -> bool:
    return name.endswith(".pyc") or "__pycache__" in name or "/.venv/" in name or name.startswith("runs/")


def digests(paths: Iterable[Path]) -> str:
    """Return what `sha256sum --check` reads."""
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths)


def _git(root: Path, *words: str) -> str:
    found = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def main() -> int:
    """Build and check into dist/; return the exit code."""
    out = ROOT / "dist"
    try:
        check_tree()
        wheel, sdist = build(out)
        check(wheel, sdist)
    except NotReadyError as problem:
        sys.stderr.write(f"no release: {problem}\n")
        return 1
    sums = out / "SHA256SUMS"
    sums.write_text(digests([wheel, sdist]), "utf-8")
    number = version()
    for path in (wheel, sdist):
        sys.stdout.write(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes\n")
    sys.stdout.write(
        f"{sums.read_text('utf-8')}\n"
        "Checked. What is left, and only a person can do:\n"
        f"  git tag --sign v{number} --message 'organiser {number}' && git push origin v{number}\n"
        "  gpg --armor --detach-sign dist/SHA256SUMS\n"
        f"  .venv/bin/twine upload {wheel.relative_to(ROOT)} {sdist.relative_to(ROOT)}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
