"""Every view under axe-core, in both colours and both widths, and with what is opened above it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.resources.test_models import add_gloomy
from tests.web.server import Server

VIEWS = {
    "/": "#count:has-text('5 photos')",
    "/?view=review": "#review-left:has-text('3 left')",
    "/?view=faces": ".face",
    "/?view=collections": "#collections-list > *",
    "/?view=models": "#models-list [data-model]",
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


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_what_is_opened_in_collections_models_and_work_breaks_no_rule(
    open_page: Callable[..., Page], server: Server, home: Path, tmp_path: Path, size: str, colours: str
) -> None:
    client = server.client()
    gloomy = add_gloomy(home, tmp_path)
    client.post("/api/collections", {"name": "all", "query": "faces:1..", "target": str(tmp_path / "all")})
    client.finished(client.post("/api/collections/all/sync", {}))
    client.post("/api/collections/all/edit", {"query": "emotion:sad|angry"})
    client.finished(client.post(f"/api/models/{gloomy}/try", {}))
    page = open_page(server, "/?view=collections", viewport=SIZES[size], color_scheme=colours, reduced_motion="reduce")

    def sound(sign: str) -> None:
        expect(page.locator(sign).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], sign
        assert faults(page) == [], sign

    page.get_by_role("button", name="Plan all").click()
    sound(".plan .segments")
    page.get_by_role("button", name="Edit all").click()
    page.locator("#collection-form [name=target]").fill("")
    sound("#collection-files")
    page.keyboard.press("Escape")
    page.locator(".collection[data-name=all] > .actions").get_by_role("button", name="Remove all").click()
    sound("#confirm .choice")
    page.goto(f"{server.origin}/?view=models&model={gloomy}")
    sound(".flip img")
    page.goto(f"{server.origin}/?view=work")
    page.get_by_role("button", name="Add an entry").click()
    sound("#schedule-form")


def faults(page: Page) -> list[str]:
    """What axe-core finds, one line an element."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]
