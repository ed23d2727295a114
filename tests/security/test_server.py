"""The dashboard as somebody else on the machine or on the network meets it: raw requests."""

import re
import shutil
import socket
import subprocess
import sys

import psutil
import pytest

from tests.second_user import as_somebody_else
from tests.security.serving import WEBSOCKET, cookie, served, status

pytestmark = pytest.mark.slow  # processes
owners_known = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux says whose a connection is"
)

EVERYTHING = (
    "/", "/runs", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics",
    "/media/0123456789abcdef.csv", "/component/x/y.js", "/static/js/index.js", "/nowhere",
    "/_stcore/upload_file/session/file", "/app/static/x", "/%2e%2e/etc/passwd", "//evil.test/",
)  # fmt: skip


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A server for this machine only, as `make run` starts it."""
    with served(tmp_path_factory.mktemp("local")) as server:
        yield server


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A server that listens on every address of the machine."""
    with served(tmp_path_factory.mktemp("public"), "--host", "0.0.0.0") as server:
        yield server


def own(server):
    return {"origin": f"http://127.0.0.1:{server.port}"}


def put(server, **headers):
    path = "/_stcore/upload_file/session/file"
    return server.ask(path, "PUT", b"x" * 100, content_type="application/octet-stream", **headers)


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_foreign_host_is_refused_everywhere(local, path):
    for host in ("evil.test", f"evil.test:{local.port}", ""):
        answer = local.ask(path, host=host)
        assert status(answer) in (400, 403)
    assert status(local.ask("/", host=f"localhost:{local.port}")) == 200


def test_a_foreign_host_or_origin_opens_no_websocket_and_uploads_nothing(local):
    assert status(local.open_websocket(**own(local))) == 101
    assert status(local.open_websocket(host="evil.test", origin="http://evil.test")) == 403
    for origin in ("http://evil.test", "null", f"http://localhost:{local.port + 1}"):
        assert status(local.open_websocket(origin=origin)) == 403
        assert status(put(local, origin=origin)) == 403
        assert "tried to use this dashboard" in put(local, origin=origin)
    assert status(put(local, host="evil.test")) == 403


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/nowhere"])
def test_no_answer_may_be_framed_sniffed_or_leak_its_address(local, path):
    head = local.ask(path).partition("\r\n\r\n")[0].lower()
    for line in (
        "x-frame-options: sameorigin",
        "content-security-policy: frame-ancestors 'self'",
        "x-content-type-options: nosniff",
        "referrer-policy: same-origin",
    ):
        assert head.count(line) == 1


def test_on_this_machine_no_token_is_asked_for_unless_it_was_wished(local, tmp_path):
    assert local.token == ""
    assert status(local.ask("/")) == 200
    with served(tmp_path, "--token") as server:
        assert len(server.token) >= 40
        assert status(server.ask("/")) == 403


# What another user of this machine sends to its port: visits, an upload, a websocket.
STRANGER = """
import http.client, socket, sys
port, websocket, theirs = int(sys.argv[1]), sys.argv[2], sys.argv[3]
for method, path, headers in (
    ("GET", "/", {}), ("GET", "/_stcore/health", {}), ("GET", "/?token=", {}),
    ("GET", "/runs", {"X-Forwarded-For": "127.0.0.1"}),
    ("GET", "/runs", {"X-Forwarded-For": theirs}),
    ("PUT", "/_stcore/upload_file/session/file", {}),
):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    print(answer.status, answer.read().decode()[:60].replace("\\n", " "))
with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
    connection.sendall(websocket.encode())
    print(connection.recv(100).decode().split()[1])
"""


def as_stranger(server):
    """Return the seven answers that another user of this machine gets.

    One request says that it comes from the other end of a connection of ours.
    """
    headers = {"Host": f"127.0.0.1:{server.port}", **own(server), **WEBSOCKET}
    lines = ["GET /_stcore/stream HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    python = shutil.which("python3", path="/usr/bin:/bin") or "python3"  # ours may be in our home
    command = [*as_somebody_else(), python, "-c", STRANGER, str(server.port), "\r\n".join(lines)]
    with socket.create_connection(("127.0.0.1", server.port)) as ours:
        theirs = f"127.0.0.1:{ours.getsockname()[1]}"
        ran = subprocess.run([*command, theirs], capture_output=True, text=True, cwd="/")
    answers = ran.stdout.splitlines()
    assert len(answers) == 7, ran.stderr
    return answers


@owners_known
def test_on_this_machine_another_user_gets_nothing(local):
    answers = as_stranger(local)
    assert [answer.split()[0] for answer in answers] == ["403"] * 7
    assert all("belongs to another user" in answer for answer in answers[:6])
    assert status(local.ask("/")) == 200  # its own user


@owners_known
def test_a_proxy_that_was_named_may_be_another_users(tmp_path):
    with served(tmp_path, "--allow-host", "lab.test") as server:
        assert as_stranger(server)[0].startswith("200")


@pytest.mark.parametrize("path", EVERYTHING)
def test_off_loopback_nothing_answers_without_the_token(public, path):
    for query in ("", "?token=", "?token=" + "x" * len(public.token)):
        answer = public.ask(path + query)
        assert status(answer) == 403
        assert public.token not in answer
    assert "needs its token" in public.ask("/")
    assert "anew when the dashboard was started again" in public.ask("/?token=yesterdays")


def test_off_loopback_no_websocket_upload_or_other_method_works_without_the_token(public):
    forged = f"pareto_lab_{public.port}=" + "0" * 64
    for more in ({}, {"cookie": forged}, {"cookie": f"pareto_lab_{public.port}={public.token}"}):
        assert status(public.open_websocket(**own(public), **more)) == 403
        assert status(put(public, **own(public), **more)) == 403
        for method in ("POST", "DELETE", "HEAD", "OPTIONS", "PROPFIND"):
            assert status(public.ask(f"/?token={public.token}", method, **more)) == 403


def test_the_printed_address_opens_everything_once_and_for_all(public):
    welcome = public.ask(f"/runs?run=a%20b&token={public.token}")
    assert status(welcome) == 303
    assert re.search(r"(?im)^location: /runs\?run=a\+b\r$", welcome)
    assert "httponly" in welcome.lower()
    assert "samesite=lax" in welcome.lower()
    mine = {"cookie": f"other=x; json={{'a':1}}; {cookie(welcome)}; more=y"}
    assert status(public.ask("/runs", **mine)) == 200
    assert status(public.ask("/_stcore/health", **mine)) == 200
    assert status(public.open_websocket(**own(public), **mine)) == 101
    assert "Unauthorized" not in put(public, **own(public), **mine)
    assert "needs its token" not in put(public, **own(public), **mine)


def test_the_way_back_from_the_token_never_leads_to_another_server(public):
    for path in ("//evil.test/x", "/\\evil.test", "///evil.test"):
        answer = public.ask(f"{path}?token={public.token}")
        assert status(answer) == 303
        [location] = re.findall(r"(?im)^location: (.*)\r$", answer)
        assert re.match(r"/[^/\\]", location)


def test_the_token_is_on_no_command_line_and_not_with_the_children(public):
    readable = [
        "sh",
        "-c",
        f"cat /proc/{public.process.pid}/cmdline /proc/{public.process.pid}/environ",
    ]
    seen = subprocess.run([*as_somebody_else(), *readable], capture_output=True, cwd="/")
    assert b"pages.server" in seen.stdout
    assert public.token.encode() not in seen.stdout
    for child in psutil.Process(public.process.pid).children(recursive=True):
        assert public.token not in child.environ().values()


def test_off_loopback_it_goes_by_its_own_addresses_and_the_names_it_was_given(tmp_path):
    with served(tmp_path, "--host", "0.0.0.0", "--allow-host", "lab.test") as server:
        welcome = f"/?token={server.token}"
        for host in ("lab.test", socket.gethostname(), f"127.0.0.1:{server.port}"):
            assert status(server.ask(welcome, host=host)) == 303
        assert status(server.ask(welcome, host="evil.test")) == 403
        session = {"cookie": cookie(server.ask(welcome))}
        origin = {"host": "lab.test", "origin": "https://lab.test"}
        assert status(server.open_websocket(**origin, **session)) == 101


def test_a_token_of_ones_own_is_taken_from_the_environment(tmp_path):
    with served(tmp_path, "--host", "0.0.0.0", PARETO_LAB_TOKEN="of my own") as server:
        assert status(server.ask("/?token=of%20my%20own")) == 303
        assert status(server.ask("/?token=")) == 403
