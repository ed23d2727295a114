"""A real PostgreSQL server on loopback, in a folder of its own, ended with the test."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

REMEDY = (
    "PostgreSQL is not installed, but its tests must run. "
    "On Debian: apt-get install -y --no-install-recommends postgresql"
)


def binaries() -> Path:
    """Return the folder with initdb and postgres. Raises RuntimeError with the remedy."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    if found is None:
        raise RuntimeError(REMEDY)
    return Path(found).resolve().parent


def free_port() -> int:
    """Return a loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a server; yield the URL of its maintenance database."""
    tools, port = binaries(), free_port()
    root = Path(tempfile.mkdtemp(prefix="pareto-postgres-"))
    user = _unprivileged(root)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "user": user, "cwd": root}
    initdb = [tools / "initdb", "-D", root / "data", "-U", "lab", "-A", "trust", "-E", "UTF8"]
    try:
        subprocess.run([*initdb, "--no-sync", "--locale=C"], check=True, **quiet)
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories="
        control = [tools / "pg_ctl", "-D", root / "data", "-w", "-l", root / "log"]
        subprocess.run([*control, "-o", options, "start"], check=True, **quiet)
        try:
            yield f"postgresql://lab@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet)
    finally:
        shutil.rmtree(root)


def _unprivileged(root: Path) -> int | None:
    """Return the user to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody").pw_uid
    os.chown(root, user, -1)
    return user
