"""A real `streamlit run` for the browser tests, in a workspace of its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def serve(script: Path, home: Path) -> Iterator[str]:
    """Run the script with `home` as workspace; yield its address. Ends the engine as well."""
    port = free_port()
    environment = {**os.environ, "PARETO_LAB_HOME": str(home), "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["PYTHONPATH"] = str(ROOT)
    if script == ROOT / "app.py":
        command = [sys.executable, "-m", "core", "serve", f"--port={port}"]
    else:  # a fixture page takes the product's settings
        shutil.copytree(ROOT / ".streamlit", home / ".streamlit")
        command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
        command += ["--server.headless=true"]
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(15)
            _stop_engine(environment)


def _wait_until_healthy(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(START_SECONDS * 4):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError(f"The dashboard did not start:\n{log.read_text()[-4000:]}")


def _stop_engine(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "core", "engine", "stop"]
    subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60)
