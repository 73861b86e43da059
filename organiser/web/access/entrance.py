"""The page for those who are not in yet: it says where to find the address, and takes a password where one is set."""

from html import escape
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from organiser.web.access.session import Door
from organiser.web.answers import read_body

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>organiser</title>
<h1>organiser</h1>
{alert}
{form}
<p>Open the address that <code>organiser web</code> printed. You have done that already? <a href="/">Go on</a>.</p>
</html>
"""
_FORM = """<form method="post" action="/login">
<p><label>Password <input type="password" name="password" autocomplete="current-password" required autofocus></label>
<button>Log in</button></p>
</form>"""


def entrance(*, password: bool, message: str = "", status: int = 401, wait: int = 0) -> Response:
    """Return the page; `told` is what was wrong the last time."""
    alert = f'<p role="alert">{escape(message)}</p>' if message else ""
    page = _PAGE.format(alert=alert, form=_FORM if password else "")
    return HTMLResponse(page, status, {"Retry-After": str(wait)} if wait else None)


async def login(request: Request) -> Response:
    """Take a password: `POST /login`."""
    door: Door = request.app.state.site.door
    if not door.keys.password:
        return entrance(password=False, message="No password is set: organiser web --set-password.", status=403)
    given = parse_qs((await read_body(request)).decode("utf-8", "replace")).get("password", [""])[0]
    if not door.wait(request) and await run_in_threadpool(door.try_password, request, given):
        return door.let_in(RedirectResponse("/", 303))
    wait = door.wait(request)
    if wait:
        message = f"Too many wrong passwords: try again in {wait} s."
        return entrance(password=True, message=message, status=429, wait=wait)
    return entrance(password=True, message="That is not the password.", status=403)
