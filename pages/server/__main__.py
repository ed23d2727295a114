"""Serve the dashboard until a signal ends it: python -m pages.server HOST PORT."""

import contextlib
import sys

import app
from pages.server.options import server_options


def main(host: str, port: str) -> None:
    """Listen on the host's port and serve app.py."""
    sys.argv = [app.__file__]  # else Streamlit takes settings and modules from this file's folder
    with contextlib.suppress(KeyboardInterrupt):
        app.app.run(config=server_options(host, int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
