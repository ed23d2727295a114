"""Lines 8 and 12: what the web server does with a file before any of our code sees it."""

import http.client
import itertools
from contextlib import closing, contextmanager, suppress
from http.cookies import SimpleCookie

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.browser.server import ROOT, serve

pytestmark = pytest.mark.slow  # a server

PAGE = ROOT / "tests" / "inputs" / "fixtures" / "one_uploader.py"
BOUNDARY = "pareto"
MEBIBYTE = bytes(1024 * 1024)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real server whose pages accept 2 MB, and its folder."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAMLIT_SERVER_MAX_UPLOAD_SIZE", "2")
        with serve(PAGE, home) as url:
            yield url.removeprefix("http://"), home


@pytest.fixture
def session(server):
    """An open session: (host, its id, headers that a browser sends with an upload)."""
    with opened(server[0]) as found:
        yield found


@contextmanager
def opened(host):
    """Open a page as a browser does; give (host, the session's id, headers of an upload)."""
    with closing(http.client.HTTPConnection(host, timeout=30)) as asked:
        asked.request("GET", "/_stcore/health")
        cookies = SimpleCookie(asked.getresponse().headers["Set-Cookie"])
    token = cookies["_streamlit_xsrf"].value
    headers = {"Cookie": f"_streamlit_xsrf={token}", "X-Xsrftoken": token}
    with connect(
        f"ws://{host}/_stcore/stream",
        subprotocols=["streamlit", token],
        additional_headers={"Cookie": headers["Cookie"]},
        max_size=None,
        ping_interval=None,  # as a browser
    ) as socket:
        socket.send(BackMsg(rerun_script={}).SerializeToString())
        messages = (ForwardMsg.FromString(socket.recv(timeout=30)) for _ in range(100))
        fresh = next(m for m in messages if m.HasField("new_session"))
        yield host, fresh.new_session.initialize.session_id, headers


def server_at(url: str) -> psutil.Process:
    """Return the process that listens at the address."""
    port = int(url.rsplit(":", 1)[1])
    found = (
        each.pid
        for each in psutil.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN and each.laddr.port == port and each.pid
    )
    return psutil.Process(next(found))


Session = tuple[str, str, dict[str, str]]  # host, id, headers


def multipart(pieces):
    start = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="x.npz"\r\n\r\n'
    yield start.encode()
    yield from pieces
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(session, pieces, file="file-1"):
    """Send the pieces in chunked encoding, which declares no length; return the status."""
    host, session_id, headers = session
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    path = f"/_stcore/upload_file/{session_id}/{file}"
    with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # it stops listening, and says why
            connection.request("PUT", path, multipart(pieces), headers | kind, encode_chunked=True)
        return connection.getresponse().status


def test_a_chunked_upload_within_the_limit_is_taken(session):
    assert upload(session, [MEBIBYTE]) == 204


def test_a_chunked_upload_over_the_limit_is_answered_with_413(session):
    assert upload(session, itertools.repeat(MEBIBYTE, 4)) == 413


def test_a_cancelled_upload_leaves_nothing_behind(server, session):
    host, session_id, headers = session
    _, home = server
    before = sorted(home.rglob("*"))
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.putrequest("PUT", f"/_stcore/upload_file/{session_id}/file-2")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    connection.putheader("Content-Length", str(2**20))
    connection.endheaders(b"".join(multipart([bytes(1000)])))
    connection.close()
    assert upload(session, [bytes(10)]) == 204, "the server goes on"
    assert sorted(home.rglob("*")) == before
