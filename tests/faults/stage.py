"""The processes that are killed: an engine, a page server, and a Dask scheduler with one worker."""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import psutil

from core.jobs.engine import control
from core.jobs.store.dispatch import CRASH_LIMIT, LOSS_LIMIT, Dispatcher
from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.jobs.certificates import make_certificates
from tests.jobs.postgres import free_port
from tests.jobs.watching import engines, processes, runners

ROOT = Path(__file__).parent.parent.parent


class Theatre:
    """A workspace with everything that works for it; what dies is started again."""

    def __init__(self, root: Path, tasks: str, with_web: bool, with_dask: bool) -> None:
        root.mkdir(parents=True)
        self.workspace = Workspace(root)
        self._port, self._web_port = free_port(), free_port()
        os.environ.update(
            {"PARETO_LAB_HOME": str(root), "PARETO_LAB_TASKS": tasks, "PYTHONPATH": str(ROOT)}
        )
        if with_dask:
            os.environ.update(self._scheduler_environment())
        self._with_web, self._with_dask = with_web, with_dask
        self._mine: dict[str, subprocess.Popen] = {}
        self.store = Store(self.workspace.store_url)
        self.repair()

    def _scheduler_environment(self) -> dict[str, str]:
        return {
            "DASK_SCHEDULER_ADDRESS": f"tls://127.0.0.1:{self._port}",
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s",
            **make_certificates(self.workspace.root / "certificates"),
        }

    def repair(self) -> None:
        """Start whatever is missing, as a service manager and the next page view would."""
        for name, command in self._commands().items():
            self._keep(name, command)
        control.ensure(self.workspace)

    def _commands(self) -> dict[str, str]:
        plain = "--host 127.0.0.1 --dashboard-address 127.0.0.1:0"
        commands = {}
        if self._with_dask:
            commands["scheduler"] = f"dask scheduler {plain} --port {self._port}"
            commands["worker"] = (
                f"dask worker tls://127.0.0.1:{self._port} {plain} --no-nanny "
                f"--nthreads {os.cpu_count() or 1} --local-directory {self.workspace.scratch}"
            )
        if self._with_web:
            port = f"--server.port {self._web_port} --server.headless true"
            commands["web server"] = f"streamlit run {ROOT / 'app.py'} {port}"
        return commands

    def _keep(self, name: str, command: str) -> None:
        if name in self._mine and self._mine[name].poll() is None:
            return
        self._mine[name] = subprocess.Popen(
            [sys.executable, "-m", *shlex.split(command)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def victims(self, kind: str) -> list[psutil.Process]:
        """Return the living processes of a kind: runner, engine, worker, scheduler, web server."""
        if kind == "runner":
            return [p for p in runners(self.workspace.root) if self._may_crash_once_more(p)]
        if kind != "web server" and not self._may_be_lost_once_more():
            return []
        if kind == "engine":
            return engines(self.workspace.root)
        process = self._mine.get(kind)
        alive = process is not None and process.poll() is None
        return [psutil.Process(process.pid)] if alive else []

    def _may_crash_once_more(self, runner: psutil.Process) -> bool:
        """Spare a job that would be failed by its third crash without a checkpoint in between."""
        at_work = self.at_work(runner)
        return all(self.store.get(job_id).crashes < CRASH_LIMIT - 1 for job_id in at_work)

    def _may_be_lost_once_more(self) -> bool:
        """Spare a job that would be abandoned after so many losses in a row."""
        return all(self.store.get(job).worker_losses < LOSS_LIMIT - 1 for job in self.at_work())

    def at_work(self, runner: psutil.Process | None = None) -> dict[str, int]:
        """Return job id -> attempt of what runs now, in all or in one runner process."""
        if runner is None:
            return {job.id: job.attempt for job in self.store.jobs(states=["running"])}
        try:
            [name] = [p for p in runner.cmdline() if p.startswith("--runner=")]
        except (psutil.Error, ValueError):
            return {}
        work = Dispatcher(self.store.database, "").work_of(name.partition("=")[2])
        return {work[0]: work[1]} if work else {}

    def close(self) -> list[psutil.Process]:
        """End everything in order and return the processes that were left over."""
        control.stop(self.workspace)
        for process in self._mine.values():
            process.kill()
            process.wait()
        end = time.monotonic() + 15
        while processes(self.workspace.root) and time.monotonic() < end:
            time.sleep(0.1)
        self.store.close()
        return processes(self.workspace.root)
