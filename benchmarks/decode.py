"""What decoding a picture costs, by format and size: `python benchmarks/decode.py [--megapixels 12 24 50] [--times 3]`.

Draws grainy pictures and times, in a process of its own for each, by the processor clock: the decoder alone at full size as
Pillow has it, what the detect step decodes (`decode`), and reading a picture's faces with that (`detect_content`). The
process's peak memory is that of `decode` alone, less what it takes before; bytes a pixel are of the whole picture's pixels.
Raw is a DNG with a preview of that many pixels. `--files` measures pictures at hand in place of drawn ones.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from PIL import Image

from organiser.core.emotion import Emotion
from organiser.formats.table import HEAD_BYTES, PictureKind, picture_kind
from organiser.vision.decoding.decode import OPENERS, decode
from organiser.vision.decoding.raw import preview_of
from organiser.vision.detectors.yunet import YuNet
from organiser.vision.pipeline import DetectOptions, detect_content, use_one_thread
from tests.photos import DrawnFace, scene
from tests.raw_photos import drawn_dng

_LEAST: Final = 960
"""What the detect step asks for."""

_MOST: Final = 10**9
_SAVED: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "jpg": ("JPEG", {"quality": 88}),
    "progressive.jpg": ("JPEG", {"quality": 88, "progressive": True}),
    "heic": ("HEIF", {"quality": 60, "enc_params": {"preset": "ultrafast"}}),
    "avif": ("AVIF", {"quality": 60, "speed": 10}),
    "webp": ("WEBP", {"quality": 80, "method": 0}),
    "png": ("PNG", {"compress_level": 1}),
    "tif": ("TIFF", {"compression": "tiff_lzw"}),
}


@dataclass(frozen=True)
class Cost:
    """Milliseconds of processor time a picture, by part; megapixels of the picture; megabytes of peak memory."""

    megapixels: float
    alone: float
    decode: float
    detect: float
    peak: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=int, nargs="+", default=[12, 24, 50])
    parser.add_argument("--formats", nargs="+", default=[*_SAVED, "dng"], choices=[*_SAVED, "dng"])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--memory-only", action="store_true", help="decode once, and time nothing else")
    parser.add_argument("--files", type=Path, nargs="+", default=[])
    options = parser.parse_args()
    print(
        f"{'':26}{'MP':>6}{'alone':>9}{'decode':>9}{'ratio':>7}{'detect':>9}{'photos/s':>10}{'peak MB':>9}{'bytes/pixel':>13}"
    )
    times = 0 if options.memory_only else options.times
    with tempfile.TemporaryDirectory() as scratch:
        for path in options.files:
            show(path.name, path, times)
        for megapixels in options.megapixels if not options.files else ():
            for suffix in options.formats:
                path = Path(scratch) / f"drawn.{suffix}"
                in_child(draw, path, suffix, megapixels)
                show(suffix, path, times)
                path.unlink()


def show(name: str, path: Path, times: int) -> None:
    cost = in_child(measured, path, times)
    ratio = f"{cost.decode / cost.alone:.2f}" if cost.alone else ""
    rate = f"{1e3 / cost.detect:.1f}" if cost.detect else ""
    parts = f"{cost.megapixels:6.1f}{cost.alone:9.0f}{cost.decode:9.0f}{ratio:>7}{cost.detect:9.0f}{rate:>10}"
    print(f"{name[:25]:26}{parts}{cost.peak:9.0f}{cost.peak / cost.megapixels:13.1f}", flush=True)


def in_child(work: Callable[..., Any], *arguments: object) -> Any:
    """Do some work in a process that nothing has filled yet."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def draw(path: Path, suffix: str, megapixels: int) -> None:
    """Save a drawn scene of that many megapixels, 4:3, with a camera's grain; HEIC in tiles, as telephones write it."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    pillow_heif.options.GRID_TILE_SIZE = 512
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    width = height * 4 // 3
    picture = scene(width, height, [DrawnFace(Emotion.SAD, 0.4, 0.5, 0.3)])
    grain = np.random.default_rng(0).integers(-6, 7, (256, 256, 1), np.int16)
    image = np.asarray(picture).copy()
    for top in range(0, height, 256):
        rows = image[top : top + 256]
        across = np.tile(grain, (1, width // 256 + 1, 1))[: len(rows), :width]
        rows[:] = np.clip(rows.astype(np.int16) + across, 0, 255)
    picture = Image.fromarray(image)
    if suffix == "dng":
        path.write_bytes(drawn_dng(picture, 1))
    else:
        name, how = _SAVED[suffix]
        picture.save(path, name, **how)


def measured(path: Path, times: int) -> Cost:
    use_one_thread()
    data = path.read_bytes()
    kind = picture_kind(data[:HEAD_BYTES])
    if kind is None:
        raise SystemExit(f"{path} is no picture")
    decode(tiny(), least=_LEAST, max_pixels=_MOST)  # what the libraries themselves take
    if kind is PictureKind.HEIC:
        import pillow_heif  # noqa: F401
    before = peak_memory()
    found = decode(data, least=_LEAST, max_pixels=_MOST)
    peak = peak_memory() - before
    megapixels = found.width * found.height / 1e6
    if path.suffix == ".dng":
        with Image.open(BytesIO(preview_of(data).data)) as preview:
            megapixels = preview.width * preview.height / 1e6
    del found
    if not times:
        return Cost(megapixels, 0.0, 0.0, 0.0, peak)
    detector, options = YuNet(), DetectOptions(max_pixels=_MOST)
    alone = 0.0 if path.suffix == ".dng" else timed(lambda: load(kind, data), times)
    decoded = timed(lambda: decode(data, least=_LEAST, max_pixels=_MOST), times)
    detected = timed(lambda: detect_content(data, detector, options), times)
    return Cost(megapixels, alone, decoded, detected, peak)


def tiny() -> bytes:
    out = BytesIO()
    scene(64, 48).save(out, "JPEG")
    return out.getvalue()


def load(kind: PictureKind, data: bytes) -> None:
    with OPENERS[kind](BytesIO(data)) as picture:
        picture.load()


def timed(work: Callable[[], object], times: int) -> float:
    """Return milliseconds of processor time that some work takes, the quickest of `times`, after once unmeasured."""
    work()
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found) * 1e3


def peak_memory() -> float:
    """Return the most memory this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
