"""Where runners are started: on this machine, or by the Dask cluster at DASK_SCHEDULER_ADDRESS."""

import contextlib
import ipaddress
import os
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol
from urllib.parse import urlsplit

from core.errors import StoreError
from core.jobs.engine.supervisor import supervise
from core.jobs.engine.workers import Worker, this_machine
from core.jobs.runner.runner import RunnerArgs

ADDRESS_VARIABLE = "DASK_SCHEDULER_ADDRESS"
PLAIN_VARIABLE = "PARETO_LAB_PLAIN_SCHEDULER"  # "yes" accepts tcp:// on loopback
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


class Cluster(Protocol):
    """Something that starts runners. address: what people are told of where that is."""

    address: str

    @property
    def alive(self) -> bool:
        """Whether runners can be started there."""

    def workers(self) -> list[Worker]:
        """Return the workers there are now."""

    def start(
        self, worker: str, args: RunnerArgs, store_url: str, environment: dict[str, str]
    ) -> Any:
        """Start a runner on a worker; return the future of its exit code."""

    def close(self) -> None:
        """Start nothing more there."""


class ThisMachine:
    """Runners that threads of the engine supervise.

    No part of it listens: whoever may start code here is this user already.
    """

    address = "this machine"
    alive = True

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(2 * (os.cpu_count() or 1), thread_name_prefix="background")

    def workers(self) -> list[Worker]:
        """Return this machine."""
        return [this_machine(self.address)]

    def start(
        self, worker: str, args: RunnerArgs, store_url: str, environment: dict[str, str]
    ) -> Future[int]:
        """Start a runner here; return the future of its exit code."""
        return self._pool.submit(supervise, args, store_url, environment)

    def close(self) -> None:
        """Start nothing more here; what runs goes on."""
        self._pool.shutdown(wait=False)


class DaskCluster:
    """A connection to a Dask scheduler whose workers start the runners."""

    def __init__(self, address: str) -> None:
        """Connect. Raises OSError if it does not answer, StoreError if it is not safe to use."""
        require_safe(address)
        import dask
        from distributed import Client

        dask.config.set(CONFIGURATION)
        self.address = address
        try:
            self._client = Client(address, timeout=CONNECT_SECONDS)
        except TypeError as error:  # Dask's way to say that it was given no certificates
            raise StoreError(
                f"The engine has no certificates for the Dask scheduler at {address}. Set "
                "DASK_DISTRIBUTED__COMM__TLS__… for it too, as docs/cluster.md shows, and start "
                "the engine again."
            ) from error

    @property
    def alive(self) -> bool:
        """Whether the scheduler is still there."""
        return bool(self._client.status == "running")

    def workers(self) -> list[Worker]:
        """Return the workers there are now."""
        # Not scheduler_info(): a periodic refresh of the client may empty its list of workers
        # between asking and reading.
        identity = self._client.sync(self._client.scheduler.identity, n_workers=-1)
        workers = identity["workers"]
        return [
            Worker(name, worker["nthreads"], int(worker.get("memory_limit") or 0))
            for name, worker in workers.items()
        ]

    def start(
        self, worker: str, args: RunnerArgs, store_url: str, environment: dict[str, str]
    ) -> Any:
        """Start a runner on a worker; return the future of its exit code."""
        return self._client.submit(
            supervise,
            args,
            store_url,
            environment,
            key=args.runner,
            workers=[worker],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )

    def close(self) -> None:
        """Leave the cluster."""
        with contextlib.suppress(OSError, TimeoutError):
            self._client.close(timeout=1)


def connect(address: str | None) -> Cluster:
    """Return the cluster at a scheduler's address, or this machine for None."""
    return ThisMachine() if address is None else DaskCluster(address)


def ending(future: Any) -> tuple[str, bool] | None:
    """Return (why, whether the job's own fault) once a runner has ended, else None.

    future: of its exit code, from a thread of the engine or from Dask.
    """
    if isinstance(future, Future):
        if not future.done():
            return None
        lost = future.cancelled() or future.exception() is not None
        if lost and not future.cancelled():
            traceback.print_exception(future.exception())
    elif future.status == "pending":
        return None
    else:  # killed, lost or cancelled: Dask's words differ, the rest not
        lost = future.status != "finished"
    return ("its worker was lost", False) if lost else describe_exit(future.result())


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
    """Raise StoreError for a scheduler that others could command.

    A Dask scheduler runs any code that is sent to it, so only TLS with certificates on both sides
    is accepted. Loopback is no wall: every user of the machine reaches it. Who guards a loopback
    port by other means (a port forwarded to a pod) says so with PARETO_LAB_PLAIN_SCHEDULER=yes.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme == "tls":
        return
    if _is_loopback(parts.hostname or "") and os.environ.get(PLAIN_VARIABLE) == "yes":
        return
    raise StoreError(
        f"The Dask scheduler at {address} is not protected: whoever reaches its port can run code "
        "as you. Start it with TLS certificates and use its tls:// address (docs/cluster.md shows "
        "how)."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
