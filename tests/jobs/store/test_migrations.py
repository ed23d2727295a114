"""A store of an earlier version is brought up to date, in SQLite and in PostgreSQL."""

from core.jobs.store.annotation import Annotation
from core.jobs.store.store import Store
from tests.jobs.told import told

# Takes back what version 4 added.
WITHOUT_4 = (
    *(f"ALTER TABLE job DROP COLUMN {name}" for name in ("name", "tags", "note", "started_by")),
    "ALTER TABLE metric DROP COLUMN at",
)


def test_what_was_imported_before_there_was_a_column_is_told_by_its_event(store_url):
    store = Store(store_url)
    imported, computed = (store.submit(told("whoami"), seed) for seed in (1, 2))
    with store.database.write() as connection:
        for statement in (
            *WITHOUT_4,
            "ALTER TABLE job DROP COLUMN imported",
            f"UPDATE event SET kind = 'imported' WHERE job = '{imported}'",
            "UPDATE schema_version SET version = 2",
        ):
            connection.exec_driver_sql(statement)
    store.close()
    store = Store(store_url)
    assert (store.get(imported).imported, store.get(computed).imported) == (True, False)
    assert (store.is_known(imported), store.is_known(computed)) == (False, True)
    store.close()


def test_runs_of_a_store_without_names_have_none_and_take_one(store_url):
    store = Store(store_url)
    id = store.submit(told("whoami"), 1)
    with store.database.write() as connection:
        for statement in (*WITHOUT_4, "UPDATE schema_version SET version = 3"):
            connection.exec_driver_sql(statement)
    store.close()
    store = Store(store_url)
    assert (store.get(id).annotation, store.get(id).started_by) == (Annotation(), "")
    store.annotate(id, Annotation("kept"))
    assert store.get(id).annotation.name == "kept"
    assert store.metric_times(id) == {}
    store.close()
