"""serve: the dashboard, for a browser."""

import contextlib
import errno
import ipaddress
import os
import secrets
import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]

from core.commands.output import answer, say
from core.commands.session import Session
from core.errors import LabError, SettingsError, StoreError
from core.processes import module_command, module_variables

HOST, PORT = "127.0.0.1", 8501
EVERYWHERE = ("0.0.0.0", "::")
TOKEN_VARIABLE = "PARETO_LAB_TOKEN"


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's sub-commands."""
    parser = commands.add_parser("serve", help="serve the dashboard to a browser")
    parser.add_argument("--host", default=HOST, help=f"address to listen on ({HOST}: this machine)")
    parser.add_argument("--port", type=int, default=PORT, help=f"0 takes any free one ({PORT})")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="one more name by which browsers may call it, as behind a proxy",
    )
    parser.add_argument(
        "--token",
        action="store_true",
        help="ask for a token on this machine too; a --host that others can reach always does",
    )
    parser.set_defaults(run=serve)


def serve(session: Session, options: Namespace) -> None:
    """Serve until Ctrl+C or SIGTERM; jobs go on without the server."""
    port = free_port(options.host, options.port)
    token = _token(options)
    address = f"http://{_shown(options.host)}:{port}{token and f'/?token={quote(token)}'}"
    say(f"Pareto Lab: {address} (Ctrl+C ends the server; jobs go on)")
    if options.json:
        answer({"address": address, "workspace": str(session.workspace.root)}, as_json=True)
    session.store.close()
    os.environ[TOKEN_VARIABLE] = token  # not on the command line, which every user can read
    _become(module_command("pages.server", options.host, str(port), *options.allow_host))


def _token(options: Namespace) -> str:
    """Return the token that every browser must show once, empty for none."""
    is_needed = options.token or not is_loopback(options.host)
    return os.environ.get(TOKEN_VARIABLE) or (secrets.token_urlsafe(32) if is_needed else "")


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address to listen on."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _shown(host: str) -> str:
    """Return a host as an address has it; for "every address", one that others can reach."""
    if host in EVERYWHERE:
        host = next(_reachable(), "localhost")
    return f"[{host}]" if ":" in host else host


def _reachable() -> Iterator[str]:
    for interface in psutil.net_if_addrs().values():
        for each in interface:
            if each.family == socket.AF_INET and not is_loopback(each.address):
                yield each.address


def free_port(host: str, port: int) -> int:
    """Return the port, or a free one for 0.

    Raises StoreError when the port is taken, SettingsError for what is no address of this machine.
    """
    if not 0 <= port <= 65535:
        raise SettingsError(f"--port {port}: a port is a number from 0 to 65,535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            if os.name == "posix":  # as the server will: a connection that has just ended is no bar
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen()
            return int(probe.getsockname()[1])
    except OSError as error:
        raise _refusal(host, port, error) from error


def _refusal(host: str, port: int, error: OSError) -> LabError:
    if error.errno == errno.EADDRINUSE:
        return StoreError(
            f"Port {port} is taken. If a dashboard of yours runs there, open it in the browser; "
            f"else choose another port: --port {port + 1}."
        )
    return SettingsError(
        f"Nothing can listen on port {port} of {host} ({error.strerror or error}). "
        "Choose another --host or --port."
    )


def _become(command: list[str]) -> None:
    """Go on as the command: its signals and its exit status are ours."""
    variables = os.environ | module_variables()
    if os.name == "posix":
        os.execve(command[0], command, variables)
    with contextlib.suppress(KeyboardInterrupt):  # the server has been interrupted as well
        sys.exit(subprocess.call(command, env=variables))
