"""From a run's details to the page on which it is looked at."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import streamlit as st

from core.federated.spec import FederatedComparisonSpec, FederatedSpec
from core.grading.spec import GradeSpec
from core.jobs.store.job import DONE, Job
from core.pruning.preview.spec import CurveSpec, SensitivitySpec
from core.pruning.search.spec import CompeteSpec, SweepSpec
from core.pruning.spec import PruneSpec
from core.runs.federated_runs import question_of
from core.runs.specs import data_of, source_of
from core.training.spec import ImportSpec, TrainSpec

FEDERATED = (*FederatedSpec.kinds, FederatedComparisonSpec.kind)

# Kind of run -> the view of the Prune page that shows it.
VIEWS: Mapping[str, Callable[[str], dict[str, str]]] = {
    CompeteSpec.kind: lambda run: {"view": "compete", "run": run},
    SensitivitySpec.kind: lambda run: {"view": "sensitivity"},
    CurveSpec.kind: lambda run: {"view": "sensitivity"},
    SweepSpec.kind: lambda run: {},
    PruneSpec.kind: lambda run: {},
}


class Link(NamedTuple):
    """A page, what the link says, and the address's parameters."""

    page: str
    label: str
    parameters: dict[str, str]


def links_of(job: Job) -> list[Link]:
    """Return where a run is shown in full, most telling first; none for what no page shows."""
    run, data, dense = job.id, data_of(job), source_of(job)
    if job.kind in FEDERATED:
        return [Link("federated", "Open on Federated", {"run": run, "question": _question(job)})]
    if job.kind in (TrainSpec.kind, ImportSpec.kind):
        return [Link("training", "Open on Train", {"run": run, "data": data})]
    if job.kind == GradeSpec.kind:
        return [Link("grading", "Open on Grade", {"run": run, "data": data})]
    if job.kind == SweepSpec.kind and not dense:
        return [Link("home", "Open its frontier", {"sweep": run})]
    if job.kind == PruneSpec.kind and job.state == DONE:
        compare = Link("frontier", "Compare on Frontier", {"data": data, "points": run[:8]})
        return [_pruning(data, dense, point=run), compare]
    return [_pruning(data, dense, **VIEWS[job.kind](run))] if job.kind in VIEWS else []


def _pruning(data: str, dense: str, **more: str) -> Link:
    return Link("pruning", "Open on Prune", {"data": data, "dense": dense, **more})


def _question(job: Job) -> str:
    return question_of(job) or "own"


def run_links(job: Job) -> None:
    """Offer the pages on which a run is shown in full."""
    with st.container(horizontal=True):
        for page, label, parameters in links_of(job):
            st.page_link(
                f"{page}.py",
                label=label,
                icon=":material/open_in_new:",
                query_params={name: value for name, value in parameters.items() if value},
            )
