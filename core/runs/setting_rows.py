"""A run's settings as a table in the words of the pages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace

from core.data.partition import Partition
from core.errors import RecordError
from core.evaluation.differences import Difference, differences
from core.evaluation.point import Point
from core.federated.presets import TITLES
from core.federated.spec import FederatedSpec
from core.jobs.store.job import Job
from core.pruning.plan import DEFAULT, PAPER
from core.pruning.stored_plan import with_defaults
from core.runs.federated_labels import federated_name
from core.runs.finished.networks import Network
from core.runs.labels import algorithm_labels, method_labels
from core.runs.specs import spec_of, teachers_of
from core.text import exact_percent

TITLES_OF = {"data": "data set", "dense": "network", "start": "begins with"}
NOTHING = {"dense": "trained first", "start": "fresh weights"}
STYLES = {DEFAULT: "default", PAPER: "paper's recipe"}  # of a sweep, as the pages call them
FREE = ("name", "label")  # texts that a person wrote
HIDDEN = ("as_read",)
PERCENTAGES = ("sparsity", "sparsities")
IDENTIFIER = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")


def run_settings(job: Job, names: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """Return (name, value) of every setting of a run, or why they cannot be read.

    names: id -> what the data set or network is called.
    """
    try:
        return setting_rows(spec_of(job), names or {})
    except RecordError as error:
        return [("settings", str(error))]


def network_differences(networks: Sequence[Network]) -> list[Difference]:
    """Return the settings in which pruned networks differ, the teachers of their runs included."""
    taught = any(teachers_of(network.job) for network in networks)
    return differences(with_defaults([_told(network, taught) for network in networks]))


def _told(network: Network, taught: bool) -> Point:
    """Return a point whose plan names its teachers, which only its run's settings hold."""
    if not taught:
        return network.point
    plan = {**network.point.plan, "teachers": teachers_of(network.job)}
    return replace(network.point, plan=plan)


def setting_rows(
    settings: object, names: Mapping[str, str], prefix: str = ""
) -> list[tuple[str, str]]:
    """Return (name, value) of every setting as text, those of its parts with their path."""
    rows: list[tuple[str, str]] = []
    for name, value in _values(settings).items():
        path = f"{prefix}{TITLES_OF.get(name, name).replace('_', ' ')}"
        if isinstance(value, Mapping) or is_dataclass(value):
            rows += setting_rows(value, names, f"{path}, ")
        else:
            rows.append((path, setting_text(name, value, names)))
    return rows


def _values(settings: object) -> Mapping[str, object]:
    if isinstance(settings, Mapping):
        return settings
    known = [one.name for one in fields(settings) if one.name not in HIDDEN]  # type: ignore
    own = {"name": settings.name.replace("_", " ")} if isinstance(settings, Partition) else {}
    return own | {name: getattr(settings, name) for name in known}


def setting_text(name: str, value: object, names: Mapping[str, str]) -> str:
    """Return a setting's value in the words of the pages: the label of a method, yes or no.

    names: id -> what the data set or network is called.
    """
    if value is None:
        return NOTHING.get(name, "–")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(setting_text(name, item, names) for item in value) or "none"
    if isinstance(value, FederatedSpec):
        return value.label or federated_name(value)
    if isinstance(value, float):
        return exact_percent(value) if name in PERCENTAGES else f"{value:g}"
    return _words(name, str(value), names)


def _words(name: str, value: str, names: Mapping[str, str]) -> str:
    if name in FREE:
        return value
    known = {**method_labels(), **algorithm_labels(), **TITLES, **STYLES, **names}
    spaced = value.replace("_", " ") if IDENTIFIER.fullmatch(value) else value
    return known.get(value, spaced)
