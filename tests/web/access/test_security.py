"""Nobody else gets in: each attack is tried on a running server."""

import http.client
import shutil
import socket
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import pytest

from organiser.web.access import keys
from tests.cli.library import scan
from tests.photos import HAPPY, photo
from tests.web.server import Page, Server

READING = ("/api/photos", "/api/photos/1", "/api/photos/1/thumb", "/api/photos/1/image", "/static/page.js")
HOSTILE = '"><img src=x onerror=alert(1)>&lt;{{7*7}}'


def raw(server: Server, request: bytes) -> bytes:
    """What the server answers to these bytes."""
    parts = urlsplit(server.origin)
    with socket.create_connection((parts.hostname, parts.port), 60) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def cookie(server: Server) -> str:
    page = server.client()
    return "; ".join(f"{name}={value}" for name, value in page.http.cookies.items())


def test_without_the_token_there_is_nothing(server: Server) -> None:
    stranger = server.stranger()
    for path in READING:
        assert stranger.get(path).status_code == 401, path
    entrance = stranger.get("/")
    assert entrance.status_code == 401
    assert "<form" not in entrance.text  # no password is set
    assert stranger.get("/", params={"token": "x" + server.token[1:]}).status_code == 403
    response = stranger.post("/api/corrections", json={}, headers={"Origin": server.origin})
    assert response.status_code == 401


def test_the_token_gives_a_cookie_and_leaves_the_address(server: Server) -> None:
    stranger = server.stranger()
    let_in = stranger.get("/", params={"token": server.token, "q": "emotion:sad a b", "x": ""})
    assert let_in.status_code == 303
    assert let_in.headers["location"] == "/?q=emotion%3Asad+a+b&x="
    flags = let_in.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=strict" in flags
    assert "path=/" in flags
    assert server.token not in let_in.headers["set-cookie"]
    assert stranger.get("/api/photos").status_code == 200


@pytest.fixture
def shared_page(shared_server: Server) -> Page:
    return shared_server.client()


@pytest.mark.parametrize("value", ["", "1", "99999999999.", "99999999999.00", "x.y", "²." + "0" * 64, "1" * 99 + ".0"])
def test_a_made_up_cookie_is_none(shared_server: Server, value: str) -> None:
    port = urlsplit(shared_server.origin).port
    request = (
        f"GET /api/photos HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: organiser-{port}={value}\r\nConnection: close\r\n\r\n"
    )
    assert raw(shared_server, request.encode("utf-8")).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8320", "192.168.1.7", "", "a b", "[::1"]
)
def test_a_foreign_host_is_refused(shared_server: Server, host: str) -> None:
    """What DNS rebinding sends: our address under the attacker's name, with our cookie."""
    request = (
        f"GET /api/photos HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie(shared_server)}\r\nConnection: close\r\n\r\n"
    )
    assert raw(shared_server, request.encode())[:12] in (b"HTTP/1.1 421", b"HTTP/1.1 400")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.9.9.9", "[::1]:8320"])
def test_its_own_names_are_answered(shared_server: Server, host: str) -> None:
    request = (
        f"GET /api/photos HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie(shared_server)}\r\nConnection: close\r\n\r\n"
    )
    assert raw(shared_server, request.encode()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "http://[", "file://"])
def test_a_change_from_elsewhere_is_refused(shared_page: Page, origin: str | None) -> None:
    photo_id = shared_page.rows(q="sad.png")[0]["id"]
    body = {"items": [{"photo": photo_id, "face": None, "emotion": "happy"}]}
    response = shared_page.http.post(
        "/api/corrections", json=body, headers={} if origin is None else {"Origin": origin}
    )
    assert response.status_code == 403
    assert shared_page.rows(q="sad.png")[0]["emotion"] == "sad"


def test_a_form_of_another_page_changes_nothing(shared_page: Page) -> None:
    """A form can send text that looks like JSON, and needs no preflight."""
    response = shared_page.http.post(
        "/api/corrections",
        content='{"items": []}',
        headers={"Origin": str(shared_page.http.base_url), "Content-Type": "text/plain"},
    )
    assert response.status_code in (403, 415)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_pages_may_not_load_its_pictures(shared_page: Page, site: str) -> None:
    """A page of another port of this machine is of the same site, so that the browser sends it our cookie."""
    photo_id = shared_page.rows()[0]["id"]
    assert shared_page.http.get(f"/api/photos/{photo_id}/thumb", headers={"Sec-Fetch-Site": site}).status_code == 403
    thumb = shared_page.http.get(f"/api/photos/{photo_id}/thumb", headers={"Sec-Fetch-Site": "same-origin"})
    assert thumb.headers["cross-origin-resource-policy"] == "same-origin"


def test_every_answer_says_what_the_browser_may_do(page: Page, server: Server) -> None:
    photo_id = page.rows()[0]["id"]
    answers = [page.http.get(path) for path in ("/", "/api/photos", f"/api/photos/{photo_id}/thumb", "/static/page.js")]
    answers += [page.http.get("/nothing"), page.http.get("/api/photos?limit=x"), server.stranger().get("/")]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers
    assert page.http.get("/api/photos").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd",
        "/static/....//app.py",
        "/static/..\\app.py",
        "/static/%00",
        "/static/" + "a" * 4000,
        "/api/photos/../../etc/passwd",
        "/api/photos/..%2f..%2fetc%2fpasswd/image",
        "/api/photos/1/image/..%2f..%2fx",
        "/api/photos/-1",
        "/api/photos/1e3",
    ],
)
def test_no_path_leads_out(shared_server: Server, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie(shared_server)}\r\nConnection: close\r\n\r\n"
    answer = raw(shared_server, request.encode())
    assert answer[:12] in (b"HTTP/1.1 404", b"HTTP/1.1 400"), answer[:200]
    assert b"root:" not in answer
    assert b"import " not in answer


def test_modules_are_of_the_type_that_browsers_run(shared_page: Page) -> None:
    assert shared_page.http.get("/static/page.js").headers["content-type"].startswith("text/javascript")
    assert shared_page.http.get("/static/page.css").headers["content-type"].startswith("text/css")


def test_hostile_names_stay_text(home: Path, serve: Callable[..., Server]) -> None:
    folder = home.parent / "photos"
    photo(folder / HOSTILE / f"{HOSTILE}.jpg", [HAPPY], seed=77, camera=(HOSTILE, "\r\nSet-Cookie: a=b"))
    odd = folder / "odd\udcff\r\nX-Evil: 1.jpg"
    shutil.copy(photo(folder / "plain.jpg", [HAPPY], seed=78), odd)
    (folder / "plain.jpg").unlink()
    scan(home, folder)
    page = serve().client()
    rows = page.rows(limit=100)
    assert {row["name"] for row in rows} >= {f"{HOSTILE}.jpg", odd.name}
    for row in rows:
        for path in (f"/api/photos/{row['id']}", f"/api/photos/{row['id']}/thumb", f"/api/photos/{row['id']}/image"):
            answer = page.http.get(path)
            assert answer.headers["content-type"] in ("application/json", "image/jpeg")
            assert "x-evil" not in answer.headers
            assert "set-cookie" not in answer.headers
    hit = page.http.get("/api/photos", params={"q": f'"{HOSTILE}'})
    assert hit.headers["content-type"] == "application/json"


def test_a_picture_that_is_not_indexed_is_not_shown(page: Page, server: Server) -> None:
    """A file that took an indexed one's place by a link leads nowhere but to its own reading, and nothing is kept."""
    photo_id = page.rows(q="sad.png")[0]["id"]
    secret = server.home.parent / "secret.txt"
    secret.write_text("root:")
    there = server.home.parent / "photos" / "sad.png"
    there.unlink()
    there.symlink_to(secret)
    found = page.http.get(f"/api/photos/{photo_id}/image")
    assert b"root:" not in found.content
    assert "x-organiser-unreadable" in found.headers


def test_large_bodies_are_refused(shared_server: Server) -> None:
    head = f"POST /api/corrections HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nCookie: {cookie(shared_server)}\r\n"
    head += "Content-Type: application/json\r\nConnection: close\r\n"
    answer = raw(shared_server, (head + "Content-Length: 99999999999\r\n\r\n").encode())
    assert answer.startswith(b"HTTP/1.1 413")
    chunks = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    last = b"5000\r\n" + b" " * 0x5000 + b"\r\n"  # what is left unread would reset the connection
    streamed = raw(shared_server, (head + "Transfer-Encoding: chunked\r\n\r\n").encode() + chunks * 15 + last)
    assert streamed.startswith(b"HTTP/1.1 413")


def test_other_methods_are_refused(shared_page: Page) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert shared_page.http.request(method, "/api/photos").status_code == 405, method
    assert shared_page.http.get("/api/corrections").status_code == 405


def test_the_keys_are_for_their_owner_only(server: Server) -> None:
    assert stat.S_IMODE((server.home / keys.NAME).stat().st_mode) == 0o600
    page = server.client()
    keys.new_token(server.home)
    assert page.http.get("/api/photos").status_code == 401  # who was let in by the old token is out
    fresh = keys.load(server.home).token
    assert server.stranger().get("/", params={"token": fresh}).status_code == 303


def test_ten_thousand_tokens_are_guessed_in_vain(server: Server) -> None:
    parts = urlsplit(server.origin)
    with socket.create_connection((parts.hostname, parts.port), 60) as connection, connection.makefile("rb") as answers:
        statuses = Counter()
        for hundred in range(100):
            guesses = (
                f"GET /?token={hundred * 100 + guess:043} HTTP/1.1\r\nHost: localhost\r\n\r\n" for guess in range(100)
            )
            connection.sendall("".join(guesses).encode())
            statuses.update(_answered(answers) for _ in range(100))
    assert statuses == {403: 4, 429: 9996}
    assert server.stranger().get("/", params={"token": server.token}).status_code == 303  # it is never locked out


def _answered(answers: BinaryIO) -> int:
    status = int(answers.readline().split()[1])
    headers = http.client.parse_headers(answers)
    answers.read(int(headers["content-length"]))
    return status


def test_beyond_this_machine_it_asks_for_a_password(home: Path, serve: Callable[..., Server]) -> None:
    with pytest.raises(AssertionError, match="no password is set"):
        serve("--host", "0.0.0.0")
    keys.set_password(home, "a long enough password")
    assert "long enough" not in (home / keys.NAME).read_text()
    server = serve("--host", "0.0.0.0", "--name", "photos.home")
    local = f"http://127.0.0.1:{urlsplit(server.origin).port}"
    stranger = server.stranger()
    stranger.base_url = local
    assert 'type="password"' in stranger.get("/").text
    assert stranger.get("/", headers={"Host": "photos.home"}).status_code == 401
    assert stranger.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert stranger.post("/login", data={"password": "a long enough password"}).status_code == 403  # of no page
    right = stranger.post("/login", data={"password": "a long enough password"}, headers={"Origin": local})
    assert right.status_code == 303
    assert stranger.get("/api/photos").status_code == 200
    assert "NOT encrypted" in server.stop()


def test_passwords_are_guessed_in_vain(home: Path, serve: Callable[..., Server]) -> None:
    keys.set_password(home, "a long enough password")
    server = serve()
    stranger = server.stranger(headers={"Origin": server.origin})
    statuses = [stranger.post("/login", data={"password": f"guess {number}"}).status_code for number in range(200)]
    assert statuses[:4] == [403] * 4
    assert set(statuses[5:]) <= {429, 403}
    assert statuses.count(403) < 12  # the waits double: 200 guesses in a row are hashed a few times only
    waiting = stranger.post("/login", data={"password": "a long enough password"})
    assert waiting.status_code == 429  # nobody learns by trying on
    assert int(waiting.headers["retry-after"]) > 0
    assert server.stranger().get("/", params={"token": server.token}).status_code == 303


def test_a_short_password_is_refused(home: Path) -> None:
    from organiser.errors import SettingsError

    with pytest.raises(SettingsError, match="soon guessed"):
        keys.set_password(home, "short")
