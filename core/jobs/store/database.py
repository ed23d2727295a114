"""One SQL database, read without waiting and written in short immediate transactions."""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from core.errors import StoreError
from core.jobs.store import schema

BUSY_TIMEOUT_SECONDS = 5.0
ALONE = 592_933  # our number among the advisory locks of a PostgreSQL database


class StoreBusy(StoreError):
    """The store cannot be reached or written at this moment; trying again may help."""


class Database:
    """SQLite in WAL mode, or PostgreSQL; both behave the same to the callers."""

    def __init__(self, url: str, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS) -> None:
        """Open the database and bring its tables up to date.

        url: SQLAlchemy URL. Raises StoreError for an address or version this code cannot use.
        """
        self.url = url
        address = _address(url)
        self.is_sqlite = address.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"pool_pre_ping": not self.is_sqlite}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": busy_timeout_seconds}
        else:
            options["connect_args"] = {"connect_timeout": max(2, int(busy_timeout_seconds))}
        self._reader = sa.create_engine(address, isolation_level="AUTOCOMMIT", **options)
        self._writer = sa.create_engine(address, **options)
        if self.is_sqlite:
            _prepare_sqlite(self._reader, self._writer, busy_timeout_seconds)
        self._watching: sa.Connection | None = None
        self._path = Path(address.database or "") if self.is_sqlite else None
        self._opening = threading.RLock()
        self._open()

    def _open(self) -> None:
        with self._reading() as connection:
            is_current = schema.stored_version(connection) == len(schema.MIGRATIONS) + 1
        if not is_current:
            with self._writing(True, alone=True) as connection:  # two may open a new store at once
                schema.upgrade(connection)
        self.file = self._file_now()

    def _file_now(self) -> tuple[int, int] | None:
        """Return what tells the file at the path from every other one; None if there is none."""
        if self._path is None:
            return None
        with contextlib.suppress(OSError):
            found = os.stat(self._path)
            return found.st_dev, found.st_ino
        return None

    def _follow(self) -> None:
        """Open the store anew if its file was deleted or replaced: else we would serve a ghost."""
        if self._file_now() == self.file:
            return
        with self._opening:
            if self._file_now() != self.file:
                self.close()
                self._open()

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a connection for single SELECTs, which never wait for a writer."""
        self._follow()
        with self._reading() as connection:
            yield connection

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _told_plainly(self.url), self._reader.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, durable: bool = True, alone: bool = False) -> Iterator[sa.Connection]:
        """Open one write transaction.

        durable: it survives a power cut once committed. alone: no other such transaction runs
        meanwhile, for changes of several rows that belong together.
        """
        self._follow()
        with self._writing(durable, alone) as connection:
            yield connection

    @contextlib.contextmanager
    def _writing(self, durable: bool, alone: bool) -> Iterator[sa.Connection]:
        with _told_plainly(self.url), self._writer.connect() as connection:
            chosen = connection.execution_options(durable=durable)
            with chosen.begin():
                if alone and not self.is_sqlite:  # in SQLite every writer is alone
                    chosen.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ALONE})")
                yield chosen

    def upsert(
        self, connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Insert rows, replacing those with the same primary key."""
        if not rows:
            return
        insert = (sqlite.insert if self.is_sqlite else postgresql.insert)(table)
        keys = [column.name for column in table.primary_key]
        changed = {c.name: insert.excluded[c.name] for c in table.columns if c.name not in keys}
        if changed:
            statement = insert.on_conflict_do_update(index_elements=keys, set_=changed)
        else:
            statement = insert.on_conflict_do_nothing(index_elements=keys)
        connection.execute(statement, [dict(row) for row in rows])

    def change_token(self) -> int | None:
        """Return a number that differs once anybody has committed anything, nearly for free.

        None when this kind of database cannot tell. For one thread at a time.
        """
        if not self.is_sqlite:
            return None
        self._follow()
        with _told_plainly(self.url):
            if self._watching is None:
                self._watching = self._reader.connect()
            found = self._watching.exec_driver_sql("PRAGMA data_version").scalar_one()
        return int(found)

    def close(self) -> None:
        """Give all connections back."""
        if self._watching is not None:
            self._watching.close()
            self._watching = None
        self._reader.dispose()
        self._writer.dispose()


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
        if address.get_backend_name() == "postgresql":
            return address.set(drivername="postgresql+psycopg")
        address = address.set(drivername=address.get_backend_name())
    except (ArgumentError, ValueError):  # a port that is no number
        address = None
    if address is None or address.get_backend_name() != "sqlite":
        raise StoreError(
            "PARETO_LAB_STORE is not an address this program knows. "
            "Use sqlite:////folder/jobs.db or postgresql://user@host/database."
        )
    return address


def _prepare_sqlite(reader: sa.Engine, writer: sa.Engine, timeout_seconds: float) -> None:
    @sa.event.listens_for(reader, "connect")
    @sa.event.listens_for(writer, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        _use_write_ahead_log(connection, timeout_seconds)

    @sa.event.listens_for(writer, "begin")
    def _begin(connection: sa.Connection) -> None:
        # The level can only be set outside a transaction. IMMEDIATE: a read that turns into a
        # write later would fail at once instead of waiting its turn.
        level = "FULL" if connection.get_execution_options().get("durable", True) else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _use_write_ahead_log(connection: sqlite3.Connection, timeout_seconds: float) -> None:
    # The one statement SQLite fails at once instead of waiting for the others: several programs
    # that open a new store together would each want to be the one that changes its journal.
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextlib.contextmanager
def _told_plainly(url: str) -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise StoreBusy(_sentence(str(error.orig), url)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreBusy(_sentence(str(error.orig), url)) from error
        if "not a database" in str(error.orig) or "malformed" in str(error.orig):
            raise StoreError(
                f"{_address(url).database} is not a store of runs, or it is damaged. "
                "Restore it from a backup, or choose another workspace with PARETO_LAB_HOME."
            ) from error
        raise


def _sentence(reason: str, url: str) -> str:
    if "locked" in reason:
        return (
            "The store of runs is locked by another program. Nothing is lost: "
            "work waits and goes on by itself when the lock is released."
        )
    if "full" in reason:
        return "The disk with the store of runs is full. Free some space; work goes on by itself."
    if "readonly" in reason or "unable to open" in reason:
        return (
            f"The store of runs cannot be written ({reason}). "
            "Check that you may write to the workspace folder."
        )
    shown = _address(url).set(query={}).render_as_string(hide_password=True)  # may have it as well
    return f"The store of runs at {shown} does not answer ({reason.strip().splitlines()[0]})."
