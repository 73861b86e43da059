"""The contracts of import-linter speak of every module that there is."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_who_must_not_import_celery_and_tensorflow_is_everyone_but_their_owners() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (kept_out,) = (it for it in contracts if it["name"] == "TensorFlow stays in training, Celery in workers")
    modules = {
        f"organiser.{path.stem}"
        for path in (ROOT / "organiser").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and not path.stem.startswith("__")
    }
    assert set(kept_out["source_modules"]) == modules - {"organiser.workers", "organiser.training"}


def test_the_folders_beside_the_package_are_parts_of_it() -> None:
    for name in ("workers", "training", "migrations"):
        assert (ROOT / "organiser" / name).resolve() == ROOT / name
