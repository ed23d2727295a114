"""Ended runs for other people's tools: TensorBoard event files and MLflow.

Both packages are optional; exporting a run twice leaves one copy.
"""

import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.errors import JobError
from core.files import PRIVATE_UMASK, whole_folder
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.jobs.transfer.bundle import result_files
from core.workspace import Workspace

EXPERIMENT = "Pareto Lab"
RUN_TAG = "pareto_lab.run"
TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"
# MLflow's own is to try for minutes before it says that a server is not there.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
VALUES_PER_CALL = 1000  # MLflow's limit for one request
TEXT_LIMIT = 6000  # MLflow's limit for a parameter


def to_tensorboard(
    store: Store, job_ids: Iterable[str], folder: Path, umask: int = PRIVATE_UMASK
) -> list[Path]:
    """Write one folder of event files a run into `folder`; view them with `tensorboard --logdir`.

    umask: of the person, for the new folders. Raises JobError when the tensorboard package is
    missing or a run has not ended, StoreError when there is no room for a run's folder.
    """
    return [_write_events(store, _ended(store, id), folder, umask) for id in job_ids]


def to_mlflow(
    store: Store, workspace: Workspace, job_ids: Iterable[str], address: str | None = None
) -> list[str]:
    """Copy runs to an MLflow server and return their MLflow run ids.

    address: of the server, else MLFLOW_TRACKING_URI. Raises JobError when there is none, the
    package is missing, or a run has not ended.
    """
    jobs = [_ended(store, id) for id in job_ids]
    server = address or os.environ.get(TRACKING_VARIABLE)
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    connect, refusal = _mlflow(server)
    try:
        client = connect(tracking_uri=server)
        found = client.get_experiment_by_name(EXPERIMENT)
        experiment = found.experiment_id if found else client.create_experiment(EXPERIMENT)
        return [_log_run(client, experiment, store, workspace, job) for job in jobs]
    except (refusal, OSError, ValueError) as error:
        reason = _without_password(" ".join(str(error).split()))[:200]
        address = _without_password(server or "")
        raise JobError(
            f"The MLflow server at {address} does not take the runs ({reason}). "
            f"Check {TRACKING_VARIABLE}; exporting again goes on where it stopped."
        ) from error


def _without_password(server: str) -> str:
    """Return an address, or a text that has it, as it may be shown: without who asks, and how."""
    return re.sub(r"\?\S*", "", re.sub(r"//[^/@\s]*@", "//", server))


def flat(settings: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Return nested settings as name/name -> text."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}/")
        else:
            found[f"{prefix}{name}"] = value if isinstance(value, str) else json.dumps(value)
    return found


def step_times(job: Job, steps: int) -> list[float]:
    """Return when each of a run's steps was done, taken as evenly spread over its time."""
    start = job.started or job.created
    end = job.finished or start
    return [start + (end - start) * (n + 1) / steps for n in range(steps)]


def _ended(store: Store, job_id: str) -> Job:
    job = store.get(job_id)
    if not job.ended:
        raise JobError(f"Run {job_id} has not ended yet. Export it when it is done or stopped.")
    return job


def _write_events(store: Store, job: Job, folder: Path, umask: int) -> Path:
    try:
        from tensorboard.summary.writer.record_writer import RecordWriter
    except ImportError as error:
        raise JobError("TensorBoard is not installed: pip install tensorboard") from error
    target = folder / f"{job.kind}-{job.id}"
    name = f"events.out.tfevents.{int(job.created)}.{job.id}"
    with whole_folder(target, umask) as part, open(part / name, "wb") as file:
        # Not TensorBoard's own writer of files: its thread would fail on a full disk, not we.
        writer = RecordWriter(file)
        for event in _events(store, job):
            writer.write(event.SerializeToString())
    return target


def _events(store: Store, job: Job) -> Iterable[Any]:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    yield Event(wall_time=job.created, file_version="brain.Event:2")
    for key, points in store.metrics(job.id).items():
        times = step_times(job, len(points))
        for (step, value), time in zip(points, times, strict=True):
            summary = Summary(value=[Summary.Value(tag=key, simple_value=value)])
            yield Event(wall_time=time, step=step, summary=summary)


def _mlflow(address: str | None) -> tuple[Any, type[Exception]]:
    """Return MLflow's client and its error, once there is an address to use them for."""
    if not address:
        raise JobError(f"No MLflow server is set. Put its address into {TRACKING_VARIABLE}.")
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise JobError("MLflow is not installed: pip install mlflow-skinny") from error
    return MlflowClient, MlflowException


def _log_run(client: Any, experiment: str, store: Store, workspace: Workspace, job: Job) -> str:
    there = client.search_runs([experiment], f"tags.`{RUN_TAG}` = '{job.id}'", max_results=1)
    if there and there[0].info.status != "RUNNING":
        return str(there[0].info.run_id)
    for half_written in there:
        client.delete_run(half_written.info.run_id)
    started = _milliseconds(job.started or job.created)
    name = f"{job.kind} {job.id}"
    run = client.create_run(experiment, started, {RUN_TAG: job.id}, run_name=name).info.run_id
    for key, value in flat({"kind": job.kind, "seed": job.seed, **job.settings}).items():
        client.log_param(run, key, value[:TEXT_LIMIT])
    _log_values(client, run, store, job)
    for path in result_files(workspace.artifacts(job.id)):
        client.log_artifact(run, str(path))
    status = "FINISHED" if job.state == DONE else "FAILED"
    client.set_terminated(run, status, _milliseconds(job.finished or job.created))
    return str(run)


def _log_values(client: Any, run: str, store: Store, job: Job) -> None:
    from mlflow.entities import Metric

    values = []
    for key, points in store.metrics(job.id).items():
        times = step_times(job, len(points))
        for (step, value), time in zip(points, times, strict=True):
            if not math.isnan(value):
                values.append(Metric(key, value, _milliseconds(time), step))
    for start in range(0, len(values), VALUES_PER_CALL):
        client.log_batch(run, metrics=values[start : start + VALUES_PER_CALL])


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
