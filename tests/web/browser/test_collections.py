"""Collections in a browser: made after a look, synced with a say in what goes, changed and removed."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.cli.library import scan
from tests.photos import HAPPY, photo
from tests.web.server import Server


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")


def card(page: Page, name: str) -> Locator:
    return page.locator(f".collection[data-name='{name}']")


def begin(open_page: Callable[..., Page], server: Server, query: str, target: Path) -> Page:
    """The view of collections, with one called `mine` that is synced."""
    client = server.client()
    client.post("/api/collections", {"name": "mine", "query": query, "target": str(target)})
    client.finished(client.post("/api/collections/mine/sync", {}))
    page = open_page(server, "/?view=collections")
    expect(card(page, "mine").locator(".state")).to_have_text("in step")
    return page


def test_one_is_made_after_a_look_with_the_keyboard_alone(
    open_page: Callable[..., Page], server: Server, tmp_path: Path
) -> None:
    page = open_page(server, "/?view=collections")
    expect(card(page, "sad").locator(".state")).to_contain_text("only a query")
    page.get_by_role("button", name="New collection").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#collection-preview")).to_contain_text("5 photos")
    page.keyboard.type("glad")
    page.keyboard.press("Tab")
    page.keyboard.type("faces:1 emotion:hapy")
    expect(page.locator("#collection-error")).to_contain_text("did you mean happy?")
    caret = page.locator("#collection-error pre").inner_text().split("\n")
    assert caret[0][caret[1].index("^") :].startswith("hapy")
    page.keyboard.press("Backspace")
    page.keyboard.type("py")
    expect(page.locator("#collection-preview")).to_contain_text("1 photo")
    expect(page.locator("#collection-preview img")).to_have_count(1)
    page.locator("#collection-form [name=target]").focus()
    page.keyboard.type(str(tmp_path / "glad"))
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("glad is kept")
    expect(card(page, "glad").locator(".state")).to_contain_text("behind")
    assert not (tmp_path / "glad").exists()
    page.get_by_role("button", name="Sync glad").focus()
    page.keyboard.press("Enter")
    expect(card(page, "glad").locator(".result")).to_have_text("1 placed")
    expect(card(page, "glad").locator(".state")).to_have_text("in step")
    assert page.evaluate("document.activeElement.textContent") == "Sync"
    assert files(tmp_path / "glad") == ["happy.jpg"]
    page.get_by_role("button", name="Undo glad").click()
    expect(card(page, "glad").locator(".state")).to_contain_text("held")
    assert files(tmp_path / "glad") == []


def test_a_person_decides_what_a_sync_takes_away(
    open_page: Callable[..., Page], server: Server, home: Path, tmp_path: Path
) -> None:
    target, photos = tmp_path / "mine", home.parent / "photos"
    page = begin(open_page, server, "faces:1..", target)
    (photos / "sad.png").unlink()
    scan(home, photos)
    page.get_by_role("button", name="Edit mine").click()
    page.locator("#collection-form [name=query]").fill("emotion:angry")
    page.get_by_role("button", name="Save").click()
    expect(card(page, "mine").locator(".state")).to_contain_text("behind")
    page.get_by_role("button", name="Plan mine").click()
    plan = card(page, "mine").locator(".plan")
    expect(plan).to_contain_text("Kept: it may be the last copy (1)")
    expect(plan).to_contain_text("To remove (2)")
    row = plan.locator("li", has_text="happy.jpg")
    expect(row.get_by_role("radio", name="Remove")).to_be_checked()
    row.get_by_role("radio", name="Remove").focus()
    page.keyboard.press("ArrowLeft")
    expect(row.get_by_role("radio", name="Keep")).to_be_checked()
    plan.locator("li", has_text="sad.png").get_by_role("radio", name="Remove").click()
    plan.get_by_role("button", name="Sync as chosen").click()
    expect(page.locator("#confirm")).to_contain_text("gone for good")
    page.keyboard.press("Escape")
    assert files(target) == ["happy.jpg", "pair.jpg", "sad.png"]
    plan.get_by_role("button", name="Sync as chosen").click()
    page.get_by_role("button", name="Remove for good").click()
    expect(card(page, "mine").locator(".result")).to_contain_text("2 removed")
    assert files(target) == ["happy.jpg"]


def test_one_leaves_its_folder_and_is_removed_as_a_person_says(
    open_page: Callable[..., Page], server: Server, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    page = begin(open_page, server, "emotion:happy", old)
    page.get_by_role("button", name="Edit mine").click()
    expect(page.locator("#collection-files")).to_be_hidden()
    page.locator("#collection-form [name=target]").fill(str(new))
    expect(page.locator("#collection-files")).to_contain_text("1 photo of it in")
    page.get_by_text("Take them away, as far as").click()
    page.get_by_role("button", name="Save").click()
    expect(card(page, "mine")).to_contain_text(str(new))
    assert files(old) == []
    page.get_by_role("button", name="Sync mine").click()
    expect(card(page, "mine").locator(".state")).to_have_text("in step")
    page.get_by_role("button", name="Remove mine").click()
    page.locator("#confirm-choices").get_by_text("Leave them there, as files of mine").click()
    page.locator("#confirm-yes").click()
    expect(card(page, "mine")).to_have_count(0)
    assert files(new) == ["happy.jpg"]


def test_a_folder_that_is_gone_is_told_and_filled_anew(
    open_page: Callable[..., Page], server: Server, tmp_path: Path
) -> None:
    page = begin(open_page, server, "emotion:happy", tmp_path / "mine")
    (tmp_path / "mine" / "happy.jpg").write_bytes(b"edited")
    page.get_by_role("button", name="Verify mine").click()
    expect(card(page, "mine").locator(".result")).to_contain_text("1 file not as placed")
    (tmp_path / "mine").rename(tmp_path / "away")
    page.reload()
    expect(card(page, "mine").locator(".state")).to_have_text("its folder is missing")
    page.get_by_role("button", name="Fill anew mine").click()
    page.locator("#confirm-yes").click()
    expect(card(page, "mine").locator(".state")).to_have_text("in step")
    assert files(tmp_path / "mine") == ["happy.jpg"]


def test_a_long_sync_tells_how_far_it_is_and_is_stopped(
    open_page: Callable[..., Page], server: Server, home: Path, tmp_path: Path
) -> None:
    for number in range(60):
        photo(home.parent / "photos" / f"glad {number}.jpg", [HAPPY], size=(1600, 1200), seed=300 + number)
    scan(home, home.parent / "photos")
    page = open_page(server, "/?view=collections")
    page.get_by_role("button", name="Edit happy").click()
    page.locator("#collection-form [name=target]").fill(str(tmp_path / "happy"))
    page.get_by_role("button", name="Save").click()
    expect(card(page, "happy").locator(".state")).to_contain_text("behind")
    page.evaluate(
        "import('/static/tasks.js').then(({onTask}) => { window.seen = []; onTask((task) => seen.push([task.done, task.total])) })"
    )
    page.get_by_role("button", name="Sync happy").click()
    expect(card(page, "happy").locator(".result")).to_contain_text("61 placed")
    seen = page.evaluate("window.seen")
    assert seen[-1] == [61, 61]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
