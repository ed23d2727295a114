"""Serve the dashboard until a signal ends it: python -m pages.server HOST PORT [NAME …]."""

import signal
import sys
from types import FrameType


def main(host: str, port: str, *names: str) -> None:
    """Listen on the host's port and serve app.py. names: more hosts that it answers to."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        import app  # seconds of imports, in which a signal may come as well
        from pages.server.options import server_options

        # Else Streamlit takes settings and modules from this file's folder.
        sys.argv = [app.__file__]
        app.app.run(config=server_options(host, int(port), names))
    except KeyboardInterrupt:
        print("The server has ended; jobs go on.", file=sys.stderr)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(*sys.argv[1:])
