"""methods, algorithms, datasets, runs: what there is."""

from argparse import Namespace
from typing import Any

from core.commands.output import answer, table
from core.commands.session import Session
from core.data import builtin_datasets
from core.data import store as dataset_store
from core.federated.algorithms import ALGORITHMS
from core.pruning.methods import METHODS
from core.settings import describe


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser's sub-commands."""
    listings = {
        "methods": (methods, "list the pruning methods and their settings"),
        "algorithms": (algorithms, "list the federated algorithms and their settings"),
        "datasets": (datasets, "list built-in and stored data sets"),
        "runs": (runs, "list the runs of this workspace"),
    }
    for name, (function, about) in listings.items():
        commands.add_parser(name, help=about).set_defaults(run=function)


def methods(session: Session, options: Namespace) -> None:
    """List every pruning method."""
    rows = [
        {
            "name": name,
            "label": method.label,
            "structured": method.structured,
            "paper": method.paper,
            "settings": _settings(method.settings),
        }
        for name, method in METHODS.items()
    ]
    _listed("methods", rows, ["name", "label", "paper"], options)


def algorithms(session: Session, options: Namespace) -> None:
    """List every federated algorithm."""
    rows = [
        {
            "name": name,
            "label": algorithm.label,
            "paper": algorithm.paper,
            "objective": algorithm().objective,
            "settings": _settings(algorithm),
        }
        for name, algorithm in ALGORITHMS.items()
    ]
    _listed("algorithms", rows, ["name", "label", "paper"], options)


def _settings(cls: type) -> list[dict[str, Any]]:
    return [
        {
            "name": field.name,
            "default": field.default,
            "low": field.low,
            "high": field.high,
            "choices": list(field.choices),
            "help": field.help,
        }
        for field in describe(cls)
    ]


def datasets(session: Session, options: Namespace) -> None:
    """List what --data accepts by name or digest."""
    rows = [{"name": name, "about": b.about} for name, b in builtin_datasets.BUILT_IN.items()]
    rows += [
        {"name": stored.digest, "about": f"{stored.name}: {stored.train:,} training images"}
        for stored in dataset_store.list_stored(session.workspace)
    ]
    _listed("datasets", rows, ["name", "about"], options)


def runs(session: Session, options: Namespace) -> None:
    """List all runs, newest first."""
    rows = [
        {
            "id": job.id,
            "kind": job.kind,
            "state": job.shown_state,
            "done": round(job.share_done, 3),
            "message": job.message,
            "error": job.error,
            "imported": job.imported,
        }
        for job in session.store.jobs()
    ]
    _listed("runs", rows, ["id", "kind", "state", "done", "message"], options)


def _listed(name: str, rows: list[dict[str, Any]], columns: list[str], options: Namespace) -> None:
    if options.json:
        answer({name: rows}, as_json=True)
    else:
        table(rows, columns)
