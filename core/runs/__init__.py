"""Finished and running jobs as people see them: titles, results, selection."""

__all__ = [
    "activity",
    "federated_names",
    "federated_runs",
    "finished",
    "home",
    "import_checks",
    "imported",
    "labels",
    "learning_curves",
    "network_list",
    "overlay",
    "progress",
    "remarks",
    "selection",
    "setting_rows",
    "settings_phrase",
    "specs",
    "sweep_parts",
    "table",
    "titles",
]
