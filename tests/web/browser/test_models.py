"""Models in a browser: the photos that one would change are seen before it is used, and one goes back."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.web.browser.conftest import BY_PROCESS_MS
from tests.web.resources.test_models import add_gloomy
from tests.web.server import Server


def test_its_changes_are_looked_at_then_it_is_used_and_rolled_back(
    open_page: Callable[..., Page], server: Server, home: Path, tmp_path: Path
) -> None:
    gloomy = add_gloomy(home, tmp_path)
    page = open_page(server, "/?view=models")
    tried = page.get_by_role("article", name="gloomy@2")
    tried.get_by_role("button", name="What would change?").click()
    flip = page.locator(".flip", has_text="happy.jpg")
    expect(flip).to_contain_text("happy")
    expect(tried).to_contain_text("of 4 photos would change")
    assert f"model={gloomy}" in page.url
    page.locator("#flips-changes .chip").filter(has_text="happy").first.click()
    expect(page.locator(".flip")).to_have_count(1)
    page.reload()
    expect(page.locator(".flip")).to_have_count(1)
    page.locator(".flip a").click()
    expect(page.locator("#detail-name")).to_have_text("happy.jpg")
    page.keyboard.press("Escape")
    expect(page.locator("#flips")).to_be_visible()
    tried.get_by_role("button", name="Use: gloomy@2").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#confirm")).to_contain_text("You can roll back")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("gloomy@2 judges from now on")
    expect(tried.locator(".state")).to_have_text("in use")
    expect(tried).to_contain_text("4 faces", timeout=BY_PROCESS_MS)
    tried.get_by_role("button", name="Roll back to stub@1").click()
    page.locator("#confirm-yes").click()
    expect(page.get_by_role("article", name="stub@1").locator(".state")).to_have_text("in use")
    page.get_by_role("link", name="Library").click()
    expect(page.locator(".tile", has_text="happy")).not_to_have_count(0, timeout=BY_PROCESS_MS)
