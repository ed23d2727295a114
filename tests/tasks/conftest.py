"""The workspace and store of the tests of jobs serve the tests of tasks."""

from tests.jobs.conftest import store, workspace

__all__ = ["store", "workspace"]
