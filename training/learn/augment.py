"""Training-time disturbances: what a crop could have looked like from another camera, file or detector.

Works on grey or RGB crops with OpenCV, one picture at a time, and takes its randomness as an argument. The result is
the network's input. Knows nothing of labels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Augment:
    """How much of each disturbance; 0 switches one off. Chances are 0–1, lengths are pixels of the 128-pixel crop.

    Attributes:
        flip: chance of the mirror image.
        unaligned: chance of the unaligned framing of the same face.
        turn, scale, shift: standard deviation of rotation (degrees), of log scale and of the shift (pixels).
        light: strength of gamma, contrast and brightness changes.
        exposure: chance of a picture so bright that its light parts are lost, or as much too dark.
        tint: strength of changes to the balance of colours (RGB inputs only).
        coarse, blur, jpeg, noise: chance of fewer pixels (down to 14 across the input), blur, compression and noise.
        mask: chance of a black band or corner, as alignment leaves where a crop reaches beyond its picture.
        fill: chance that such black is painted over, as a photo would have it.
        cutout: chance of a grey rectangle over part of the face.
        glasses: chance of drawn glasses, from thin frames to dark ones.
    """

    flip: float = 0.5
    unaligned: float = 0.15
    turn: float = 6.0
    scale: float = 0.07
    shift: float = 3.0
    light: float = 0.25
    exposure: float = 0.0
    tint: float = 0.1
    coarse: float = 0.2
    blur: float = 0.1
    jpeg: float = 0.15
    noise: float = 0.1
    mask: float = 0.15
    fill: float = 0.4
    cutout: float = 0.25
    glasses: float = 0.0


_EYES = (46, 82)
"""Where the eyes are across an aligned crop of 128 pixels."""

NONE = Augment(*([0.0] * 16))


def augmented(
    crop: NDArray[np.uint8],
    other: NDArray[np.uint8],
    window: tuple[int, int, int, int],
    size: int,
    options: Augment,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Return a disturbed network input, uint8[size, size, C].

    Args:
        crop: uint8[128, 128, C], what is disturbed.
        other: uint8[128, 128, C], another crop, whose blurred look paints over black margins.
    """
    if rng.random() < options.fill:
        crop = _filled(crop, other)
    if rng.random() < options.glasses:
        crop = _with_glasses(crop, rng)
    image = _placed(crop, window, size, options, rng)
    if rng.random() < options.mask:
        _mask(image, rng)
    image = _lit(image, options, rng)
    if rng.random() < options.exposure:
        image = _exposed(image, rng)
    image = _degraded(image, options, rng)
    if rng.random() < options.cutout:
        _cutout(image, rng)
    return image.reshape(size, size, -1)


def _placed(
    crop: NDArray[np.uint8],
    window: tuple[int, int, int, int],
    size: int,
    options: Augment,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Cut the window of a crop that is turned, scaled, shifted and perhaps mirrored, as one linear map."""
    x, y, w, h = window
    turn, scale = np.radians(rng.normal(0, 1) * options.turn), np.exp(rng.normal(0, 1) * options.scale)
    shift_x, shift_y = rng.normal(0, 1, 2) * options.shift
    mirror = -1.0 if rng.random() < options.flip else 1.0
    cosine, sine = np.cos(turn) * scale, np.sin(turn) * scale
    # From output pixels, measured from the centre, back to the crop.
    back = np.array([[cosine * mirror, -sine], [sine * mirror, cosine]]) * (w / size, h / size)
    centre = np.array([x + w / 2 + shift_x, y + h / 2 + shift_y]) - 0.5
    offset = centre - back @ np.array([size / 2 - 0.5, size / 2 - 0.5])
    matrix = np.column_stack((back, offset))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(crop, matrix, (size, size), flags=flags), np.uint8)


def _filled(crop: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Paint the blurred `other` over what is black from the border inwards."""
    black = (crop.max(axis=2) <= 6).astype(np.uint8)
    if not black[[0, -1]].any() and not black[:, [0, -1]].any():
        return crop
    paint = cv2.blur(other, (15, 15)).reshape(crop.shape)
    wide = cv2.dilate(black, np.ones((3, 3), np.uint8)).astype(bool)
    return np.where(wide[:, :, None], paint, crop)


def _with_glasses(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw glasses over the eyes of a crop: round or square, of any strength, dark ones too, never twice the same."""
    layer = crop.copy()
    shade = int(rng.integers(0, 120)) if rng.random() < 0.8 else int(rng.integers(120, 256))
    colour, rim = (shade,) * crop.shape[2], int(rng.integers(1, 6))
    (left, right), brow = _EYES, 53 + int(rng.integers(-4, 5))
    wide, high = int(rng.integers(10, 19)), int(rng.integers(8, 17))
    filled, square = rng.random() < 0.35, rng.random() < 0.5
    for x in (left, right):
        if square:
            corners = (x - wide, brow - high), (x + wide, brow + high)
            cv2.rectangle(layer, *corners, colour, -1 if filled else rim, cv2.LINE_AA)
        else:
            cv2.ellipse(layer, (x, brow), (wide, high), 0, 0, 360, colour, -1 if filled else rim, cv2.LINE_AA)
    cv2.line(layer, (left + wide, brow - 2), (right - wide, brow - 2), colour, rim, cv2.LINE_AA)
    seen = rng.uniform(0.5, 1.0)
    return np.asarray(cv2.addWeighted(layer, seen, crop, 1 - seen, 0), np.uint8).reshape(crop.shape)


def _lit(image: NDArray[np.uint8], options: Augment, rng: np.random.Generator) -> NDArray[np.uint8]:
    if not options.light:
        return image
    gamma = np.exp(rng.normal(0, options.light))
    contrast, brightness = np.exp(rng.normal(0, options.light)), rng.normal(0, options.light * 60)
    ramp = (np.arange(256) / 255.0) ** gamma * 255
    middle = float(image.mean())
    table = np.clip((ramp - middle) * contrast + middle + brightness, 0, 255).astype(np.uint8)
    lit = np.asarray(cv2.LUT(image, table), np.uint8)
    if image.ndim == 3 and image.shape[2] == 3 and options.tint:
        lit = np.clip(lit * np.exp(rng.normal(0, options.tint, 3)), 0, 255).astype(np.uint8)
    return lit


def _exposed(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    over = rng.random() < 0.6
    gain, offset = (rng.uniform(1.1, 2.0), rng.uniform(0, 80)) if over else (rng.uniform(0.2, 0.7), 0.0)
    return np.asarray(cv2.convertScaleAbs(image, alpha=gain, beta=offset), np.uint8)


def _degraded(image: NDArray[np.uint8], options: Augment, rng: np.random.Generator) -> NDArray[np.uint8]:
    size = image.shape[0]
    if rng.random() < options.coarse:
        small = int(rng.integers(min(14, size // 2), max(int(size * 0.8), size // 2 + 1)))
        way = cv2.INTER_LINEAR if rng.random() < 0.5 else cv2.INTER_CUBIC
        shrunk = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(shrunk, (size, size), interpolation=way), np.uint8)
    if rng.random() < options.blur:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.4))), np.uint8)
    if rng.random() < options.noise:
        image = np.clip(image + rng.normal(0, rng.uniform(2, 14), image.shape), 0, 255).astype(np.uint8)
    if rng.random() < options.jpeg:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 75))])
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)
    return image


def _mask(image: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Blacken a half-plane that cuts off up to a fifth of the picture."""
    size = image.shape[0]
    angle = rng.uniform(0, 2 * np.pi)
    normal = np.array([np.cos(angle), np.sin(angle)])
    reach = size / 2 * (np.abs(normal).sum() - rng.uniform(0.1, 0.4))
    grid = np.arange(size) - (size - 1) / 2
    image[grid[None, :] * normal[0] + grid[:, None] * normal[1] > reach] = 0


def _cutout(image: NDArray[np.uint8], rng: np.random.Generator) -> None:
    size = image.shape[0]
    height, width = rng.integers(size // 8, size // 3 + 1, 2)
    top, left = int(rng.integers(0, size - height)), int(rng.integers(0, size - width))
    image[top : top + height, left : left + width] = rng.integers(0, 256) if rng.random() < 0.6 else 0
