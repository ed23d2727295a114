import uuid
from pathlib import Path

import psutil
import psycopg
import pytest

from core.jobs.engine import control
from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.jobs import postgres
from tests.jobs.watching import processes
from tests.second_user import as_somebody_else

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def postgres_server():
    with postgres.server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server):
    """A fresh, empty database."""
    name = f"lab_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres", f"/{name}")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store_url(request, tmp_path):
    """The address of an empty store, once of each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'jobs.db'}"


@pytest.fixture
def contract_store(store_url):
    """An empty store of each kind."""
    store = Store(store_url)
    yield store
    store.close()


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace whose engine runs the small test tasks; nothing of it survives the test."""
    monkeypatch.setenv("PARETO_LAB_TASKS", "tests.jobs.work:TASKS")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PARETO_LAB_STORE", raising=False)
    yield Workspace(tmp_path)
    for process in processes(tmp_path):
        process.kill()
    psutil.wait_procs(processes(tmp_path), timeout=10)


@pytest.fixture
def store(workspace):
    store = Store(workspace.store_url)
    yield store
    store.close()


@pytest.fixture
def second_user():
    return as_somebody_else()


@pytest.fixture
def lab(workspace, store):
    """The store of a workspace whose engine is alive."""
    control.ensure(workspace)
    yield store
    control.stop(workspace)
    assert processes(workspace.root) == []
