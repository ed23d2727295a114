"""A real `core serve` for the tests of its doors, and raw requests to it."""

import base64
import contextlib
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.processes import module_command, module_variables

START_SECONDS = 120  # of a busy machine
KEY = base64.b64encode(b"0" * 16).decode()
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Protocol": "streamlit",
}


@dataclass(frozen=True)
class Served:
    """A running server. address: as it was told, with the token if there is one."""

    address: str
    process: subprocess.Popen
    home: Path

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 80

    @property
    def token(self) -> str:
        return unquote(urlsplit(self.address).query.removeprefix("token="))

    def ask(self, path: str = "/", method: str = "GET", body: bytes = b"", **headers: str) -> str:
        """Send one request byte by byte as given; return the whole answer. host: of the header."""
        sent = {"Host": f"127.0.0.1:{self.port}", "Connection": "close"}
        if body:
            sent["Content-Length"] = str(len(body))
        sent |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        return self.send(method, path, sent, body)

    def open_websocket(self, **headers: str) -> str:
        """Ask for the websocket every page lives by; return the answer's head."""
        sent = {"Host": f"127.0.0.1:{self.port}"} | WEBSOCKET
        sent |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        return self.send("GET", "/_stcore/stream", sent)

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> str:
        """Send a request whose headers are exactly these; return what comes back."""
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(
            f"{k}: {v}\r\n" for k, v in headers.items()
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(head.encode("latin-1") + b"\r\n" + body)
            return _whole_answer(connection)


def _whole_answer(connection: socket.socket) -> str:
    found = b""
    while b" 101 " not in found[:20] or b"\r\n\r\n" not in found:  # an open websocket never ends
        block = connection.recv(65536)
        if not block:
            break
        found += block
    return found.decode("latin-1")


def status(answer: str) -> int:
    """Return the status of an answer."""
    return int(answer.split(" ", 2)[1])


def cookie(answer: str) -> str:
    """Return name=value of the cookie that an answer sets."""
    [found] = re.findall(r"(?im)^set-cookie: (pareto_lab_[^;\r]+)", answer)
    return found


@contextlib.contextmanager
def served(home: Path, *options: str, **variables: str) -> Iterator[Served]:
    """Serve from a workspace in `home` until the block ends."""
    process = subprocess.Popen(
        module_command("core", "serve", "--port", "0", "--json", *options),
        cwd=home,
        env=os.environ | module_variables() | {"PARETO_LAB_HOME": str(home / "lab")} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        server = Served(json.loads(process.stdout.readline())["address"], process, home)
        _wait(server)
        yield server
    finally:
        process.kill()
        process.communicate()


def _wait(server: Served) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if server.ask("/_stcore/health"):
                return
        time.sleep(0.2)
    raise RuntimeError(f"The dashboard at {server.address} did not start.")
