"""Every measured network of a workspace, each read from the store once, however many there are."""

import itertools
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.runs.results import NETWORK_KINDS, Network, network_of

AT_ONCE = 500  # ids in one question to the store
_numbers = itertools.count(1)  # no two lists of a process give editions the same number


@dataclass(frozen=True)
class Edition:
    """The networks at one moment, newest first. number: another one once anything has changed."""

    number: int
    networks: tuple[Network, ...]


class NetworkList:
    """The networks of one store; rows that have not changed are not read again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[int, Network | None]] = {}
        self._lock = threading.Lock()
        self._edition = Edition(0, ())

    def now(self) -> Edition:
        """Return every measured network."""
        with self._lock:
            versions = self._store.versions(NETWORK_KINDS, (DONE,))
            known = {id: version for id, (version, _) in self._known.items()}
            if versions != known:
                self._known = self._brought_up_to_date(versions, known)
                found = (network for _, network in self._known.values() if network is not None)
                self._edition = Edition(next(_numbers), tuple(found))
            return self._edition

    def _brought_up_to_date(
        self, versions: Mapping[str, int], known: Mapping[str, int]
    ) -> dict[str, tuple[int, Network | None]]:
        changed = [id for id, version in versions.items() if known.get(id) != version]
        fresh = {job.id: (job.version, network_of(job)) for job in self._read(changed)}
        all_known = self._known | fresh
        return {id: all_known[id] for id in versions if id in all_known}

    def _read(self, ids: list[str]) -> Iterator[Job]:
        for start in range(0, len(ids), AT_ONCE):
            yield from self._store.jobs(ids=ids[start : start + AT_ONCE])
