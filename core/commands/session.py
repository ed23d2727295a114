"""Submit a job and follow it: the command line uses the same store and engine as the pages."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from core.commands.output import say
from core.errors import JobError
from core.files import PRIVATE_UMASK, output
from core.jobs.engine import control
from core.jobs.engine.watch import EngineWatch
from core.jobs.runner.remote_files import open_mirror
from core.jobs.store.job import DONE, Job
from core.jobs.store.spec import JobSpec
from core.jobs.store.store import Store
from core.workspace import Workspace

POLL_SECONDS = 0.1
SPEAK_SECONDS = 2.0
WARN_SECONDS = 30.0


@dataclass(frozen=True)
class Session:
    """The workspace and the store that a command works on.

    umask: what the person's own files get; those of the workspace are private.
    """

    workspace: Workspace
    store: Store
    umask: int = PRIVATE_UMASK

    def output(self, path: Path) -> AbstractContextManager[Path]:
        """Give a path to write the person's file `path` to, whole or not at all."""
        return output(path, self.umask)

    def submit(self, spec: JobSpec, seed: int) -> str:
        """Queue the job, make sure that an engine is alive, and return the job's id."""
        job_id = self.store.submit(spec, seed)
        if not self.store.get(job_id).ended:
            control.ensure(self.workspace)
        return job_id

    def finish(self, spec: JobSpec, seed: int) -> Job:
        """Run the job to its end and return it; Ctrl-C stops it, keeping its checkpoint.

        Raises JobError with the reason when it does not finish.
        """
        job_id = self.store.submit(spec, seed)
        try:
            job = self._follow(job_id)
        except KeyboardInterrupt:
            self.store.stop(job_id)
            raise JobError(
                f"Stopped. The same command goes on from the last checkpoint (run {job_id})."
            ) from None
        if job.state != DONE:
            raise JobError(job.error or f"Run {job_id} was {job.state} before it finished.")
        if mirror := open_mirror():  # made elsewhere; the engine brings it here a moment later
            mirror.fetch_folder(self.workspace, self.workspace.artifacts(job_id))
        return job

    def _follow(self, job_id: str) -> Job:
        spoken, said_at, warned_at = "", 0.0, -WARN_SECONDS
        engine = EngineWatch(self.workspace, self.store)
        while True:
            job = self.store.get(job_id)
            now = time.monotonic()
            line = _line(job)
            if line != spoken and (now - said_at >= SPEAK_SECONDS or job.ended):
                say(line)
                spoken, said_at = line, now
            if job.ended:
                return job
            control.ensure(self.workspace)
            if now - warned_at >= WARN_SECONDS and (trouble := engine.trouble()):
                say(trouble)
                warned_at = now
            time.sleep(POLL_SECONDS)


def _line(job: Job) -> str:
    left = "" if job.seconds_left is None else f"  {_duration(job.seconds_left)} left"
    return f"{job.kind} {job.shown_state} {job.share_done:4.0%}  {job.message}{left}".rstrip()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
