"""The library in a browser: one query, said by the box, by the filters and by the address alike."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.cli.library import scan
from tests.photos import HAPPY, photo
from tests.web.server import Server


def query_of(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query).get("q", [""])[0]


def names(page: Page) -> set[str]:
    return {name.split(": ")[0] for name in page.locator(".tile img").evaluate_all("all => all.map(one => one.alt)")}


def test_a_filter_is_a_query_is_an_address(wide: Page) -> None:
    wide.locator(".chip", has_text="happy").click()
    expect(wide.locator("#text")).to_have_value("emotion:happy")
    expect(wide.locator("#count")).to_have_text("1 of 5 photos")
    assert (query_of(wide), names(wide)) == ("emotion:happy", {"happy.jpg"})
    wide.reload()
    expect(wide.locator(".chip", has_text="happy")).to_have_attribute("aria-pressed", "true")
    expect(wide.locator(".tile")).to_have_count(1)
    wide.go_back()
    expect(wide.locator("#text")).to_have_value("")
    expect(wide.locator("#count")).to_have_text("5 photos")


def test_filters_join_what_was_typed(wide: Page) -> None:
    wide.locator("#text").fill("path:2023")
    wide.keyboard.press("Enter")
    expect(wide.locator(".tile")).to_have_count(2)
    wide.locator("[data-facet=reason]").select_option("mixed")
    expect(wide.locator("#text")).to_have_value("path:2023 reason:mixed")
    expect(wide.locator(".tile")).to_have_count(1)
    wide.locator("#clear").click()
    expect(wide.locator("#text")).to_have_value("")
    expect(wide.locator("#count")).to_have_text("5 photos")


def test_a_mistake_is_pointed_at(wide: Page) -> None:
    wide.locator("#text").fill("faces:1 emotion:hapy")
    error = wide.locator("#query-error")
    expect(error).to_contain_text("did you mean happy?")
    first, second = error.locator("pre").inner_text().split("\n")
    assert first[second.index("^") :].startswith("hapy")
    expect(wide.locator("#text")).to_have_attribute("aria-invalid", "true")
    wide.locator("#text").fill("faces:1 emotion:happy")
    expect(error).to_be_empty()


def test_the_box_completes_fields_and_values(wide: Page) -> None:
    box = wide.locator("#text")
    box.press_sequentially("emo")
    expect(wide.locator("#suggestions li")).to_have_count(1)  # and no longer what the empty box offers
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("emotion:")
    box.press_sequentially("sa")
    expect(wide.get_by_role("option").first).to_contain_text("emotion:sad")
    box.press("ArrowDown")
    box.press("Tab")
    expect(box).to_have_value("emotion:sad ")
    expect(wide.locator(".tile")).to_have_count(1)


def test_a_photo_has_an_address(wide: Page) -> None:
    wide.locator(".tile").first.click()
    expect(wide.locator("#detail")).to_be_visible()
    expect(wide.locator("#detail-more")).to_contain_text("Files")
    first = wide.locator("#detail-name").inner_text()
    wide.keyboard.press("ArrowRight")
    expect(wide.locator("#detail-name")).not_to_have_text(first)
    second = wide.locator("#detail-name").inner_text()
    wide.reload()
    expect(wide.locator("#detail-name")).to_have_text(second)
    wide.go_back()
    expect(wide.locator("#detail")).to_be_hidden()
    wide.go_forward()
    expect(wide.locator("#detail-name")).to_have_text(second)


def test_the_photo_itself_replaces_its_thumbnail(wide: Page) -> None:
    wide.locator(".tile").first.click()
    picture = wide.locator("#stage img")
    expect(picture).to_have_attribute("src", re.compile("/image\\?size="))
    assert picture.evaluate("image => image.naturalWidth") > 256


def test_the_keyboard_alone_suffices(wide: Page) -> None:
    wide.keyboard.press("Tab")
    assert wide.evaluate("document.activeElement.className") == "skip"
    wide.locator(".tile").first.focus()
    wide.keyboard.press("End")
    last = wide.evaluate("document.activeElement.querySelector('img').alt")
    wide.keyboard.press("Enter")
    expect(wide.locator("#detail")).to_be_visible()
    wide.keyboard.press("Escape")
    expect(wide.locator("#detail")).to_be_hidden()
    assert wide.evaluate("document.activeElement.querySelector('img').alt") == last
    wide.keyboard.press("/")
    assert wide.evaluate("document.activeElement.id") == "text"


def test_a_hostile_name_is_text(open_page: Callable[..., Page], server: Server, home: Path) -> None:
    name = '"><img src=x onerror="document.title=1">.jpg'
    photo(home.parent / "photos" / name, [HAPPY], seed=9)
    scan(home, home.parent / "photos")
    page = open_page(server, "/?q=onerror")
    expect(page.locator(".tile")).to_have_count(1)
    page.locator(".tile").click()
    expect(page.locator("#detail-name")).to_have_text(name)
    expect(page.locator("#detail-more")).to_contain_text(name)
    assert page.locator("img[src=x]").count() == 0
    assert page.title() != "1"


def test_a_folder_that_is_offline_shows_what_is_kept(
    open_page: Callable[..., Page], server: Server, home: Path
) -> None:
    (home.parent / "photos").rename(home.parent / "away")
    page = open_page(server, "/?q=emotion:happy")
    page.locator(".tile").click()
    expect(page.locator("#offline")).to_contain_text("offline")
    expect(page.locator("#stage img")).to_have_js_property("naturalWidth", 256)


def test_a_wall_of_several_pages_is_scrolled_to_its_end(
    open_page: Callable[..., Page], server: Server, home: Path
) -> None:
    for number in range(420):
        photo(home.parent / "photos" / "many" / f"{number:03}.png", size=(64, 48), seed=1000 + number)
    scan(home, home.parent / "photos")
    page = open_page(server, "/?q=many")
    expect(page.locator("#count")).to_have_text("420 of 425 photos")
    height = page.locator("#grid").bounding_box()["height"]
    page.locator("#main").press("End")
    expect(page.locator('[data-position="419"]')).to_be_in_viewport()
    assert page.locator(".tile").count() < 200, "only what is visible is in the document"
    assert page.locator("#grid").bounding_box()["height"] < 1.2 * height, "the scroll bar knew how far it is"


def test_a_thumb_suffices(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    expect(page.locator("#count")).to_have_text("5 photos")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#unfold").tap()
    page.locator(".chip", has_text="sad").tap()
    expect(page.locator(".tile")).to_have_count(1)
    page.locator("#unfold").tap()
    page.locator(".tile").tap()
    expect(page.locator("#detail-more")).to_contain_text("Files")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_time_line_shows_what_was_seen_and_filters(wide: Page) -> None:
    bins = wide.locator("#bins .bin:has(.part)")
    expect(bins.locator(".tone-happy")).to_have_count(1)
    expect(bins.locator(".tone-sad")).to_have_count(1)
    bins.filter(has=wide.locator(".tone-happy")).first.click()
    expect(wide.locator("#text")).to_have_value(re.compile("^taken:"))
    assert query_of(wide).startswith("taken:")
    wide.go_back()
    expect(wide.locator("#count")).to_have_text("5 photos")


def test_the_colours_that_were_chosen_are_remembered(wide: Page) -> None:
    root = wide.locator("html")
    wide.locator("#theme").click()
    expect(root).to_have_attribute("data-theme", "dark")
    wide.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    assert wide.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    wide.locator("#theme").click()
    wide.reload()
    expect(wide.locator("#count")).to_have_text("5 photos")
    assert root.get_attribute("data-theme") is None, "what the system has is followed again"


def test_the_order_is_in_the_address(wide: Page) -> None:
    wide.locator("#sort").select_option("surest")
    expect(wide).to_have_url(re.compile("sort=surest"))
    expect(wide.locator(".tile .badge").first).to_contain_text("%")
    first = wide.locator(".tile img").first.get_attribute("alt")
    wide.reload()
    expect(wide.locator("#sort")).to_have_value("surest")
    expect(wide.locator(".tile img").first).to_have_attribute("alt", first or "")


def test_the_photos_beside_the_open_one_are_asked_for_ahead(wide: Page) -> None:
    ids = wide.locator(".tile img").evaluate_all("all => all.map(one => one.src.split('/').at(-2))")
    with wide.expect_request(f"**/api/photos/{ids[1]}/image*"):
        wide.locator(".tile").first.click()


def test_a_face_under_the_pointer_hides_no_photo(wide: Page) -> None:
    wide.locator(".tile .box").first.hover()
    expect(wide.locator("#card")).to_be_visible()
    assert wide.locator("#card").evaluate("card => getComputedStyle(card).pointerEvents") == "none"


def test_an_empty_answer_says_so(wide: Page) -> None:
    wide.locator("#text").fill("emotion:disgust")
    expect(wide.locator("#none")).to_contain_text("No photo matches this query.")
    expect(wide.locator(".tile")).to_have_count(0)
