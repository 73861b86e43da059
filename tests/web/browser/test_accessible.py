"""Every view under axe-core, in both colours and both widths, and with what is opened above it."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.server import Server

VIEWS = {
    "/": "#count:has-text('5 photos')",
    "/?view=review": "#review-left:has-text('3 left')",
    "/?view=faces": ".face",
    "/?view=collections": "#collections-list > *",
    "/?view=work": "#work-body .collection",
}
SIZES = {"desk": {"width": 1280, "height": 800}, "telephone": {"width": 390, "height": 844}}


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_view_breaks_a_rule(open_page: Callable[..., Page], server: Server, size: str, colours: str) -> None:
    page = open_page(server, viewport=SIZES[size], color_scheme=colours, reduced_motion="reduce")
    for address, sign in VIEWS.items():
        page.goto(server.origin + address)
        expect(page.locator(sign).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], address
        assert faults(page) == [], address
    page.goto(server.origin + "/?q=pair.jpg")
    page.locator(".tile").click()
    expect(page.locator("#detail-more")).to_contain_text("Files")
    assert faults(page) == []
    page.locator("#close").click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert faults(page) == []


def faults(page: Page) -> list[str]:
    """What axe-core finds, one line an element."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]
