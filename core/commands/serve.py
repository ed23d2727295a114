"""serve: the dashboard, for a browser."""

import contextlib
import errno
import os
import socket
import subprocess
import sys
from argparse import Namespace
from typing import Any

from core.commands.output import answer, say
from core.commands.session import Lab
from core.errors import LabError, SettingsError, StoreError
from core.processes import module_command, module_variables

HOST, PORT = "127.0.0.1", 8501


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's sub-commands."""
    parser = commands.add_parser("serve", help="serve the dashboard to a browser")
    parser.add_argument("--host", default=HOST, help=f"address to listen on ({HOST}: this machine)")
    parser.add_argument("--port", type=int, default=PORT, help=f"0 takes any free one ({PORT})")
    parser.set_defaults(run=serve)


def serve(lab: Lab, options: Namespace) -> None:
    """Serve until Ctrl+C or SIGTERM; jobs go on without the server."""
    port = free_port(options.host, options.port)
    shown = f"[{options.host}]" if ":" in options.host else options.host
    address = f"http://{shown}:{port}"
    say(f"Pareto Lab: {address} (Ctrl+C ends the server; jobs go on)")
    if options.json:
        answer({"address": address, "workspace": str(lab.workspace.root)}, as_json=True)
    lab.store.close()
    _become(module_command("pages.server", options.host, str(port)))


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
