"""A run in words: one title, wherever it is listed. `names` say what its inputs are called."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.data.store import list_stored
from core.errors import RecordError
from core.evaluation.behaviour import BehaviourSpec
from core.evaluation.forgotten import ForgottenSpec
from core.federated.demo.spec import FederatedGridSpec
from core.federated.presets import TITLES
from core.federated.spec import FederatedComparisonSpec, FederatedSpec
from core.grading.leaderboard import grades_of
from core.grading.spec import GradeSpec
from core.jobs.store.job import Job
from core.jobs.store.store import Store
from core.names import unmarked
from core.pruning.method import AUTO
from core.pruning.methods import METHODS
from core.pruning.plan import PAPER
from core.pruning.preview.spec import CurveSpec, ForgettingSpec, PreviewSpec, SensitivitySpec
from core.pruning.search.seeds import seed_name
from core.pruning.search.spec import CompeteSpec, SweepSpec, TimingSpec
from core.pruning.spec import PruneSpec
from core.records import Spec
from core.runs.federated_labels import federated_name, unusual
from core.runs.labels import method_labels
from core.runs.specs import data_of, source_of, spec_of, teachers_of
from core.settings import to_dict
from core.text import exact_percent, percent, plural
from core.training.recipe import PRESETS, Recipe
from core.training.spec import ImportSpec, TrainSpec
from core.workspace import Workspace

FEDERATED, FEDERATED_NETWORK = FederatedSpec.kinds
KINDS = {
    TrainSpec.kind: "Training",
    ImportSpec.kind: "Uploaded weights",
    PruneSpec.kind: "Pruning",
    SweepSpec.kind: "Sweep",
    CompeteSpec.kind: "Competition",
    TimingSpec.kind: "Timing",
    FEDERATED: "Federated run",
    FEDERATED_NETWORK: "Federated network",
    FederatedComparisonSpec.kind: "Federated comparison",
    FederatedGridSpec.kind: "Grid of the FedAvg demo",
    GradeSpec.kind: "Grading",
    SensitivitySpec.kind: "Layer sensitivity",
    CurveSpec.kind: "One-shot curve",
    BehaviourSpec.kind: "Changed predictions",
    ForgettingSpec.kind: "First forgotten images",
    ForgottenSpec.kind: "Forgotten images",
    PreviewSpec.kind: "Instant preview",
}
UNKNOWN = "settings of an unknown form"


def names_of(store: Store, workspace: Workspace, jobs: Sequence[Job]) -> dict[str, str]:
    """Return what data sets, and networks that jobs start or learn from, are called, by id."""
    names = dataset_names(workspace)
    taught = {id for job in jobs for id in teachers_of(job)}
    known = {id for id in taught | {source_of(job) for job in jobs} if id and store.exists(id)}
    gone = {id: gone_network(id) for id in taught - known}
    return names | gone | {id: short_title(store.get(id)) for id in known}


def gone_network(id: str) -> str:
    """Return what a network is called whose run is not here."""
    return f"deleted network {id[:8]}"


def dataset_names(workspace: Workspace) -> dict[str, str]:
    """Return what the stored data sets are called, by digest; equal names are told apart."""
    stored = list_stored(workspace)
    several = [entry.name for entry in stored]
    return {
        entry.digest: f"{entry.name} ({entry.digest[:4]})"
        if several.count(entry.name) > 1
        else entry.name
        for entry in stored
    }


def short_title(job: Job) -> str:
    """Return what sets a run apart, without its kind and where it came from."""
    return _marked(job.annotation.name or _readable(job) or kind_title(job), job)


def short_title_of(job: Job, spec: Spec | None) -> str:
    """Return the short title of a run whose spec was read already; None: it cannot be read."""
    detail = UNKNOWN if spec is None else detail_of(spec, job)
    return _marked(job.annotation.name or detail or kind_title(job), job)


def _marked(said: str, job: Job) -> str:
    return said + (", imported" if job.imported else "")


def kind_title(job: Job) -> str:
    """Return what runs of this kind are called."""
    return KINDS.get(job.kind, job.kind)


def job_title(job: Job, names: Mapping[str, str] | None = None) -> str:
    """Return what a run is called: the name it was given, else what `usual_title` says.

    names: as there.
    """
    if name := job.annotation.name:
        return name + (" · imported" if job.imported else "")
    return usual_title(job, names)


def usual_title(job: Job, names: Mapping[str, str] | None = None) -> str:
    """Return a run's kind and what sets it apart, whatever somebody has called it.

    names: of `names_of`; without them the title leaves out where its data and network came from.
    """
    known = names or {}
    data = known.get(data_of(job), "")
    detail = _readable(job, data)
    title = ": ".join(part for part in (kind_title(job), detail) if part)
    source = known.get(source_of(job), "")
    where = [f"from {source}" if source else "", "" if data in detail else data]
    mark = "imported" if job.imported else ""
    return " · ".join(part for part in (title, *where, mark) if part)


def _readable(job: Job, data: str = "") -> str:
    # A run may come from another version, or from a stranger's zip: it must not hide the others.
    try:
        spec = spec_of(job)
    except RecordError:
        return UNKNOWN
    return detail_of(spec, job, data)


def detail_of(spec: Spec, job: Job, data: str = "") -> str:
    """Return what sets a run apart from others of its kind. data: what its data are called.

    Names of files and labels of an imported run are strangers' texts: charts find no tag in it.
    """
    return unmarked(DETAILS[type(spec)](spec, job, data)) if type(spec) in DETAILS else ""


def _training(spec: TrainSpec, job: Job, data: str) -> str:
    name = f"{spec.name}, " if spec.network else ""
    return f"{name}{recipe_title(spec.recipe)}, {seed_title(job.seed)}"


def recipe_title(recipe: Recipe) -> str:
    """Return a recipe's preset, or the nearest one and how many of its settings were changed."""
    changes = {name: _changes(recipe, preset) for name, preset in PRESETS.items()}
    name = min(changes, key=lambda each: len(changes[each]))
    if not changes[name]:
        return name.capitalize()
    changed = len(changes[name] - {"epochs", "seconds"})
    others = f", {plural(changed, 'setting')} changed" if changed else ""
    return f"{name.capitalize()}, {recipe.length}{others}"


def _changes(recipe: Recipe, preset: Recipe) -> set[str]:
    ours, theirs = to_dict(recipe), to_dict(preset)
    return {name for name in ours if ours[name] != theirs.get(name)}


def _pruning(spec: PruneSpec, job: Job, data: str) -> str:
    plan = spec.plan
    widths = "" if plan.allocation == AUTO else f", {plan.allocation}"
    cut = f"{plan.rule.label} {percent(plan.sparsity)}{widths}"
    whose = ", paper's recipe" if plan.is_papers else ""
    return f"{cut}, {plan.length}{whose}, {seed_name(job.seed)}"


def _sweep(spec: SweepSpec, job: Job, data: str) -> str:
    everything = set(spec.methods) == set(METHODS)
    which = "all methods" if everything else ", ".join(method_labels()[m] for m in spec.methods)
    cuts = ", ".join(map(exact_percent, spec.sparsities))
    repeated = f", {spec.seeds} seeds" if spec.seeds != 1 else ""
    own = ", papers' recipes too" if PAPER in spec.styles else ""
    return f"{which} at {cuts}, {plural(spec.epochs, 'epoch')}{repeated}{own}"


def _federated(spec: FederatedSpec, job: Job, data: str) -> str:
    """Return algorithm, work, every setting that is not the usual one, and data."""
    if spec.label:
        return spec.label
    name = federated_name(spec, data, unusual(spec))
    return f"{name}, {plural(spec.rounds, 'round')}, {seed_title(job.seed)}"


def _grading(spec: GradeSpec, job: Job, data: str) -> str:
    try:
        count = len(grades_of(job))
    except RecordError:
        count = 0
    files = f"{plural(count, 'file')}, " if count else ""
    hidden = "hidden test set, " if spec.hidden else ""
    return f"{files}{hidden}threshold {spec.threshold:g}"


def _cut(spec: CurveSpec | ForgettingSpec | SensitivitySpec, job: Job, data: str) -> str:
    repaired = ", reconstructed" if getattr(spec, "reconstruction", False) else ""
    return f"{METHODS[spec.method].label}{repaired}"


def _comparison(spec: FederatedComparisonSpec, job: Job, data: str) -> str:
    return TITLES.get(spec.preset, spec.preset)


# What a kind of run says of itself; kinds that are not here say nothing more.
DETAILS: Mapping[type[Spec], Callable[[Any, Job, str], str]] = {
    TrainSpec: _training,
    ImportSpec: lambda spec, job, data: spec.name,
    PruneSpec: _pruning,
    SweepSpec: _sweep,
    CompeteSpec: lambda spec, job, data: plural(spec.minutes, "minute"),
    FederatedSpec: _federated,
    FederatedComparisonSpec: _comparison,
    GradeSpec: _grading,
    SensitivitySpec: _cut,
    CurveSpec: _cut,
    ForgettingSpec: _cut,
}


def seed_title(seed: int) -> str:
    """Return the seed: whole, so that it can be typed in again."""
    return f"seed {seed}"
