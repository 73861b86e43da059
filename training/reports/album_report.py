"""The report on an album: figures as JSON and as a table, and a page of the wrong photos to look at.

Thumbnails of the album's photos go into the report, so it is to be written outside of the repository.
"""

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2

from organiser.core.emotion import Emotion
from organiser.core.judging.verdict import Policy
from organiser.training.evaluate.album import COLLECTIONS, AlbumPhoto, measure, shows, verdict
from organiser.training.evaluate.predictor import Predictor
from organiser.vision.decoding.decode import decode
from organiser.vision.resize import resized, within

_SIDE = 240
_MOST_PIXELS = 200_000_000


def report(
    photos: Sequence[AlbumPhoto], policy: Policy, predictor: Predictor, folder: Path, out: Path
) -> dict[str, Any]:
    """Write `album.json`, `album.md` and `wrong.html` with its pictures into `out`; return the figures.

    Args:
        folder: where the photos are.
    """
    parts = {"all": list(photos)}
    parts |= {
        "chosen on": [photo for photo in photos if photo.chooses],
        "reported on": [photo for photo in photos if not photo.chooses],
    }
    for name in sorted({photo.name.split("/")[0] for photo in photos}):
        parts[name] = [photo for photo in photos if photo.name.startswith(f"{name}/")]
        parts[f"{name}, reported on"] = [photo for photo in parts[name] if not photo.chooses]
    result = {
        "predictor": predictor.name,
        "digest": predictor.digest,
        "policy": _plain(policy),
        "parts": {name: measure(part, policy) for name, part in parts.items()},
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "album.json").write_text(json.dumps(result, indent=2) + "\n")
    (out / "album.md").write_text(markdown(result))
    _write_wrong(photos, policy, folder, out)
    return result


def markdown(result: dict[str, Any]) -> str:
    """Return the figures as Markdown: one table by photo, one by height of the face."""
    lines = [f"{result['predictor']}, {json.dumps(result['policy'])}", "", _head("photos")]
    lines += [
        _row(f"{name} ({part['photos']})", emotion, part["by_photo"][emotion])
        for emotion in COLLECTIONS
        for name, part in result["parts"].items()
    ]
    lines += ["", _head("face height, pixels")]
    heights = result["parts"]["all"]["by_height"]
    lines += [_row(name, emotion, figures[emotion]) for emotion in COLLECTIONS for name, figures in heights.items()]
    return "\n".join(lines) + "\n"


def _head(first: str) -> str:
    return (
        f"| {first} | collection | placed | right | unclear | wrong | there | precision | recall |\n" + "|---" * 9 + "|"
    )


def _row(name: str, emotion: Emotion, figures: dict[str, Any]) -> str:
    counts = [str(figures[key]) for key in ("placed", "right", "unclear", "wrong", "there")]
    shares = ["–" if figures[key] is None else f"{figures[key]:.2f}" for key in ("precision", "recall")]
    return "| " + " | ".join([name, str(emotion), *counts, *shares]) + " |"


def _plain(policy: Policy) -> dict[str, Any]:
    least = policy.legible
    return {
        "rule": str(policy.rule),
        "threshold": policy.threshold,
        "thresholds": {str(emotion): value for emotion, value in sorted(policy.thresholds.items())},
        "size": least.size,
        "sharpness": least.sharpness,
        "score": least.score,
        "frontal": least.frontal,
        "mixture": {str(emotion): round(share, 3) for emotion, share in policy.mixture.items()},
    }


def _write_wrong(photos: Sequence[AlbumPhoto], policy: Policy, folder: Path, out: Path) -> None:
    (out / "wrong").mkdir(exist_ok=True)
    cells = []
    for number, photo in enumerate(photos):
        found, shown = verdict(photo, policy), shows(photo)
        if found.emotion not in COLLECTIONS or found.emotion == shown:
            continue
        image = decode((folder / photo.name).read_bytes(), least=_SIDE, max_pixels=_MOST_PIXELS).image
        small = resized(image, *within(image.shape[1], image.shape[0], _SIDE))
        name = f"wrong/{number:04}.jpg"
        cv2.imwrite(str(out / name), cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        text = f"{found.emotion} {found.confidence or 0:.2f}, shows {shown}: {photo.name}"
        cells.append(f'<figure><img src="{name}" alt=""><figcaption>{html.escape(text)}</figcaption></figure>')
    style = (
        "body{font:13px sans-serif}figure{display:inline-block;width:260px;vertical-align:top;overflow-wrap:anywhere}"
    )
    page = f"<!doctype html><meta charset=utf-8><title>Wrong photos</title><style>{style}</style>"
    (out / "wrong.html").write_text(page + "".join(cells) + "\n")
