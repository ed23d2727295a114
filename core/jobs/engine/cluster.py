"""The Dask cluster that carries the runners: embedded, or at DASK_SCHEDULER_ADDRESS."""

import contextlib
import ipaddress
import os
from typing import Any
from urllib.parse import urlsplit

from core.errors import StoreError
from core.jobs.engine.supervisor import supervise
from core.jobs.engine.workers import Place, this_machine
from core.jobs.runner.runner import Orders

ADDRESS_VARIABLE = "DASK_SCHEDULER_ADDRESS"
CONNECT_SECONDS = 5

# Dask made quiet: nothing is stolen, retried or profiled, because the store decides what runs.
CONFIGURATION = {
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.worker-ttl": None,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.terminate": False,
    "distributed.worker.profile.enabled": False,
}


class Cluster:
    """A connection to Dask that starts runners and says how they ended."""

    def __init__(self, address: str | None) -> None:
        """address: of a scheduler, None for a cluster inside this process.

        Raises OSError when the scheduler does not answer, StoreError when it is not safe to use.
        """
        import dask
        from distributed import Client, LocalCluster

        dask.config.set(CONFIGURATION)
        self._local: Any = None
        if address is None:
            self._local = LocalCluster(
                n_workers=1,
                threads_per_worker=os.cpu_count() or 1,
                processes=False,
                protocol="tcp",
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                memory_limit=0,
                silence_logs=50,
            )
            address = self._local.scheduler_address
        else:
            require_safe(address)
        self.address = address
        self._client = Client(address, timeout=CONNECT_SECONDS)

    @property
    def alive(self) -> bool:
        """Whether the scheduler is still there."""
        return bool(self._client.status == "running")

    def places(self) -> list[Place]:
        """Return the workers there are now."""
        if self._local is not None:
            [name] = self._local.scheduler.workers
            return [this_machine(name)]
        # Not scheduler_info(): a periodic refresh of the client may empty its list of workers
        # between asking and reading.
        identity = self._client.sync(self._client.scheduler.identity, n_workers=-1)
        workers = identity["workers"]
        return [
            Place(name, worker["nthreads"], int(worker.get("memory_limit") or 0))
            for name, worker in workers.items()
        ]

    def start(self, place: str, orders: Orders, store_url: str, environment: dict[str, str]) -> Any:
        """Start a runner at a place; return the future of its exit code."""
        return self._client.submit(
            supervise,
            orders,
            store_url,
            environment,
            key=orders.runner,
            workers=[place],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )

    def close(self) -> None:
        """Leave the cluster; an embedded one ends."""
        with contextlib.suppress(OSError, TimeoutError):
            self._client.close(timeout=1)
        if self._local is not None:
            self._local.close(timeout=1)


def ending(future: Any) -> tuple[str, bool] | None:
    """Return (why, whether the job's own fault) once a runner has ended, else None."""
    if future.status == "pending":
        return None
    if future.status != "finished":  # killed, lost or cancelled: Dask's words differ, the rest not
        return "its worker was lost", False
    return describe_exit(future.result())


def describe_exit(status: int) -> tuple[str, bool]:
    """Return what an exit code of a runner means, and whether the job may be the cause."""
    if status == 113:
        return "its supervisor was lost", False
    if status == -9:
        return "killed from outside or for lack of memory (signal 9)", True
    if status < 0:
        return f"ended by signal {-status}", True
    return f"ended with exit code {status}", status not in (0, 114)


def require_safe(address: str) -> None:
    """Raise StoreError for a scheduler that anybody on the network could command.

    A Dask scheduler runs any code that is sent to it, so off this machine only TLS with
    certificates on both sides is accepted.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme == "tls" or _is_loopback(parts.hostname or ""):
        return
    raise StoreError(
        f"The Dask scheduler at {address} is not on this machine and is not protected. "
        "Start it with TLS certificates and use its tls:// address (docs/cluster.md shows how)."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
