"""The pages build into a site that needs no network, every link of it leads somewhere, and every command in it exists."""

import os
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import click
import pytest

from organiser.cli.main import group
from organiser.core.photo import FailureKind
from organiser.placing.disk.errors import Cause, refusal

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


class _Page(HTMLParser):
    """What a page leads to, what it loads, and what can be led to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.anchors.update(filter(None, (values.get("id"), values.get("name"))))
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        elif values.get("src") or (tag == "link" and values.get("rel") != "canonical"):
            self.loaded.append(values.get("src") or values["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    ran = subprocess.run(
        command, check=False, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, _Page]:
    return {path: _Page(path.read_text("utf-8")) for path in site.rglob("*.html") if path.name != "404.html"}


def test_every_page_is_there_and_can_be_searched(site, pages):
    assert {path.relative_to(site).with_suffix("") for path in pages} == {
        path.relative_to(DOCS).with_suffix("") for path in DOCS.rglob("*.md")
    }
    assert "perceived" in (site / "search" / "search_index.js").read_text("utf-8")


def test_nothing_is_loaded_from_elsewhere(site, pages):
    for path, page in pages.items():
        for address in page.loaded:
            assert not address.startswith(("http:", "https:", "//")), f"{path}: {address}"
    for style in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", style.read_text("utf-8")), style


def test_every_link_leads_to_a_page_and_a_place_in_it(pages):
    for path, page in pages.items():
        for link in [*page.links, *page.loaded]:
            if re.match(r"[a-z]+:", link):
                continue
            address, anchor = urldefrag(link)
            target = (path.parent / unquote(address)).resolve() if address else path
            assert target.exists(), f"{path}: {link}"
            if target in pages:
                assert unquote(anchor) in pages[target].anchors, f"{path}: {link}"


def _commands() -> list[tuple[str, list[str]]]:
    found = []
    for path in sorted(DOCS.glob("*.md")):
        for block in re.findall(r"```(?:sh)?\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            lines = [line.split(" #")[0].split("|")[0] for line in block.splitlines()]
            found += [(path.name, line) for line in lines if re.match(r"\s*(\S+=\S* )*(\S*/)?organiser ", line)]
    return [(name, shlex.split(line, posix=True)) for name, line in found if not line.rstrip().endswith("\\")]


def test_every_command_in_the_pages_exists_with_its_options():
    commands = _commands()
    assert len(commands) > 40
    for page, words in commands:
        at = next(index for index, word in enumerate(words) if word.endswith("organiser"))
        command: click.Command = group
        options = set(_options(group))
        for word in words[at + 1 :]:
            context = click.Context(command)
            inner = command.get_command(context, word) if isinstance(command, click.Group) else None
            if inner is not None:
                command = inner
                options |= set(_options(inner))
            elif word.startswith("--"):
                assert word.split("=")[0] in options, f"{page}: {words}"
        assert not isinstance(command, click.Group) or "--version" in words, f"{page}: {words}"


def _options(command: click.Command) -> list[str]:
    return ["--help", *(name for option in command.params for name in (*option.opts, *option.secondary_opts))]


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_of_failure_has_its_cure(kind):
    text = (DOCS / "troubleshooting.md").read_text("utf-8")
    row = next(line for line in text.splitlines() if line.startswith(f"| `{kind}` |"))
    assert all(len(cell.strip()) > 10 for cell in row.split("|")[2:4])


@pytest.mark.parametrize("cause", Cause)
def test_every_reason_why_something_is_not_placed_has_its_cure(cause):
    text = (DOCS / "troubleshooting.md").read_text("utf-8")
    assert f"| {refusal(cause, '/x').reason} | " in text
