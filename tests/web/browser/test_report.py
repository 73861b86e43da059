"""The report shows the same wall from a single file: in a browser, without a server."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from organiser.core.emotion import Emotion
from tests.photos import HAPPY, photo
from tests.reporting.report import reported, written


def test_the_report_works_without_a_server(browser: Browser, tmp_path: Path) -> None:
    picture = photo(tmp_path / "drawn.jpg", [HAPPY]).read_bytes()
    kinds = [Emotion.HAPPY, Emotion.SAD, None]
    photos = [
        reported(number, emotion=kinds[number % 3], reason="clear" if number % 3 < 2 else "unsure", thumbnail=picture)
        for number in range(90)
    ]
    written(photos, tmp_path / "report.html")
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "report.html").as_uri())
    expect(page.locator("#count")).to_have_text("90 photos")
    page.locator(".chip", has_text="sad").click()
    expect(page.locator("#count")).to_have_text("30 of 90 photos")
    page.locator(".tile").first.click()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#place")).to_have_text("2 of 30")
    page.locator(".face-item").click()
    expect(page.locator("#stage")).to_have_class("stage zoomed")
    page.keyboard.press("Escape")
    page.locator("#clear").click()
    page.locator("[data-facet=reason]").select_option("unsure")
    expect(page.locator("#count")).to_have_text("30 of 90 photos")
    page.locator("#text").fill("IMG_1.jpg")
    expect(page.locator("#none")).to_have_text("No photo matches these filters.")
    page.close()
    assert complaints == []
