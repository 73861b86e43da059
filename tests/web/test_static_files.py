"""The page's own files: all modules named at once, kept by the browser and asked for again."""

import re

from tests.web.server import Page


def test_every_module_is_named_in_the_page(page: Page) -> None:
    named = set(re.findall(r'rel="modulepreload" href="([^"]+)"', page.http.get("/").text))
    assert "/static/app.js" in named
    assert "/static/grid.js" in named, "those it shares with the report too"
    for address in named:
        answer = page.http.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")
        further = {f"/static/{name}" for name in re.findall(r'^import .*"\./([^"]+)";$', answer.text, re.MULTILINE)}
        assert further <= named


def test_a_file_that_did_not_change_is_not_sent_again(page: Page) -> None:
    first = page.http.get("/static/page.css")
    assert first.headers["cache-control"] == "private, no-cache"
    again = page.http.get("/static/page.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert page.http.get("/static/none.css").status_code == 404
