"""Model bundles at hand: taken in, listed, chosen, verified and dropped. Loads no network.

A bundle is copied below the organiser's home and verified there, so that no later edit changes what judged a photo.
Each host that judges has such a copy of its own; the path in the index is only where the first one lies.
"""

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from organiser.errors import BundleError, Permanent, Transient
from organiser.index.db.engine import Index, reading, writing
from organiser.index.tables import models
from organiser.index.tables.models import ModelVersion
from organiser.regular_files import open_regular
from organiser.vision.bundle import MANIFEST, Bundle, load, shipped

SHIPPED = "shipped"
"""Stands for whichever model comes with the installed version."""

_LEAST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model and what it is to the index.

    Attributes:
        active: it judges now.
        shipped: it comes with the organiser.
        predictions: how many faces it has judged.
        trouble: why it cannot be used, or None; only filled in by `verify`.
    """

    name: str
    version: str
    digest: str
    subject: str
    labels: tuple[str, ...]
    path: str
    active: bool
    shipped: bool
    predictions: int = 0
    trouble: str | None = None

    @property
    def label(self) -> str:
        """`name@version`, as people write it."""
        return f"{self.name}@{self.version}"


def add(engine: Index, home: Path, source: Path, now: float) -> ModelVersion:
    """Copy the bundle in `source` below `home`, verified before and after, and return its row; doing it twice is fine.

    Raises:
        BundleError: it is incomplete or altered, or it cannot be copied.
    """
    bundle = load(source)
    kept = _keep(bundle, _copy_of(home, bundle.digest))
    manifest = kept.manifest
    values = manifest.name, manifest.version, kept.digest, manifest.subject, manifest.labels
    with writing(engine) as tx:
        models.add(tx, *values, str(kept.path), now)
        added = models.by_digest(tx, kept.digest)
    assert added is not None
    return added


def folder_of(home: Path, digest: str, path: str) -> Path:
    """Return where a bundle lies on this host: our own copy below `home`, else where the index says it is."""
    own = _copy_of(home, digest)
    return own if (own / MANIFEST).is_file() else Path(path)


def absent(version: ModelVersion) -> Transient:
    """Return the error of a model that the index knows and this host does not have; another host may do the work."""
    hint = f"organiser models add BUNDLE, run on this host with a copy of the bundle {version.digest[:12]}"
    return Transient(f"the model {version.label} is not on this host", hint)


def listed(engine: Index, home: Path | None = None) -> list[KnownModel]:
    """Return every model the index knows, the shipped one first even when it was never used.

    Args:
        home: the organiser's own folder on this host, where copies lie; None has them where they were added first.
    """
    with reading(engine) as tx:
        known, chosen, counts = models.every(tx), models.active_digest(tx), models.prediction_counts(tx)
    ours = _shipped_bundle()
    found = [_known(_here(model, home, ours), chosen, ours, counts.get(model.id, 0)) for model in known]
    if ours is not None and all(model.digest != ours.digest for model in known):
        found.append(_as_known(ours, active=chosen is None, shipped=True))
    return sorted(found, key=lambda model: not model.shipped)


def use(engine: Index, word: str, home: Path | None = None) -> KnownModel:
    """Make the model that `word` names the active one; the shipped one is then whichever comes with the version.

    Args:
        word: "shipped", a name, name@version, or the first digits of a digest.
        home: as for `listed`.

    Raises:
        Permanent: `word` names no model, or several.
        BundleError: its bundle is incomplete or altered.
    """
    chosen = named(listed(engine, home), word)
    _verified(chosen)
    with writing(engine) as tx:
        models.use(tx, None if chosen.shipped else chosen.digest)
    return chosen


def previous(engine: Index, home: Path | None = None) -> KnownModel | None:
    """Return the model that was in use before the present one, or None when there was none or it is known no more."""
    with reading(engine) as tx:
        word = models.previous(tx)
    known = [] if word is None else listed(engine, home)
    found = [model for model in known if (model.shipped if word == SHIPPED else model.digest == word)]
    return next((model for model in found if not model.active), None)


def roll_back(engine: Index, home: Path | None = None) -> KnownModel:
    """Make the model that was in use before the present one the active one again; doing it twice is going back again.

    Raises:
        Permanent: there was none.
        BundleError: its bundle is incomplete or altered.
    """
    before = previous(engine, home)
    if before is None:
        raise Permanent("no other model was in use before", "organiser models use MODEL chooses one")
    return use(engine, SHIPPED if before.shipped else before.digest, home)


def remove(engine: Index, home: Path, word: str) -> KnownModel:
    """Forget a model with all it predicted, and delete our copy of its bundle.

    Raises:
        Permanent: it is the active or the shipped one, or `word` names none or several.
    """
    gone = named(listed(engine, home), word)
    if gone.active or gone.shipped:
        state = "in use" if gone.active else "part of the organiser"
        raise Permanent(f"{gone.label} is {state}", "organiser models use shipped" if not gone.shipped else "")
    with writing(engine) as tx:
        row = models.by_digest(tx, gone.digest)
        if row is not None:
            models.remove(tx, row.id)
    folder = Path(gone.path)
    if folder.parent == home / "models":
        shutil.rmtree(folder, ignore_errors=True)
    return gone


def verify(engine: Index, home: Path | None = None) -> list[KnownModel]:
    """Return every model with, in `trouble`, what is wrong with its bundle on this host."""
    found = []
    for model in listed(engine, home):
        try:
            _verified(model)
        except BundleError as error:
            found.append(replace(model, trouble=str(error)))
        else:
            found.append(model)
    return found


def bundle_of(home: Path, word: str) -> Path:
    """Return the directory of the bundle that `word` means, without asking any index.

    Args:
        home: the organiser's own folder, where bundles that were added lie; it need not exist.
        word: a directory with a manifest, "shipped", or a name, name@version or digest of a bundle at hand.

    Raises:
        Permanent: it means none, or several.
        BundleError: a bundle at hand is altered.
    """
    folder = Path(word)
    if (folder / MANIFEST).is_file():
        return folder
    ours = _shipped_bundle()
    kept = [load(source.parent) for source in sorted((home / "models").glob(f"[!.]*/{MANIFEST}"))]
    others = [_as_known(model) for model in kept if ours is None or model.digest != ours.digest]
    return Path(named([*([_as_known(ours, shipped=True)] if ours else []), *others], word).path)


def named(known: Sequence[KnownModel], word: str) -> KnownModel:
    """Return the one model that `word` names.

    Raises:
        Permanent: none, or several.
    """
    if word == SHIPPED:
        found = [model for model in known if model.shipped]
    else:
        found = [model for model in known if word in (model.label, model.name)]
        if not found and len(word) >= _LEAST_DIGITS:
            found = [model for model in known if model.digest.startswith(word.lower())]
    if len(found) > 1:
        spelled = ", ".join(f"{model.label} ({model.digest[:12]})" for model in found)
        raise Permanent(f"{word!r} names several models: {spelled}", "name one by the first digits of its digest")
    if not found:
        raise Permanent(f"there is no model {word!r}", "organiser models list shows them")
    return found[0]


def _keep(bundle: Bundle, target: Path) -> Bundle:
    """Return `bundle` as it lies at `target`, copied there as a whole or not at all."""
    try:
        return load(target)
    except BundleError:
        pass  # not there yet, or damaged: made anew
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = target.with_name(f".part-{secrets.token_hex(4)}")
        draft.mkdir(mode=0o700)
        try:
            for name in (MANIFEST, *(weight.file for weight in bundle.manifest.weights.values())):
                _copy(bundle.path / name, draft / name)
            if load(draft).digest != bundle.digest:
                raise BundleError(f"{bundle.path} changed while it was copied")
            shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise BundleError(f"cannot copy {bundle.path} to {target}: {error.strerror or error}") from error
    return load(target)


def _copy(source: Path, target: Path) -> None:
    with open_regular(source) as file, target.open("xb") as copy:
        shutil.copyfileobj(file, copy)


def _shipped_bundle() -> Bundle | None:
    try:
        return load(shipped())
    except BundleError:
        return None


def _copy_of(home: Path, digest: str) -> Path:
    return home / "models" / digest[:12]


def _here(version: ModelVersion, home: Path | None, ours: Bundle | None) -> ModelVersion:
    """Return a model with its path on this host."""
    if ours is not None and version.digest == ours.digest:
        return replace(version, path=str(ours.path))
    return version if home is None else replace(version, path=str(folder_of(home, version.digest, version.path)))


def _known(version: ModelVersion, chosen: str | None, ours: Bundle | None, predictions: int) -> KnownModel:
    mine = ours is not None and version.digest == ours.digest
    active = version.digest == chosen if chosen is not None else mine
    plain = version.name, version.version, version.digest, version.subject, version.labels, version.path
    return KnownModel(*plain, active=active, shipped=mine, predictions=predictions)


def _as_known(bundle: Bundle, *, active: bool = False, shipped: bool = False) -> KnownModel:
    manifest = bundle.manifest
    plain = manifest.name, manifest.version, bundle.digest, manifest.subject, tuple(map(str, manifest.labels))
    return KnownModel(*plain, str(bundle.path), active=active, shipped=shipped)


def _verified(model: KnownModel) -> None:
    if load(Path(model.path)).digest != model.digest:
        raise BundleError(f"{model.path} is no longer {model.label}")
