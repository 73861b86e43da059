"""Work in a browser: steps are paused, scans begun and cancelled, failures looked at, schedules kept."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.photos import HAPPY, photo
from tests.web.browser.conftest import BY_PROCESS_MS
from tests.web.server import Server


def test_steps_are_paused_one_by_one_and_go_on(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server, "/?view=work", viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="Pause: Find faces").click()
    expect(page.locator(".steps-list li", has_text="Find faces")).to_contain_text("paused since")
    page.get_by_role("button", name="Scan all folders").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".steps-list")).not_to_contain_text("paused since")


def test_a_scan_is_begun_seen_and_cancelled(open_page: Callable[..., Page], server: Server, home: Path) -> None:
    for number in range(120):
        photo(home.parent / "photos" / "many" / f"{number}.jpg", [HAPPY], size=(640, 480), seed=500 + number)
    page = open_page(server, "/?view=work")
    page.get_by_role("button", name="Scan all folders").click()
    expect(page.locator("#toast")).to_have_text("The scan begins.")
    page.get_by_role("button", name=re.compile("Cancel run")).first.click()
    first = page.locator(".runs li").filter(has_text="scan").first
    expect(first).to_contain_text("cancelled, took", timeout=BY_PROCESS_MS)
    expect(page.locator("#work-due")).to_contain_text("cancelled run left")
    page.get_by_role("button", name="Go on with all").click()
    expect(page.locator("#work-due")).not_to_contain_text("cancelled run left")


def test_a_folder_that_is_away_says_since_when(open_page: Callable[..., Page], server: Server, home: Path) -> None:
    (home.parent / "photos").rename(home.parent / "away")
    page = open_page(server, "/?view=work")
    page.get_by_role("button", name="Scan all folders").click()
    expect(page.get_by_role("article", name="Folders")).to_contain_text("offline since", timeout=BY_PROCESS_MS)


def test_failures_are_chosen_by_kind_and_tried_again(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server, "/?view=work")
    failed = page.get_by_role("article", name="Could not be done")
    failed.locator(".chip", has_text="truncated").click()
    expect(failed).to_contain_text("cut.jpg")
    failed.get_by_role("button", name="Retry all truncated").click()
    expect(failed).to_contain_text("Nothing failed.")
    expect(page.locator("#work-due")).to_contain_text("1 to do")
    page.get_by_role("button", name="Scan all folders").click()
    expect(failed).to_contain_text("truncated", timeout=BY_PROCESS_MS)


def test_an_entry_is_added_switched_and_removed(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server, "/?view=work")
    card = page.get_by_role("article", name="At set times")
    expect(card).to_contain_text("none is running")
    page.get_by_role("button", name="Add an entry").click()
    form = page.locator("#schedule-form")
    form.locator("[name=name]").fill("evenings")
    form.locator("[name=action]").select_option("reclassify")
    form.locator("[name=query]").fill("emotion:hapy")
    form.locator("[name=when]").select_option("weekly")
    form.locator("[name=day]").select_option("3")
    form.locator("[name=time]").fill("21:45")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#schedule-error")).to_contain_text("did you mean happy?")
    form.locator("[name=query]").fill("emotion:happy")
    form.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("every Wednesday at 21:45")
    switch = card.get_by_role("switch", name="evenings is done at its times")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    card.get_by_role("button", name="Remove evenings").click()
    page.locator("#confirm-yes").click()
    expect(card).to_contain_text("Nothing is done at set times.")
