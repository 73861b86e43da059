import json
import os
from dataclasses import replace

import numpy as np
import pytest

from organiser.core.emotion import Emotion
from organiser.errors import BundleError
from organiser.vision.bundle import MANIFEST, Bundle, Input, cut, load, parse, write_manifest
from organiser.vision.classifiers.stub import write_stub_bundle


@pytest.fixture
def folder(tmp_path):
    return write_stub_bundle(tmp_path / "stub")


def changed(folder, **entries) -> str:
    """Write the manifest with some entries replaced and return what loading it complains of."""
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))
    with pytest.raises(BundleError) as caught:
        load(folder)
    return str(caught.value)


def test_a_written_bundle_is_read_back(folder):
    bundle = load(folder)
    assert bundle.manifest.model == "stub@1"
    assert bundle.manifest.labels == tuple(Emotion)
    assert bundle.manifest.input == Input(48, 48, 3, (16, 16, 96, 96))
    assert bundle.weights("stub").read_bytes()
    again = folder.parent / "again"
    again.mkdir()
    write_manifest(again, bundle.manifest)
    assert parse((again / MANIFEST).read_bytes(), "again") == bundle.manifest


def test_the_digest_is_the_manifests_and_names_the_model(folder):
    before = load(folder).digest
    assert len(before) == 64
    assert load(folder).digest == before
    write_manifest(folder, replace(load(folder).manifest, version="2"))
    assert load(folder).digest != before


def test_altered_weights_are_refused(folder):
    (folder / "stub.txt").write_text("other weights")
    with pytest.raises(BundleError, match=r"stub\.txt: altered"):
        load(folder)


@pytest.mark.parametrize("name", [MANIFEST, "stub.txt"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name}: No such file"):
        load(folder)


def test_weights_for_another_backend_are_asked_for_in_vain(folder):
    bundle: Bundle = load(folder)
    with pytest.raises(BundleError, match=r"stub@1 has no weights for litert \(it has: stub\)"):
        bundle.weights("litert")


@pytest.mark.parametrize(
    ("entries", "cause"),
    [
        ({"schema": 2}, "schema 2 is not 1"),
        ({"subject": "dog"}, "'subject' is 'dog'"),
        ({"crop": "arcface112-1"}, "made for crops 'arcface112-1'"),
        ({"labels": ["happy"]}, "at least two different emotions"),
        ({"labels": ["happy", "happy"]}, "at least two different emotions"),
        ({"labels": ["happy", "hungry"]}, "'hungry' is not a valid Emotion"),
        ({"labels": None}, "not iterable"),
        ({"name": ""}, "'name' must be a text"),
        ({"views": 3}, "'views' is 3"),
        ({"views": True}, "'views' is True"),
        ({"input": {"height": 48, "width": 48, "channels": 2, "window": [0, 0, 9, 9]}}, "'channels' is 2"),
        ({"input": {"height": 0, "width": 48, "channels": 1, "window": [0, 0, 9, 9]}}, "'height' must be"),
        ({"input": {"height": 48, "width": 48, "channels": 1, "window": [0, 0, 9]}}, "'window' must be"),
        ({"input": {"height": 48, "width": 48, "channels": 1, "window": [0, 0, 9, 0]}}, "'window' must be"),
        ({"input": {"height": 48, "channels": 1, "window": [0, 0, 9, 9]}}, "'width' is missing"),
        ({"input": {"height": 9, "width": 9, "channels": 1, "window": [33, 0, 96, 96]}}, "beyond 128 pixels"),
        ({"input": {"height": 9, "width": 9, "channels": 1, "window": [0, 130, 9, 9]}}, "beyond 128 pixels"),
        ({"calibration": {"method": "temperature", "temperature": 0}}, "'temperature' must be a number above 0"),
        ({"calibration": {"method": "temperature", "temperature": float("inf")}}, "'temperature' must be a number"),
        ({"calibration": {"method": "temperature", "temperature": float("nan")}}, "'temperature' must be a number"),
        ({"calibration": {"method": "temperature", "temperature": 1, "bias": [0] * 6 + [float("nan")]}}, "finite"),
        ({"calibration": {"method": "temperature", "temperature": 1, "bias": [1]}}, "'bias' has 1 figures"),
        ({"calibration": {"method": "magic", "temperature": 1}}, "'method' is 'magic'"),
        ({"weights": {}}, "'weights' is empty"),
        ({"weights": {"litert": {"file": "../a", "sha256": "00"}}}, "plain file name"),
        ({"weights": {"litert": {"file": "/etc/passwd", "sha256": "00"}}}, "plain file name"),
        ({"weights": {"litert": {"file": "a"}}}, "'sha256' is missing"),
        ({"weights": {"litert": {"file": "a", "sha256": "00"}}}, "64 hexadecimal digits"),
        ({"weights": {"litert": {"file": "a\0b", "sha256": "0" * 64}}}, "must be printable"),
        ({"weights": {"litert": {"file": "a\ud800", "sha256": "0" * 64}}}, "must be printable"),
        ({"name": "stub\x1b[2J"}, "'name' must be printable"),
        ({"name": "\ud800"}, "'name' must be printable"),
        ({"version": "1" * 201}, "'version' has 201 characters"),
        ({"input": {"height": 2**31, "width": 1, "channels": 1, "window": [0, 0, 9, 9]}}, "1024 × 1024 are allowed"),
        ({"calibration": {"method": "temperature", "temperature": 10**400}}, "too large"),
    ],
)
def test_a_manifest_that_is_not_as_it_must_be_names_the_cause(folder, entries, cause):
    complaint = changed(folder, **entries)
    assert cause in complaint
    assert str(folder / MANIFEST) in complaint


@pytest.mark.parametrize(
    ("window", "cause"), [([0, 0, 257, 9], "beyond 256 pixels"), ([1, 0, 200, 200], "must begin at 0, 0")]
)
def test_the_window_of_a_photo_begins_in_the_corner_and_ends_in_the_thumbnail(tmp_path, window, cause):
    folder = write_stub_bundle(tmp_path / "photo", subject="photo")
    assert cause in changed(folder, input={"height": 9, "width": 9, "channels": 3, "window": window})


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"text"', b"\xff", b"{}"])
def test_what_is_no_manifest_is_refused(data):
    with pytest.raises(BundleError, match=r"^here: "):
        parse(data, "here")


def test_a_manifest_nested_beyond_any_depth_is_refused():
    with pytest.raises(BundleError, match="nested too deeply"):
        parse(b'{"metrics":' * 200_000, "here")


def test_a_complaint_is_no_longer_than_a_line(folder):
    assert len(changed(folder, version="x" * 10**6, subject="y" * 10**6)) < 1000


@pytest.mark.parametrize("name", [MANIFEST, "stub.txt"])
@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (os.mkfifo, "not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "a symbolic link, which is not followed here"),
        (os.mkdir, "Is a directory"),
        (lambda path: path.touch() or os.truncate(path, 1 << 40), "1100 GB; .* are allowed"),
    ],
)
def test_what_is_no_plain_file_of_sensible_size_is_refused_at_once(folder, name, make, cause):
    (folder / name).unlink()
    make(folder / name)
    with pytest.raises(BundleError, match=f"{name}: {cause}"):
        load(folder)


def test_a_bundle_whose_files_are_links_is_refused_with_the_way_out(folder):
    (folder / "stub.txt").rename(folder.parent / "elsewhere")
    (folder / "stub.txt").symlink_to(folder.parent / "elsewhere")
    with pytest.raises(BundleError) as caught:
        load(folder)
    assert "cp -rL" in caught.value.hint


def test_the_input_is_the_window_of_the_crop_made_smaller():
    crop = np.zeros((128, 128, 3), np.uint8)
    crop[16:112, 16:112] = (250, 100, 20)
    assert np.array_equal(cut(crop, Input(48, 48, 3, (16, 16, 96, 96))), np.full((48, 48, 3), (250, 100, 20)))


def test_a_grey_input_is_the_luma():
    crop = np.full((128, 128, 3), (250, 100, 20), np.uint8)
    grey = cut(crop, Input(32, 24, 1, (0, 0, 128, 128)))
    assert grey.shape == (32, 24, 1)
    assert grey.dtype == np.uint8
    assert np.all(grey == round(0.299 * 250 + 0.587 * 100 + 0.114 * 20))


def test_of_a_thumbnail_the_whole_is_taken():
    thumbnail = np.zeros((171, 256, 3), np.uint8)
    thumbnail[-9:] = 255
    square = cut(thumbnail, Input(256, 256, 3, (0, 0, 256, 256)))
    assert square.shape == (256, 256, 3)
    assert square[-9:].min() > 200
