"""The first wall is asked for while the page's modules still come; the other views' modules come after it stands."""

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.web.server import Server

_ASKED = """performance.getEntriesByType("resource")
    .filter(({ name }) => name.endsWith(".js") || name.includes("/api/photos?") || name.includes("/thumb"))
    .sort((one, other) => one.startTime - other.startTime)
    .map(({ name }) => new URL(name).pathname)"""


def test_the_photos_are_asked_once_before_all_modules_and_other_views_after_the_pictures(wide: Page) -> None:
    expect(wide.locator("#at-work")).to_be_attached()
    wide.wait_for_function("performance.getEntriesByName(location.origin + '/static/work.js').length")
    asked = wide.evaluate(_ASKED)
    assert asked.count("/api/photos") == 1
    assert asked.index("/api/photos") < asked.index("/static/app.js")
    last_picture = max(place for place, path in enumerate(asked) if path.endswith("/thumb"))
    for view in ("review", "faces", "collections", "models", "work"):
        assert asked.index(f"/static/{view}.js") > last_picture


def test_a_view_that_is_opened_at_once_comes_with_the_page(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server, "/?view=work")
    expect(page.locator("#view-work")).to_be_visible()
    assert page.locator('link[rel=modulepreload][href="/static/schedules.js"]').count() == 1
    assert page.locator("link[rel=preload]").count() == 0
    page.locator(".views a", has_text="Library").click()
    expect(page.locator(".tile")).to_have_count(5)


def test_a_view_whose_module_does_not_come_is_told_and_the_next_one_works(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/static/review.js", lambda route: route.abort())
    page.goto(server.address)
    page.locator(".views a", has_text="Review").click()
    expect(page.locator("#toast")).to_contain_text("The organiser does not answer")
    page.locator(".views a", has_text="Work").click()
    expect(page.locator("#view-work h2").first).to_be_visible()
    context.close()
