"""What is read of runs, kept until a run changes: each once a version, however many there are."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from core.jobs.store.job import Job
from core.jobs.store.store import Store

AT_ONCE = 500  # ids in one question to the store
Read = TypeVar("Read")


class ByVersion(Generic[Read]):
    """What `read` makes of each run of one store, in the order that was asked for last."""

    def __init__(self, store: Store, read: Callable[[Job], Read]) -> None:
        self._store, self._read = store, read
        self._known: dict[str, tuple[int, Read]] = {}

    def update(self, versions: Mapping[str, int]) -> bool:
        """Read the runs whose version is another one; return whether anything changed.

        versions: of all wanted runs, in their order. A run that was deleted meanwhile is left out.
        """
        known = {id: version for id, (version, _) in self._known.items()}
        if versions == known:
            return False
        changed = [id for id, version in versions.items() if known.get(id) != version]
        fresh = {job.id: (job.version, self._read(job)) for job in self._jobs(changed)}
        found = self._known | fresh
        self._known = {id: found[id] for id in versions if id in found}
        return True

    @property
    def values(self) -> list[Read]:
        """What was read, in the order of the runs."""
        return [value for _, value in self._known.values()]

    def _jobs(self, ids: list[str]) -> Iterator[Job]:
        for start in range(0, len(ids), AT_ONCE):
            yield from self._store.jobs(ids=ids[start : start + AT_ONCE])
