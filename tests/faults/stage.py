"""The processes that are killed: an engine, a Dask scheduler with one worker, a page server."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from core.jobs import engine
from core.jobs.store import Store
from core.workspace import Workspace
from tests.jobs.postgres import free_port
from tests.jobs.watching import engines, processes, runners

ROOT = Path(__file__).parent.parent.parent


class Theatre:
    """A workspace with everything that works for it; what dies is started again."""

    def __init__(self, root: Path, tasks: str, with_web: bool) -> None:
        root.mkdir(parents=True)
        self.workspace = Workspace(root)
        self._port, self._web_port = free_port(), free_port()
        self._environment = {
            "PARETO_LAB_HOME": str(root),
            "PARETO_LAB_TASKS": tasks,
            "PYTHONPATH": str(ROOT),
            "DASK_SCHEDULER_ADDRESS": f"tcp://127.0.0.1:{self._port}",
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s",
        }
        os.environ.update(self._environment)
        self._with_web = with_web
        self._mine: dict[str, subprocess.Popen] = {}
        self.store = Store(self.workspace.store_url)
        self.repair()

    def repair(self) -> None:
        """Start whatever is missing, as a service manager and the next page view would."""
        address = ["--host", "127.0.0.1"]
        self._keep("scheduler", ["-m", "dask", "scheduler", *address, "--no-dashboard"])
        threads = str(os.cpu_count() or 1)
        self._keep("worker", ["-m", "dask", "worker", *address, "--no-dashboard", "--no-nanny"]
                   + ["--nthreads", threads])  # fmt: skip
        if self._with_web:
            self._keep("web server", ["-m", "streamlit", "run", str(ROOT / "app.py")])
        engine.ensure(self.workspace)

    def _keep(self, name: str, arguments: list[str]) -> None:
        if name in self._mine and self._mine[name].poll() is None:
            return
        more = {
            "scheduler": ["--port", str(self._port)],
            "worker": [f"tcp://127.0.0.1:{self._port}", "--local-directory"]
            + [str(self.workspace.scratch)],
            "web server": ["--server.port", str(self._web_port), "--server.headless", "true"],
        }[name]
        self._mine[name] = subprocess.Popen(
            [sys.executable, *arguments, *more],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def victims(self, kind: str) -> list[psutil.Process]:
        """Return the living processes of a kind: runner, engine, worker, scheduler, web server."""
        if kind == "runner":
            return [p for p in runners(self.workspace.root) if self._may_crash_once_more(p)]
        if kind == "engine":
            return engines(self.workspace.root)
        process = self._mine.get(kind)
        alive = process is not None and process.poll() is None
        return [psutil.Process(process.pid)] if alive else []

    def _may_crash_once_more(self, runner: psutil.Process) -> bool:
        """Spare a job that would be failed by its third crash without a checkpoint in between."""
        name = next(part for part in runner.cmdline() if part.startswith("--runner="))
        for job in self.store.jobs(states=["running", "dispatched"]):
            if job.crashes >= 2 and name.endswith(self._runner_of(job.id)):
                return False
        return True

    def _runner_of(self, job_id: str) -> str:
        import sqlalchemy as sa

        from core.jobs.schema import JOB

        with self.store.database.read() as connection:
            query = sa.select(JOB.c.runner).where(JOB.c.id == job_id)
            return connection.execute(query).scalar() or "none"

    def close(self) -> list[psutil.Process]:
        """End everything in order and return the processes that were left over."""
        engine.stop(self.workspace)
        for process in self._mine.values():
            process.kill()
            process.wait()
        end = time.monotonic() + 15
        while processes(self.workspace.root) and time.monotonic() < end:
            time.sleep(0.1)
        self.store.close()
        return processes(self.workspace.root)
