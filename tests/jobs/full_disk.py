"""A job on a disk that fills up: run inside a mount namespace of its own, so that it may mount.

unshare --mount python -m tests.jobs.full_disk FOLDER whole|artifacts
"""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

from core.jobs.engine import control
from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.jobs.told import told
from tests.jobs.watching import assert_every_step_is_there_once, undisturbed, until

SETTINGS = {"steps": 80, "pause": 0.03, "save_every": 5}


def main(folder: Path, which: str) -> None:
    """Fill the disk under a running job, free it again, and check that nothing was lost."""
    workspace = Workspace(folder / "lab")
    small = workspace.root if which == "whole" else workspace.root / "jobs"
    small.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)], check=True)
    store = Store(workspace.store_url)
    id = store.submit(told("descend", SETTINGS), 1)
    control.ensure(workspace)
    try:
        until(lambda: store.get(id).done >= 12)
        fill(small / "ballast")
        if which == "artifacts":
            until(lambda: "No space left" in store.get(id).message)
        time.sleep(3)
        assert store.get(id).state == "running"
        (small / "ballast").unlink()
        job = store.wait(id, 60)
        assert (job.state, job.attempt) == ("done", 1), job
        assert job.result == undisturbed("descend", SETTINGS, 1, folder / "bare")
        assert_every_step_is_there_once(store, id, SETTINGS["steps"])
    finally:
        (small / "ballast").unlink(missing_ok=True)
        control.stop(workspace)


def fill(ballast: Path) -> None:
    """Write until there is no room for one byte more."""
    with open(ballast, "wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


if __name__ == "__main__":
    os.environ["PARETO_LAB_TASKS"] = "tests.jobs.work:TASKS"
    main(Path(sys.argv[1]), sys.argv[2])
