"""Judging by another model: the bundle is taken in first, wherever it lay and whatever becomes of it there."""

import os
import shutil
from pathlib import Path

import pytest

from organiser.bootstrap import active_model
from organiser.errors import Permanent, Transient
from organiser.index.db.engine import reading
from organiser.index.tables import models as rows
from organiser.index.work import leases
from organiser.jobs.actions import models, reclassify
from organiser.settings.reading import load
from organiser.vision.bundle import shipped
from organiser.vision.classifiers.stub import write_stub_bundle
from tests.jobs.library import Library
from tests.photos import HAPPY


def _chosen(library: Library) -> str | None:
    with reading(library.services.engine) as tx:
        return rows.active_digest(tx)


def test_a_bundle_named_by_its_folder_is_copied_first(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_stub_bundle(tmp_path / "better", version="2")
    reclassify.activate(library.services, "better")
    shutil.rmtree(tmp_path / "better")
    monkeypatch.chdir(os.sep)
    found = active_model(library.settings, library.services.engine)
    assert (found.bundle.manifest.version, found.bundle.path.parent) == ("2", library.home / "models")


def test_the_shipped_model_is_not_pinned_to_this_version_of_it(library: Library) -> None:
    reclassify.activate(library.services, str(shipped()))
    assert _chosen(library) is None
    library.use_model(library.add_model("2"))
    reclassify.activate(library.services, "shipped")
    assert _chosen(library) is None


def test_a_model_is_named_as_everywhere_else(library: Library) -> None:
    digest = library.add_model("2")
    reclassify.activate(library.services, digest[:12])
    assert _chosen(library) == digest
    with pytest.raises(Permanent, match="names several models"):
        reclassify.activate(library.services, "stub")
    with pytest.raises(Permanent, match="no model 'nothing'"):
        reclassify.plan(library.services, name="nothing")


def test_a_host_finds_its_own_copy_of_a_model_that_another_host_added(library: Library, tmp_path: Path) -> None:
    bundle = write_stub_bundle(tmp_path / "better", version="2")
    added = models.add(library.services.engine, tmp_path / "far" / "home", bundle, library.now)
    models.add(library.services.engine, library.home, bundle, library.now)
    far = models.add(library.services.engine, tmp_path / "far" / "home", bundle, library.now)
    models.use(library.services.engine, far.digest, library.home)
    shutil.rmtree(tmp_path / "far")
    found = active_model(library.settings, library.services.engine)
    assert (found.id, found.bundle.path.parent) == (added.id, library.home / "models")
    library.draw("a.jpg", HAPPY)
    library.scan()
    assert {row.model for row in library.find()} == {"stub@2"}
    assert [model.trouble for model in models.verify(library.services.engine, library.home) if model.active] == [None]


def test_a_host_without_the_model_says_how_to_get_it(library: Library, tmp_path: Path) -> None:
    bundle = write_stub_bundle(tmp_path / "better", version="2")
    models.add(library.services.engine, tmp_path / "far" / "home", bundle, library.now)
    models.use(library.services.engine, "stub@2")
    shutil.rmtree(tmp_path / "far")
    library.draw("a.jpg", HAPPY)
    with pytest.raises(Transient, match="stub@2 is not on this host") as caught:
        library.scan()
    assert "organiser models add" in caught.value.hint
    with reading(library.services.engine) as tx:
        assert leases.owners(tx) == []


def test_two_hosts_do_not_write_over_each_others_paths(library: Library, tmp_path: Path) -> None:
    other = load(library.environment | {"ORGANISER_HOME": str(tmp_path / "other")})
    bundle = write_stub_bundle(tmp_path / "better", version="2")
    for home in (library.home, other.home):
        models.add(library.services.engine, home, bundle, library.now)
    models.use(library.services.engine, "stub@2")

    def stored() -> str:
        with reading(library.services.engine) as tx:
            return next(model.path for model in rows.every(tx) if model.version == "2")

    before = stored()
    for settings in (library.settings, other):
        assert active_model(settings, library.services.engine).bundle.path.parent.parent == settings.home
    assert stored() == before
