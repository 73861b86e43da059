"""A real Chromium at the real server. What the page complains of, or may not do, fails its test."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.server import Server

# A query being typed is no query yet, and of a photo that cannot be read there is no picture.
_USUAL = "400 (Bad Request)", "/thumb", "/image?size="

expect.set_options(timeout=60_000)

BY_PROCESS_MS = 120_000
"""How long a test waits for what a command in a process of its own does."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None and os.environ.get("CI"):
        pytest.fail("there is no Chromium here; .ci/run installs it")
    if program is None:
        pytest.skip("there is no Chromium here")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Browser, serve: Callable[..., Server]) -> Iterator[Callable[..., Page]]:
    """Opens the page of a server as somebody who was let in; further words are those of a Playwright context.

    It depends on `serve` so that windows close before their server ends.
    """
    contexts = []
    complaints: list[str] = []

    def opening(server: Server, address: str = "/", **words: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **words})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(f"{message.text} {message.location['url']}") if message.type == "error" else None
            ),
        )
        page.goto(server.address)
        if address != "/":
            page.goto(server.origin + address)
        return page

    yield opening
    for context in contexts:
        context.close()
    assert [message for message in complaints if not any(usual in message for usual in _USUAL)] == []


@pytest.fixture
def wide(open_page: Callable[..., Page], server: Server) -> Page:
    """The library in a window of a desk's size."""
    page = open_page(server)
    expect(page.locator("#count")).to_have_text("5 photos")
    return page
