"""Serve the dashboard until a signal ends it: python -m pages.server HOST PORT [NAME …]."""

import contextlib
import sys

import app
from pages.server.options import server_options


def main(host: str, port: str, *names: str) -> None:
    """Listen on the host's port and serve app.py. names: more hosts that it answers to."""
    sys.argv = [app.__file__]  # else Streamlit takes settings and modules from this file's folder
    with contextlib.suppress(KeyboardInterrupt):
        app.app.run(config=server_options(host, int(port), names))


if __name__ == "__main__":
    main(*sys.argv[1:])
