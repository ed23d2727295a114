"""Background jobs: store, engine, runner, tasks."""
