"""A model's bundle that somebody changed is refused as such, or is as good as before."""

import copy
import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from organiser.errors import BundleError
from organiser.vision.bundle import MANIFEST, load
from organiser.vision.classifiers.stub import write_stub_bundle
from tests.faults.rounds import rounds

_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**31, 2**70, float("nan"), float("inf"), "", "x", "\0", "../../../etc/passwd", "/dev/zero",
    "\ud800", [], {}, [[]], [None], ["happy"] * 5000, {"": {}},
)  # fmt: skip


def _change(there: Any, chance: random.Random) -> None:
    keys = list(there) if isinstance(there, dict) else list(range(len(there)))
    if not keys:
        return
    key = chance.choice(keys)
    if isinstance(there[key], dict | list) and there[key] and chance.random() < 0.6:
        _change(there[key], chance)
    elif isinstance(there, dict) and chance.random() < 0.2:
        del there[key]
    else:
        there[key] = copy.deepcopy(chance.choice(_VALUES))


def test_a_changed_manifest_is_refused_or_loads(tmp_path: Path) -> None:
    whole = write_stub_bundle(tmp_path / "whole")
    manifest = json.loads((whole / MANIFEST).read_text("utf-8"))
    for seed in range(rounds(400)):
        chance = random.Random(seed)
        changed = copy.deepcopy(manifest)
        for _ in range(chance.randint(1, 3)):
            _change(changed, chance)
        text = bytearray(json.dumps(changed).encode())
        if chance.random() < 0.2:
            text[chance.randrange(len(text))] = chance.randrange(256)
        (whole / MANIFEST).write_bytes(text)
        try:
            load(whole)
        except BundleError:
            continue


@pytest.mark.parametrize("garbage", [b"", b"{}", b"[]", b"null", b"\xff", b"{" * 100_000])
def test_what_is_no_manifest_is_refused(tmp_path: Path, garbage: bytes) -> None:
    folder = write_stub_bundle(tmp_path / "bundle")
    (folder / MANIFEST).write_bytes(garbage)
    with pytest.raises(BundleError):
        load(folder)
    shutil.rmtree(folder)
