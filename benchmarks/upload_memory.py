"""What ten uploads of 400 MB in four sessions leave in the web server's memory.

    python -m benchmarks.upload_memory [--files 10] [--megabytes 400] [--sessions 4] [--wait 300]

Starts the server, sends the files over HTTP as a browser does, one thread a session, and prints
the server's resident memory: the highest while they came, and after the wait.
"""

import argparse
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psutil

from tests.browser.server import ROOT, serve
from tests.inputs.test_upload_endpoint import MEBIBYTE, Session, opened, server_at, upload

MB = 1_000_000


def highest(server: psutil.Process, ended: threading.Event, seen: list[int]) -> None:
    """Note the resident memory until told to end."""
    while not ended.wait(0.1):
        seen.append(server.memory_info().rss)


def send(session: Session, files: int, megabytes: int) -> None:
    """Send so many files, one after another."""
    for _ in range(files):
        status = upload(session, (MEBIBYTE for _ in range(megabytes)), uuid.uuid4().hex)
        assert status == 204, status


def as_the_kernel_counts(pid: int) -> list[str]:
    """Return the highest and the present resident memory, as `/usr/bin/time -v` has them."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return [" ".join(line.split()) for line in lines if line.startswith(("VmHWM", "VmRSS"))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("files", 10), ("megabytes", 400), ("sessions", 4), ("wait", 300)):
        parser.add_argument(f"--{name}", type=int, default=value)
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="uploads-"))
    with serve(ROOT / "app.py", home) as url, ExitStack() as stack:
        server, host = server_at(url), url.removeprefix("http://")
        sessions = [stack.enter_context(opened(host)) for _ in range(arguments.sessions)]
        shares = [len(range(n, arguments.files, len(sessions))) for n in range(len(sessions))]
        print(f"before          {server.memory_info().rss / MB:7.0f} MB")
        ended, seen = threading.Event(), [0]
        watching = threading.Thread(target=highest, args=(server, ended, seen))
        watching.start()
        with ThreadPoolExecutor(len(sessions)) as pool:
            work = [
                pool.submit(send, session, files, arguments.megabytes)
                for session, files in zip(sessions, shares, strict=True)
            ]
            for each in work:
                each.result()
        print(f"after {arguments.files} uploads {server.memory_info().rss / MB:7.0f} MB")
        time.sleep(arguments.wait)
        ended.set()
        watching.join()
        print(f"highest         {max(seen) / MB:7.0f} MB")
        print(f"{arguments.wait:4} s later    {server.memory_info().rss / MB:7.0f} MB")
        print(", ".join(as_the_kernel_counts(server.pid)))


if __name__ == "__main__":
    main()
