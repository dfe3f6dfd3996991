"""Pages of other origins, in the browser of somebody who is signed in."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.accounts import log_in
from tests.browser.conftest import Visit
from tests.support.accounts import register
from tests.support.browser import Browsers
from tests.support.people import checked, http_client
from tests.support.places import Place, make_room, new_account
from tests.support.ports import free_port
from tests.support.server import Server

# Everything that a page may try against another origin without asking it first, and after asking.
ATTACK = """async ({ target, room, user }) => {
  const found = {};
  const attempt = async (name, path, options) => {
    try {
      const answer = await fetch(target + path, { credentials: 'include', ...options });
      found[name] = `${answer.type} ${answer.status} ${(await answer.text()).length}`;
    } catch {
      found[name] = 'failed';
    }
  };
  const json = { 'Content-Type': 'application/json' };
  const message = JSON.stringify({ content: 'stolen words' });
  const messages = `/api/chat/rooms/${room}/messages`;
  for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
    await attempt(`post ${type}`, messages, {
      method: 'POST', mode: 'no-cors', headers: { 'Content-Type': type }, body: message,
    });
  }
  await attempt('post json', messages, { method: 'POST', headers: json, body: message });
  await attempt('post empty', '/api/auth/logout', { method: 'POST', mode: 'no-cors' });
  await attempt('make', '/api/chat/rooms', {
    method: 'POST', mode: 'no-cors', body: JSON.stringify({ name: 'stolen room' }),
  });
  await attempt('delete', `/api/chat/rooms/${room}`, { method: 'DELETE' });
  await attempt('put', `/api/chat/rooms/${room}/members/${user}`, {
    method: 'PUT', headers: json, body: '{"role": "owner"}',
  });
  await attempt('read', messages, {});
  await attempt('read rooms', '/api/chat/rooms', {});
  await attempt('read me', '/api/users/me', {});
  await attempt('read blindly', messages, { mode: 'no-cors' });
  const socket = (path) => new Promise((resolve) => {
    const opened = new WebSocket(target.replace('http', 'ws') + path);
    opened.onopen = () => resolve('open');
    opened.onclose = (event) => resolve(`closed ${event.code}`);
  });
  found.socket = await socket(`/ws/chat/${room}`);
  found['socket as the user'] = await socket(`/ws/chat?username=${user}`);
  await new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.name = 'hidden';
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, { action: target + messages, method: 'POST', target: 'hidden' });
    form.enctype = 'text/plain';
    const field = document.createElement('input');
    Object.assign(field, { name: '{"content": "stolen words', value: '"}' });
    form.append(field);
    document.body.append(form);
    frame.onload = resolve;
    form.submit();
  });
  const frame = document.createElement('iframe');
  const framed = new Promise((resolve) => { frame.onload = resolve; });
  frame.src = target;
  document.body.append(frame);
  await framed;
  try {
    found.framed = frame.contentWindow.document.body.textContent;
  } catch {
    found.framed = 'failed';
  }
  return found;
}"""


class _Evil(http.server.BaseHTTPRequestHandler):
    """A page that may do whatever browsers let a page do."""

    def do_GET(self) -> None:
        """Answer every path with the page."""
        body = b"<!doctype html><title>Win a prize</title><h1>Win a prize</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """Yield the port of another server on this machine."""
    port = free_port()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _Evil)
    with server:
        thread = threading.Thread(target=server.serve_forever, name="elsewhere")
        thread.start()
        yield port
        server.shutdown()
        thread.join()


async def attack(page: Page, port: int, host: str, server: Server, place: Place) -> dict[str, str]:
    """Let a page of another origin try everything, in the same browser."""
    evil = await page.context.new_page()
    await evil.goto(f"http://{host}:{port}/")
    return await _try(evil, server, place)


async def _try(page: Page, server: Server, place: Place) -> dict[str, str]:
    about = {"target": server.url, "room": place.id, "user": place.owner.user["username"]}
    found: dict[str, str] = await page.evaluate(ATTACK, about)
    await page.close()
    return found


# Another site, whose requests bring no cookies of ours; and another port of the same host, which
# browsers count as the same site, so that all cookies come along.
@pytest.mark.thorough
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_page_of_another_origin_changes_and_reads_nothing(
    server: Server, stranger: Visit, browsers: Browsers, elsewhere: int, host: str
) -> None:
    """Not blindly, not by asking first, not by a form, a frame or a WebSocket."""
    browsers.allow(
        r"CORS|ERR_FAILED|NotSameOrigin|403|WebSocket|frame-ancestors|X-Frame|refused|blocked"
    )
    name = f"victim-{host.replace('.', '')}"
    victim = register(server, name)
    place = make_room(victim, "public")
    mallory = new_account(server, "mallory")
    browser = await stranger(name, server)
    await log_in(browser)
    await expect(browser.rooms_heading).to_be_visible()
    before = checked(victim.call("GET", "/api/chat/rooms"))
    found = await attack(browser.page, elsewhere, host, server, place)
    for socket in ("socket", "socket as the user"):
        assert found.pop(socket) == "closed 1006"
    assert set(found.values()) == {"failed"}, found
    # Nothing was said, made, deleted or given away; and the victim is signed in still.
    assert checked(victim.call("GET", "/api/chat/rooms")) == before
    with http_client(server) as anybody:
        assert checked(anybody.get(f"{place.path}/messages")) == []
    assert mallory.call("GET", f"{place.path}/members").json()[0]["role"] == "owner"
    await browser.page.reload()
    await expect(browser.rooms_heading).to_be_visible()
    cookies = {cookie["name"] for cookie in await browser.page.context.cookies()}
    assert any(cookie.startswith("parlour") for cookie in cookies)


@pytest.mark.thorough
async def test_what_fails_from_elsewhere_works_from_the_own_page(
    server: Server, stranger: Visit, browsers: Browsers
) -> None:
    """So that the test above cannot pass because its page tries nothing that could succeed."""
    browsers.allow("40[0-9]|415|422|frame|CSP|Content Security|form-action|Trusted")
    owner = register(server, "insider")
    place = make_room(owner, "public")
    browser = await stranger("insider", server)
    await log_in(browser)
    await expect(browser.rooms_heading).to_be_visible()
    own = ATTACK.replace("await attempt('post empty'", "if (false) await attempt('post empty'")
    own = own[: own.index("  await new Promise")] + "  return found;\n}"
    about = {"target": server.url, "room": place.id, "user": "insider"}
    found = await browser.page.evaluate(own, about)
    assert found["post json"].startswith("basic 201 ")
    assert found["read me"].startswith("basic 200 ")
    assert found["socket"] == found["socket as the user"] == "open"
    assert found["delete"] == "basic 204 0"
