"""Every measured network of a workspace, each read from the store once, however many there are."""

import itertools
import threading
from dataclasses import dataclass

from core.jobs.store.job import DONE
from core.jobs.store.store import Store
from core.runs.by_version import ByVersion
from core.runs.finished.networks import NETWORK_KINDS, Network, network_of

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
        self._read = ByVersion(store, network_of)
        self._lock = threading.Lock()
        self._edition = Edition(0, ())

    def now(self) -> Edition:
        """Return every measured network."""
        with self._lock:
            if self._read.update(self._store.versions(NETWORK_KINDS, (DONE,))):
                found = (network for network in self._read.values if network is not None)
                self._edition = Edition(next(_numbers), tuple(found))
            return self._edition
