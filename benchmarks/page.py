"""How the page feels, in a real Chromium without a window: the first wall, scrolling, a review, and memory.

    python benchmarks/page.py [--photos 100000] [--folder DIR] [--rounds 5]

The library is made (see `made_library.py`), kept in the folder and used again; `organiser web` runs as ever, in a process
of its own. Every round is a new browser profile: nothing is in its cache. What is measured is measured in the page, by
its own clock, and ends with the frame that shows it. A quiet machine is needed: the load before and after is printed.
Where others work too, `chrt -r 1 python benchmarks/page.py` as root has them wait. A tab's memory is its proportional share;
its pixels are what the browser has decoded and may drop.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Final

sys.path.insert(0, str(Path(__file__).parent.parent))

from made_library import draw, made_library, services_of
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from organiser.core.query.parse import parse
from organiser.jobs.corrections.review import doubtful
from tests.web.server import Server, start

_ANSWERS: Final = 30
_PACE_S: Final = 0.6
"""Between two answers of a quick reader."""

_SCROLL_SPEED: Final = 3000
_SCROLL_S: Final = 8

_WATCH: Final = """
(() => {
  const shown = () => {
    const images = [...document.querySelectorAll(".tile img")].filter((image) => {
      const { top, bottom } = image.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    });
    return images.length && images.every((image) => image.complete && image.naturalWidth) ? images.length : 0;
  };
  const look = () => {
    if (window.firstTile === undefined && document.querySelector(".tile")) window.firstTile = performance.now();
    const number = shown();
    if (number) requestAnimationFrame(() => { window.firstWall = [performance.now(), number]; });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.frames_ = [];
  window.countFrames = (on) => {
    window.counting = on;
    let last = null;
    const frame = (now) => {
      if (last !== null) window.frames_.push(now - last);
      last = now;
      if (window.counting) requestAnimationFrame(frame);
    };
    if (on) requestAnimationFrame(frame);
  };
  window.answers_ = [];
  document.addEventListener("keydown", () => {
    const from = performance.now();
    const before = document.querySelector("#review-name")?.textContent;
    let first = null;
    const look = () => {
      const image = document.querySelector("#review-stage img");
      const other = document.querySelector("#review-name").textContent !== before;
      if (other && image?.complete && image.naturalWidth) {
        first ??= performance.now();
        if (image.naturalWidth > 300) {
          requestAnimationFrame(() => window.answers_.push([first - from, performance.now() - from]));
          return;
        }
      }
      if (performance.now() - from < 5000) requestAnimationFrame(look);
      else window.answers_.push([first === null ? 5000 : first - from, 5000]);
    };
    requestAnimationFrame(look);
  }, true);
})();
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--photos", type=int, default=100_000)
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    home = made_library(given.folder, given.photos, pictures=True)
    print(f"{given.photos:,} photos; load {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors", flush=True)
    services = services_of(home)
    draw(services, doubtful(services, parse("", datetime.now()), _ANSWERS * (given.rounds + 1)), given.folder)
    services.engine.dispose()
    shutil.rmtree(home / "cache" / "pictures", ignore_errors=True)
    server = start(home)
    try:
        measured(server, given.rounds)
    finally:
        server.stop()
    print(f"load {os.getloadavg()[0]:.1f}")


def measured(server: Server, rounds: int) -> None:
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for measure in (first_wall, scrolling, reviewing):
            for number in range(rounds):
                with a_page(browser, server) as page:
                    measure(page, server, number)
        browser.close()
    print(f"server   {memory(server.process.pid):5.0f} MB, with its children {tree(server.process.pid):.0f} MB")


@contextmanager
def a_page(browser: Browser, server: Server) -> Iterator[Page]:
    """Give the page of somebody who was let in, in a new profile that has shown nothing yet."""
    context: BrowserContext = browser.new_context(
        viewport={"width": 1280, "height": 800}, bypass_csp=True
    )  # so that it can be asked what it shows
    context.request.get(server.address)
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def first_wall(page: Page, server: Server, _number: int) -> None:
    page.goto(server.origin, wait_until="commit")
    page.wait_for_function("window.firstWall")
    painted, tiles = page.evaluate("window.firstWall")
    laid = page.evaluate("window.firstTile")
    page.wait_for_selector("#timeline:not([hidden])")
    counts = page.evaluate("performance.now()")
    print(
        f"wall     painted after {painted:5.0f} ms ({tiles} thumbnails; the first tile after {laid:.0f} ms, "
        f"counts and time line after {counts:.0f} ms)",
        flush=True,
    )


def scrolling(page: Page, server: Server, _number: int) -> None:
    page.goto(server.origin)
    page.wait_for_function("window.firstWall")
    page.wait_for_selector("#timeline:not([hidden])")
    page.mouse.move(640, 500)
    session = page.context.new_cdp_session(page)
    page.evaluate("window.countFrames(true)")
    gesture = {"x": 640, "y": 500, "yDistance": -_SCROLL_SPEED * _SCROLL_S, "speed": _SCROLL_SPEED}
    session.send("Input.synthesizeScrollGesture", gesture | {"gestureSourceType": "mouse"})
    page.evaluate("window.countFrames(false)")
    frames = sorted(page.evaluate("window.frames_"))
    far = page.evaluate("scrollY")
    print(
        f"scroll   frames: median {median(frames):.1f} ms ({1000 / median(frames):.0f}/s), "
        f"{share_below(frames, 33):.1%} under 33 ms, longest {frames[-1]:.0f} ms; {far:,.0f} pixels; {tab(page)}",
        flush=True,
    )


def reviewing(page: Page, server: Server, number: int) -> None:
    page.goto(f"{server.origin}/?view=review")
    page.wait_for_selector("#review-body:not([hidden])")
    time.sleep(4)  # a person looks at the first photo
    for _ in range(number * _ANSWERS):
        page.keyboard.press("Space")  # photos of the rounds before have been decoded
    page.wait_for_function(f"window.answers_.length >= {number * _ANSWERS}", timeout=120_000)
    time.sleep(4)
    page.evaluate("window.answers_.length = 0")
    for answered in range(_ANSWERS):
        page.keyboard.press("Space")
        page.wait_for_function(f"window.answers_.length > {answered}")
        time.sleep(_PACE_S)
    first, sharp = zip(*page.evaluate("window.answers_"), strict=True)
    print(f"review   next photo after {spread(first)}; at full size after {spread(sharp)}; {tab(page)}", flush=True)


def spread(times: Sequence[float]) -> str:
    ordered = sorted(times)
    return f"{median(ordered):.0f} ms (95 %: {ordered[-max(len(ordered) // 20, 1)]:.0f} ms)"


def share_below(values: Sequence[float], least: float) -> float:
    return sum(value < least for value in values) / len(values)


def tab(page: Page) -> str:
    """Say what the tab's process has in memory, and its program alone."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    renderers = [pid for pid in children_of(os.getpid()) if "--type=renderer" in words_of(pid)]
    largest = max(renderers, key=memory)
    return (
        f"tab {memory(largest):.0f} MB, of which {memory(largest, 'Pss_Shmem'):.0f} MB pixels, "
        f"its heap {metrics['JSHeapUsedSize'] / 1e6:.0f} MB"
    )


def tree(pid: int) -> float:
    return memory(pid) + sum(memory(child) for child in children_of(pid))


def memory(pid: int, kind: str = "Pss") -> float:
    """Return the megabytes of a process; pages that it shares with others count in part."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{kind}:"))


def words_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def children_of(pid: int) -> list[int]:
    """Return every process below this one."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        own = [int(word) for thread in threads for word in (thread / "children").read_text().split()]
    except OSError:
        return []
    return own + [below for child in own for below in children_of(child)]


if __name__ == "__main__":
    main()
