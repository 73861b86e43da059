"""No dependency reports on a person: a user's environment, no network, and a cache that stays clean."""

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.photos import real_face

ROOT = Path(__file__).parents[2]
_MUTES = ("CI", "ORT_DISABLE_TELEMETRY", "GITHUB_ACTIONS", "TF_BUILD")


def as_user(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program with the environment of a user: nothing in it that would mute telemetry by chance."""
    kept = {name: value for name, value in os.environ.items() if name not in _MUTES and "ORGANISER_" not in name}
    own = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "ORGANISER_HOME": str(home / "index")}
    words = (sys.executable, "-m", "tests.cli.offline", sys.executable, *words)
    return subprocess.run(words, cwd=ROOT, env=kept | own, capture_output=True, text=True, check=False)


def test_a_scan_by_a_user_asks_for_no_network_and_leaves_no_device_id(tmp_path: Path) -> None:
    home, photos = tmp_path / "home", tmp_path / "photos"
    home.mkdir()
    photos.mkdir()
    Image.fromarray(real_face()).save(photos / "person.jpg", quality=95)
    for words in (("scan", str(photos), "--workers", "1"), ("predict", str(photos / "person.jpg"))):
        ran = as_user(home, "-m", "organiser", *words)
        assert ran.returncode == 0, ran.stderr
    assert [path for path in home.rglob("*") if "Microsoft" in path.parts or "onnxruntime" in path.name] == []


def test_a_runtime_loaded_with_its_telemetry_on_is_refused(tmp_path: Path) -> None:
    loading = "from organiser.vision.detectors.yunet_network import runtime; runtime()"
    as_it_would_be = "import sys; sys.modules['onnxruntime'] = sys; "
    refused = as_user(tmp_path, "-c", as_it_would_be + loading)
    assert "loaded with its telemetry on" in refused.stderr
    assert refused.returncode == 1
    assert as_user(tmp_path, "-c", loading).returncode == 0
