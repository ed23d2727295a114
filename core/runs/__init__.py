"""Finished and running jobs as people see them: titles, results, selection."""

__all__ = [
    "activity",
    "conclusions",
    "federated_names",
    "federated_runs",
    "import_checks",
    "labels",
    "learning_curves",
    "parts",
    "remarks",
    "results",
    "selection",
    "setting_rows",
    "settings_phrase",
    "specs",
    "titles",
]
