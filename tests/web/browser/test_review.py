"""Review and the wall of faces in a browser: one key an answer, and the collections follow."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.cli.library import PAIR, scan
from tests.photos import SAD, DrawnFace, photo
from tests.web.server import Server


def organiser(home: Path, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "organiser", "--home", str(home), *words], check=True, capture_output=True)


def emotion_of(server: Server, name: str) -> str | None:
    (row,) = server.client().rows(q=name)
    return row["emotion"]


def test_a_key_corrects_and_z_really_goes_back(open_page: Callable[..., Page], server: Server, home: Path) -> None:
    for number in range(3):
        photo(home.parent / "photos" / f"pair {number}.jpg", PAIR, seed=20 + number)
    scan(home, home.parent / "photos")
    page = open_page(server, "/?view=review")
    left, name = page.locator("#review-left"), page.locator("#review-name")
    expect(left).to_have_text("6 left")
    first = name.inner_text()
    with page.expect_response("**/api/corrections"):
        page.keyboard.press("a")
    expect(left).to_have_text("5 left")
    expect(name).not_to_have_text(first)
    second = name.inner_text()
    page.keyboard.press("Space")
    expect(name).not_to_have_text(second)
    assert emotion_of(server, f'"{first}"') == "angry"
    page.keyboard.press("z")
    expect(name).to_have_text(second)
    with page.expect_response("**/api/corrections/undo"):
        page.keyboard.press("z")
    expect(name).to_have_text(first)
    expect(left).to_have_text("6 left")
    expect(page.locator("#review-verdict")).to_contain_text("mixed")
    assert emotion_of(server, f'"{first}"') is None


def test_what_was_put_off_can_be_shown_again(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server, "/?view=review")
    expect(page.locator("#review-left")).to_have_text("3 left")
    first = page.locator("#review-name").inner_text()
    for _ in range(3):
        expect(page.locator("#review-body")).to_be_visible()
        page.keyboard.press("Space")
    expect(page.locator("#review-none")).to_contain_text("You put off 3 photos.")
    page.get_by_role("button", name="Show them again").click()
    expect(page.locator("#review-name")).to_have_text(first)


def test_one_face_is_corrected(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server, "/?view=review")
    expect(page.locator("#review-name")).to_have_text("pair.jpg")
    expect(page.locator("#review-target")).to_have_text("An answer is about the whole photo.")
    page.locator("#review-faces button").filter(has=page.locator(".level.tone-sad[style*='9']")).click()
    expect(page.locator("#review-target")).to_have_text(re.compile(r"An answer is about face \d\."))
    with page.expect_response("**/api/corrections"):
        page.keyboard.press("h")
    expect(page.locator("#review-name")).not_to_have_text("pair.jpg")
    page.goto(server.origin + "/?q=pair.jpg")
    expect(page.locator(".tile .badge")).to_contain_text("happy")


def test_what_is_no_face_counts_no_more(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server, "/?view=review")
    expect(page.locator("#review-name")).to_have_text("pair.jpg")
    page.locator("#review-faces button").filter(has=page.locator(".level.tone-sad[style*='9']")).click()
    with page.expect_response("**/api/corrections"):
        page.keyboard.press("0")
    expect(page.locator("#review-name")).not_to_have_text("pair.jpg")
    assert [row["faces"][0]["gate"] for row in server.client().rows(q="pair.jpg faces:1 emotion:happy")] != []
    page.goto(server.origin + "/?q=pair.jpg")
    page.locator(".tile").click()
    expect(page.locator("#detail-faces")).to_contain_text("a person said it is no face")
    expect(page.locator("#detail-more")).to_contain_text("is no face")


def test_a_review_says_what_is_offline(open_page: Callable[..., Page], server: Server, home: Path) -> None:
    (home.parent / "photos").rename(home.parent / "away")
    page = open_page(server, "/?view=review")
    expect(page.locator("#review-offline")).to_have_text("Its folder is offline: this is the kept thumbnail.")


def test_a_collection_is_reviewed_where_it_gains_most(
    open_page: Callable[..., Page], server: Server, home: Path
) -> None:
    organiser(home, "collections", "add", "sorry", "emotion:sad", "--to", str(home.parent / "sorry"))
    page = open_page(server, "/?view=review")
    page.locator("#review-order").select_option(label="What sorry would gain most")
    expect(page.locator("#review-left")).to_have_text("1 left")
    expect(page.locator("#review-name")).to_have_text("sad.png")
    page.reload()
    expect(page.locator("#review-order")).to_have_value("gain sorry")
    page.locator("#review-order").select_option(label="Least sure first")
    expect(page.locator("#review-name")).to_be_visible()
    page.go_back()
    expect(page.locator("#review-order")).to_have_value("gain sorry")


def test_the_folder_of_a_collection_follows_an_answer(
    open_page: Callable[..., Page], server: Server, home: Path
) -> None:
    folder = home.parent / "angry"
    organiser(home, "collections", "add", "angry", "emotion:angry", "--to", str(folder))
    page = open_page(server, "/?q=pair.jpg")
    page.locator(".tile").click()
    expect(page.locator("#detail-more")).to_contain_text("Files")
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("1 photo: angry")
    expect(page.locator("#detail-more")).to_contain_text("The photo is angry")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Collections").click()
    card = page.locator(".collection[data-name=angry]")
    card.get_by_role("button", name="Sync angry").click()
    expect(card.locator(".state")).to_have_text("in step")
    assert [path.name for path in folder.iterdir() if path.suffix == ".jpg"] == ["pair.jpg"]
    page.get_by_role("link", name="Library").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_have_text("Taken back")
    page.get_by_role("link", name="Collections").click()
    card.get_by_role("button", name="Sync angry").click()
    expect(card).to_contain_text("0, 0 placed")
    assert [path for path in folder.iterdir() if path.suffix == ".jpg"] == []


def crowd(folder: Path, photos: int) -> None:
    """Draw photos with six sad faces each."""
    places = [(x, y) for x in (0.2, 0.5, 0.8) for y in (0.3, 0.7)]
    for number in range(photos):
        faces = [DrawnFace(SAD.emotion, x, y, 0.25) for x, y in places]
        photo(folder / f"crowd {number}.jpg", faces, size=(640, 480), seed=100 + number)


def test_many_faces_are_corrected_at_once(open_page: Callable[..., Page], server: Server, home: Path) -> None:
    crowd(home.parent / "photos", 9)
    scan(home, home.parent / "photos")
    page = open_page(server, "/?view=faces&emotion=sad")
    faces = page.locator(".face")
    expect(faces).to_have_count(56)  # six on each of nine photos, and those of two others
    first, last = faces.first.bounding_box(), faces.last.bounding_box()
    assert first is not None
    assert last is not None
    page.mouse.move(first["x"] - 4, first["y"] - 4)
    page.mouse.down()
    page.mouse.move(last["x"] + 500, last["y"] + last["height"], steps=6)
    page.mouse.up()
    expect(page.locator("#faces-count")).to_have_text("56 of 56 faces selected")
    faces.nth(2).click()
    expect(page.locator("#faces-count")).to_have_text("55 of 56 faces selected")
    page.keyboard.press("n")
    expect(page.locator("#toast")).to_contain_text("55 faces: neutral")
    expect(faces).to_have_count(1)
    page.locator("#toast button").click()
    expect(faces).to_have_count(56)


def test_a_thumb_selects_a_range_of_faces(open_page: Callable[..., Page], server: Server, home: Path) -> None:
    crowd(home.parent / "photos", 2)
    scan(home, home.parent / "photos")
    page = open_page(
        server, "/?view=faces&emotion=sad", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    faces = page.locator(".face")
    expect(faces).to_have_count(14)
    faces.nth(1).tap()
    page.get_by_role("button", name="Select up to the next").tap()
    faces.nth(9).tap()
    expect(page.locator("#faces-count")).to_have_text("9 of 14 faces selected")
    page.get_by_role("button", name="fear").last.tap()
    expect(page.locator("#toast")).to_contain_text("9 faces: fear")
    expect(faces).to_have_count(5)


def test_faces_are_chosen_with_the_keyboard_alone(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server, "/?view=faces&emotion=happy")
    faces = page.locator(".face")
    expect(faces).to_have_count(2)
    faces.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(faces.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("u")
    expect(page.locator("#toast")).to_contain_text("1 face: surprise")
    expect(faces).to_have_count(1)


def test_a_scan_that_runs_meanwhile_shows_its_photos(
    open_page: Callable[..., Page], server: Server, home: Path
) -> None:
    page = open_page(server, "/?q=emotion:sad")
    expect(page.locator(".tile")).to_have_count(1)
    crowd(home.parent / "photos", 2)
    page.get_by_role("link", name="Work").click()
    page.get_by_role("button", name="Scan all folders").click()
    expect(page.locator("#toast")).to_have_text("The scan begins.")
    page.go_back()
    expect(page.locator(".tile")).to_have_count(3)


def test_a_failure_is_shown_and_forgotten(open_page: Callable[..., Page], server: Server, home: Path) -> None:
    page = open_page(server, "/?view=work")
    failed = page.locator(".collection[aria-label='Could not be done']")
    expect(failed).to_contain_text("truncated")
    failed.get_by_role("button", name="Forget that").click()
    expect(failed).to_contain_text("Nothing failed.")


def test_an_order_that_is_chosen_while_another_is_asked_for_is_shown(
    open_page: Callable[..., Page], server: Server, home: Path
) -> None:
    organiser(home, "collections", "add", "sorry", "emotion:sad", "--to", str(home.parent / "sorry"))
    page = open_page(server)
    waiting: list[Route] = []

    def keep(route: Route) -> None:
        waiting.append(route)

    page.route("**/api/review?order=doubt*", keep)
    page.locator(".views a", has_text="Review").click()
    page.locator("#review-order").select_option(label="What sorry would gain most")
    expect(page.locator("#review-name")).to_have_text("sad.png")
    for route in waiting:
        route.continue_()
    expect(page.locator("#review-left")).to_have_text("1 left")
    expect(page.locator("#review-name")).to_have_text("sad.png")
