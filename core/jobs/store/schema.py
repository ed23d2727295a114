"""Tables of the store, and the numbered steps that bring an older store up to date."""

from collections.abc import Sequence

import sqlalchemy as sa

from core.errors import StoreError

METADATA = sa.MetaData()

# Small and often-read columns come first: SQLite then need not read the long texts behind them.
JOB = sa.Table(
    "job",
    METADATA,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String, nullable=False, unique=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("stop", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("crashes", sa.Integer, nullable=False),
    sa.Column("worker_losses", sa.Integer, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("resources", sa.String, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("owner", sa.String),
    sa.Column("runner", sa.String),
    sa.Column("parent", sa.String),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("done", sa.Float, nullable=False),
    sa.Column("total", sa.Float, nullable=False),
    sa.Column("seconds_left", sa.Float),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("finished", sa.Float),
    sa.Column("imported", sa.Integer, nullable=False, server_default="0"),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("checkpoints", sa.Text, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("result", sa.Text),
    sa.Column("spec_format", sa.Integer, nullable=False, server_default="1"),
    sa.Column("result_format", sa.Integer, nullable=False, server_default="1"),
    # What a person wrote on it, and who started it; no part of its identity.
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("tags", sa.Text, nullable=False, server_default="[]"),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("started_by", sa.Text, nullable=False, server_default=""),
    sa.Index("job_queue", "state", "resources", "priority", "turn", "sequence"),
    sa.Index("job_runner", "runner"),
    # What changed is asked for at every drawing of a page: without it all texts are gone through.
    sa.Index("job_listed", "sequence", "version", "id", "kind", "parent", "state", "stop"),
    sqlite_autoincrement=True,
)
METRIC = sa.Table(
    "metric",
    METADATA,
    sa.Column("job", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("step", sa.BigInteger, primary_key=True),
    sa.Column("value", sa.Float),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("at", sa.Float),  # seconds since 1970; None for what was imported, or is older
    sqlite_with_rowid=False,
)
EVENT = sa.Table(
    "event",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job", sa.String, nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
# A point that two sweeps ask for is one job with two parents.
FAMILY = sa.Table(
    "family",
    METADATA,
    sa.Column("parent", sa.String, primary_key=True),
    sa.Column("child", sa.String, primary_key=True, index=True),
)
ENGINE = sa.Table(
    "engine",
    METADATA,
    sa.Column("owner", sa.String, primary_key=True),
    sa.Column("place", sa.String, nullable=False),
    sa.Column("beat", sa.Integer, nullable=False),
    sa.Column("leave", sa.Integer, nullable=False),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
VERSION = sa.Table("schema_version", METADATA, sa.Column("version", sa.Integer, primary_key=True))

# Entry n brings a store from version n + 1 to n + 2: a tuple of SQL statements that SQLite and
# PostgreSQL both accept. Never change an entry once released; change the tables above with it.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (  # 2, of version 0.2: the form of settings and results is numbered, two columns say more
        "ALTER TABLE job RENAME COLUMN losses TO worker_losses",
        "ALTER TABLE job RENAME COLUMN demand TO resources",
        "ALTER TABLE job ADD COLUMN spec_format INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE job ADD COLUMN result_format INTEGER NOT NULL DEFAULT 1",
        "UPDATE engine SET leave = 1",  # an engine of the version before does not know the names
    ),
    (  # 3: what was imported is told from what was computed here
        "ALTER TABLE job ADD COLUMN imported INTEGER NOT NULL DEFAULT 0",
        "UPDATE job SET imported = 1 WHERE id IN (SELECT job FROM event WHERE kind = 'imported')",
        "UPDATE job SET imported = 0 WHERE attempt > 0",  # computed again since
        "UPDATE engine SET leave = 1",
    ),
    (  # 4: a run takes a name, tags and a note, and says who started it; metrics have their time
        "ALTER TABLE job ADD COLUMN name TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE job ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE job ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE job ADD COLUMN started_by TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE metric ADD COLUMN at DOUBLE PRECISION",
    ),
    (  # 5: what changed is found without reading settings and results
        "CREATE INDEX IF NOT EXISTS job_listed "
        "ON job (sequence, version, id, kind, parent, state, stop)",
    ),
)


def stored_version(connection: sa.Connection) -> int:
    """Return the schema version of a store, 0 when it has no tables yet."""
    if not sa.inspect(connection).has_table(VERSION.name):
        return 0
    return connection.execute(sa.select(sa.func.max(VERSION.c.version))).scalar() or 0


def upgrade(
    connection: sa.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS
) -> tuple[int, int]:
    """Bring the store to the newest version inside the caller's transaction.

    Returns (version found, version now). Raises StoreError if the store is newer than this code.
    """
    newest, found = len(migrations) + 1, stored_version(connection)
    if found > newest:
        raise StoreError(
            f"The store of runs has version {found}, this program knows versions up to {newest}. "
            "Update Pareto Lab, or choose another workspace with PARETO_LAB_HOME."
        )
    if found == 0:
        METADATA.create_all(connection)
    else:
        for statements in migrations[found - 1 :]:
            for statement in statements:
                connection.exec_driver_sql(statement)
    if found < newest:
        connection.execute(sa.delete(VERSION))
        connection.execute(sa.insert(VERSION).values(version=newest))
    return found, newest
