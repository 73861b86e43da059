"""The page's colours and parts, as far as they can be checked without a browser."""

import re
from importlib.resources import files
from itertools import combinations, product

import numpy as np
import pytest
from numpy.typing import NDArray

from organiser.core.emotion import Emotion
from organiser.core.judging.verdict import Reason
from organiser.reporting.shell import SCRIPTS

WEB = files("organiser.reporting").joinpath("web")
STYLE = WEB.joinpath("page.css").read_text(encoding="utf-8")
SHELL = "".join(WEB.joinpath(f"{name}.html").read_text(encoding="utf-8") for name in ("page", "symbols", "detail"))
PROGRAM = {name: WEB.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS}

COLOURS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", STYLE)
}
THEMES = ("light", "dark")
GROUNDS = ("paper", "surface")

# Machado, Oliveira and Fernandes 2009, severity 1: what the eye without red, green or blue cones makes of linear RGB.
COLOUR_BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def linear(name: str, theme: str) -> NDArray[np.float64]:
    value = COLOURS[name][theme]
    encoded = np.array([int(value[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str, theme: str) -> float:
    """The contrast ratio of WCAG 2.2, 1–21."""
    dark, light = sorted(float(linear(name, theme) @ (0.2126, 0.7152, 0.0722)) for name in (first, second))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), [*product(("ink", "quiet", "accent"), (*GROUNDS, "raised"))])
def test_text_can_be_read(text: str, ground: str, theme: str) -> None:
    assert contrast(text, ground, theme) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("part", "ground"), [*product((*Emotion, "edge", "accent"), GROUNDS)])
def test_signs_bars_and_the_edges_of_controls_stand_out(part: str, ground: str, theme: str) -> None:
    assert contrast(part, ground, theme) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", [None, *COLOUR_BLIND])
def test_emotions_keep_apart_for_colour_blind_eyes(eye: str | None, theme: str) -> None:
    sight = np.eye(3) if eye is None else np.array(COLOUR_BLIND[eye])
    seen = {emotion: oklab(np.clip(sight @ linear(emotion, theme), 0, 1)) for emotion in Emotion}
    distances = {pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in combinations(Emotion, 2)}
    assert min(distances.values()) > 0.08, min(distances, key=lambda pair: distances[pair])


def oklab(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ottosson 2020: a space in which distance is how different colours look; 0.02 is just noticed."""
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    axes = [
        [0.2104542553, 0.793617785, -0.0040720468],
        [1.9779984951, -2.428592205, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.808675766],
    ]
    return np.array(axes) @ np.cbrt(np.array(cones) @ colour)


@pytest.mark.parametrize("emotion", Emotion)
def test_every_emotion_has_a_tone_and_a_sign_of_its_own(emotion: Emotion) -> None:
    assert f".tone-{emotion} {{ --tone: var(--{emotion}); }}" in STYLE
    assert f'<symbol id="sign-{emotion}"' in SHELL
    signs = re.findall(r'<symbol id="[^"]+"[^>]*>(.*?)</symbol>', SHELL)
    assert len(signs) == len(set(signs))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sign_and_a_sentence(reason: Reason) -> None:
    assert f'<symbol id="sign-{reason}"' in SHELL
    assert re.search(rf'^  {reason}: "', PROGRAM["words"], re.MULTILINE)


def test_the_program_knows_every_emotion_in_order() -> None:
    (names,) = re.findall(r"^export const EMOTIONS = \[(.*)\];$", PROGRAM["words"], re.MULTILINE)
    assert re.findall(r'"(\w+)"', names) == list(Emotion)


@pytest.mark.parametrize("name", SCRIPTS)
def test_modules_import_only_what_stands_before_them(name: str) -> None:
    imported = re.findall(r'^import [^;]*?"\./(\w+)\.js";$', PROGRAM[name], re.MULTILINE)
    assert set(imported) <= set(SCRIPTS[: SCRIPTS.index(name)])


def test_modules_that_share_a_scope_declare_each_name_once() -> None:
    """The report joins its modules into one scope."""
    declared = [
        found
        for text in PROGRAM.values()
        for found in re.findall(r"^(?:export )?(?:async )?(?:function|const|let) (\w+)", text, re.MULTILINE)
    ]
    assert sorted(declared) == sorted(set(declared))


def test_every_part_of_the_program_is_in_the_page() -> None:
    assert {entry.name for entry in WEB.iterdir() if entry.name.endswith(".js")} == {f"{name}.js" for name in SCRIPTS}


def test_every_element_that_the_program_asks_for_is_in_the_page() -> None:
    asked = {found for text in PROGRAM.values() for found in re.findall(r'byId\("([\w-]+)"', text)}
    known = set(re.findall(r'\bid="([\w-]+)"', SHELL))
    assert asked - known == set()


def test_every_label_and_reference_in_the_page_points_at_something() -> None:
    known = set(re.findall(r'\bid="([\w-]+)"', SHELL))
    pointed = set(re.findall(r'(?:aria-labelledby="|aria-controls="|href="#)([\w-]+)"', SHELL))
    assert pointed <= known


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_in_the_program_ends_its_element(name: str) -> None:
    assert re.findall(r"</script|<!--|<script", PROGRAM[name], re.IGNORECASE) == []


def test_things_move_only_for_who_does_not_mind() -> None:
    calm = re.sub(r"@media \(prefers-reduced-motion: no-preference\) \{.*?\n\}", "", STYLE, flags=re.DOTALL)
    assert re.findall(r"transition|animation|scroll-behavior", calm) == []
