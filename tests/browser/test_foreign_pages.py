"""A real Chromium between the dashboard and pages that mean no good, and the token's way."""

import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.conftest import FLAGS, chromium_path, new_context, settle
from tests.security.serving import served

# What a page on another port of this machine, or on the internet, can try from a visitor's browser.
ATTACK = """<!doctype html><title>attack</title>
<iframe id="frame" src="URL/runs"></iframe>
<script>
const tries = {
  read: () => fetch("URL/_stcore/health").then(r => r.text()),
  upload: () => fetch("URL/_stcore/upload_file/a/b", {method: "PUT", body: "x"})
    .then(r => r.text()),
  socket: () => new Promise((opened, refused) => {
    const socket = new WebSocket("WS/_stcore/stream", ["streamlit"]);
    socket.onopen = () => opened("open");
    socket.onerror = () => refused(new Error("refused"));
  }),
  picture: () => new Promise((loaded, refused) => {
    const picture = new Image();
    picture.onload = () => loaded("loaded");
    picture.onerror = () => refused(new Error("refused"));
    picture.src = "URL/favicon.png";
  }),
};
window.results = Promise.all(Object.entries(tries).map(([name, attempt]) =>
  attempt().then(value => [name, "got " + value], error => [name, "failed"])));
</script>"""


class Attacker(BaseHTTPRequestHandler):
    """Answers everything with one page."""

    def __init__(self, page, *arguments):
        self._page = page
        super().__init__(*arguments)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self._page.encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def attack(request):
    """Serve the attacking page against a dashboard's address; return the page's address."""
    servers = []

    def serve(target):
        page = ATTACK.replace("URL", target).replace("WS", target.replace("http", "ws"))
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Attacker, page))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def rebound(playwright_process):
    """A browser for which evil.test has come to mean this machine, as DNS rebinding does it."""
    flags = [*FLAGS, "--host-resolver-rules=MAP evil.test 127.0.0.1"]
    path = chromium_path(playwright_process)
    browser = playwright_process.chromium.launch(executable_path=path, args=flags)
    yield browser
    browser.close()


def test_a_page_elsewhere_reads_nothing_sends_nothing_and_frames_nothing(chromium, lab_url, attack):
    context = new_context(chromium)
    page = context.new_page()
    page.goto(attack(lab_url))
    found = dict(page.evaluate("window.results"))
    assert found == dict.fromkeys(("read", "upload", "socket", "picture"), "failed")
    frame = page.frame_locator("#frame")
    assert frame.locator("[data-testid='stApp']").count() == 0
    [inside] = [each for each in page.frames if each != page.main_frame]
    assert inside.url in ("", "about:blank", "chrome-error://chromewebdata/")
    context.close()


def test_a_name_that_was_rebound_to_this_machine_gets_nothing(rebound, lab_url, attack):
    context = new_context(rebound)
    page = context.new_page()
    answer = page.goto(lab_url.replace("127.0.0.1", "evil.test") + "/runs")
    assert answer.status == 403
    assert "does not go by the name evil.test" in page.inner_text("body")
    page.goto(attack(lab_url.replace("127.0.0.1", "evil.test")))
    found = dict(page.evaluate("window.results"))
    assert set(found.values()) == {"failed"}
    context.close()


def test_off_loopback_a_browser_shows_the_token_once(chromium, tmp_path):
    with served(tmp_path, "--host", "0.0.0.0") as server:
        here = f"http://127.0.0.1:{server.port}"
        stranger, guest = new_context(chromium), new_context(chromium)
        page = stranger.new_page()
        assert page.goto(f"{here}/runs").status == 403
        assert "needs its token" in page.inner_text("body")
        page = guest.new_page()
        page.goto(f"{here}/data?token={server.token}")
        settle(page)
        assert server.token not in page.url
        assert page.url.startswith(f"{here}/data")
        page.goto(f"{here}/runs")  # and from here on without it
        settle(page)
        assert page.get_by_role("heading", name="Runs").count() >= 1
        for context in (stranger, guest):
            context.close()
