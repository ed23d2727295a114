"""A store of an earlier version is brought up to date, in SQLite and in PostgreSQL."""

from core.jobs.store.store import Store
from tests.jobs.told import told


def test_what_was_imported_before_there_was_a_column_is_told_by_its_event(store_url):
    store = Store(store_url)
    imported, computed = (store.submit(told("whoami"), seed) for seed in (1, 2))
    with store.database.write() as connection:
        for statement in (
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
