"""Finished runs in a store without an engine: claimed, worked on and settled in this process."""

from core.jobs.runner.context import Context
from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.lease import Lease, Update
from core.progress import Silent
from tests.jobs.told import told
from tests.jobs.work import TASKS


def finish(store, workspace, kind, settings, seed, parent=None):
    """Submit a job, do its work here, and return its id."""
    id = store.submit(told(kind, settings), seed, parent=parent)
    claim = Dispatcher(store.database, "here").claim("background", {"numpy"}, "here")
    assert claim.job_id == id
    lease = Lease(store.database, id, claim.attempt)
    lease.start()
    folder = workspace.artifacts(id)
    folder.mkdir(parents=True, exist_ok=True)
    watched = Recorded()
    context = Context(id, kind, settings, seed, watched, workspace, folder, store)
    result = TASKS[kind](context)
    lease.beat(Update(settings.get("steps"), settings.get("steps"), metrics=watched.values))
    lease.settle("done", result)
    return id


class Recorded(Silent):
    """Keeps the metric values."""

    def __init__(self):
        super().__init__()
        self.values = {}

    def record(self, step, **values):
        self.values |= {(key, step): value for key, value in values.items()}
