"""A run in words: one title, wherever it is listed. `names` say what its inputs are called."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.data.store import list_stored
from core.errors import SettingsError
from core.federated.algorithms import ALGORITHMS
from core.federated.federate import HIDDEN
from core.federated.presets import TITLES
from core.federated.run_settings import RunSettings
from core.jobs.store.job import Job
from core.jobs.store.store import Store
from core.pruning.search.sweep import ALL
from core.runs.labels import method_labels
from core.runs.results import describe
from core.settings import describe as fields_of
from core.settings import from_dict, non_default
from core.training.recipe import PRESETS, Recipe
from core.workspace import Workspace

KINDS = {
    "train": "Training",
    "import": "Uploaded weights",
    "prune": "Pruning",
    "sweep": "Sweep",
    "compete": "Competition",
    "federate": "Federated run",
    "federate_network": "Federated network",
    "federate_compare": "Federated comparison",
    "grade": "Grading",
    "sensitivity": "Sensitivity",
    "curve": "One-shot curve",
    "behaviour": "What changed",
    "preview": "Explorer",
    "quick": "First minute",
}
SOURCES = ("dense", "start")  # settings that name the run whose network is taken
SAID = ("rounds", "local_steps", "local_epochs")  # of a federated run, by words of their own


def names_of(store: Store, workspace: Workspace, jobs: Sequence[Job]) -> dict[str, str]:
    """Return what the data sets and the networks that jobs start from are called, by id."""
    stored = list_stored(workspace)
    several = [entry.name for entry in stored]
    names = {
        entry.digest: f"{entry.name} ({entry.digest[:4]})"
        if several.count(entry.name) > 1
        else entry.name
        for entry in stored
    }
    sources = {str(job.settings.get(key) or "") for job in jobs for key in SOURCES} - {""}
    return names | {id: short_title(store.get(id)) for id in sources if store.exists(id)}


def short_title(job: Job) -> str:
    """Return what sets a run apart, without its kind and where it came from."""
    return _readable(job) or KINDS.get(job.kind, job.kind)


def job_title(job: Job, names: Mapping[str, str] | None = None) -> str:
    """Return what a run is called: its kind and what sets it apart.

    names: of `names_of`; without them the title leaves out where its data and network came from.
    """
    known = names or {}
    data = known.get(str(job.settings.get("data", "")), "")
    detail = _readable(job, data)
    title = ": ".join(part for part in (KINDS.get(job.kind, job.kind), detail) if part)
    starts = (str(job.settings.get(key)) for key in SOURCES)
    source = next((known[id] for id in starts if id in known), "")
    where = [f"from {source}" if source else "", "" if data in detail else data]
    return " · ".join(part for part in (title, *where) if part)


def _readable(job: Job, data: str = "") -> str:
    # A run may come from another version, or from a stranger's zip: it must not hide the others.
    try:
        return _detail(job, data)
    except (AttributeError, KeyError, TypeError, ValueError):
        return "settings of an unknown form"


def _detail(job: Job, data: str = "") -> str:
    settings = job.settings
    if job.kind == "train":
        return f"{recipe_words(settings.get('recipe', {}))}, {seed_words(job.seed)}"
    if job.kind == "prune":
        return f"{_plan_words(settings.get('plan', {}))}, {seed_words(job.seed)}"
    if job.kind == "sweep":
        return _sweep_words(settings)
    if job.kind == "compete":
        return f"{settings.get('minutes', '?')} minutes"
    if job.kind in ("federate", "federate_network"):
        return str(settings.get("label") or _federated_words(job, data))
    if job.kind == "federate_compare":
        preset = str(settings.get("preset") or "")
        return TITLES.get(preset, preset)
    if job.kind == "grade":
        return _grading_words(job)
    if job.kind in ("sensitivity", "curve"):
        repaired = ", repaired" if settings.get("recovery") else ""
        return f"{_method(settings.get('method', ''))}{repaired}"
    return str(settings.get("name") or "") if job.kind == "import" else ""


def recipe_words(values: Mapping[str, Any]) -> str:
    """Return a recipe's preset, or its epochs and how many settings differ from the course's."""
    try:
        recipe = from_dict(Recipe, values)
    except SettingsError:  # of another version of this program
        return _epochs(values)
    named = next((name for name, preset in PRESETS.items() if preset == recipe), "")
    changed = len(non_default(recipe).keys() - {"epochs"})
    others = f", {changed} setting{'' if changed == 1 else 's'} changed" if changed else ""
    return named.capitalize() if named else f"{_epochs(values)}{others}"


def _plan_words(plan: Mapping[str, Any]) -> str:
    allocation = plan.get("allocation", "auto")
    widths = "" if allocation == "auto" else f", {allocation}"
    cut = f"{_method(plan.get('method', '?'))} {plan.get('sparsity', 0.0):.1%}{widths}"
    pure = ", paper's recipe" if plan.get("label") == "pure" else ""
    return f"{cut}, {_epochs(plan)}{pure}"


def _sweep_words(settings: Mapping[str, Any]) -> str:
    methods, levels = settings.get("methods", []), settings.get("sparsities", [])
    which = "all methods" if ALL in (methods, *methods) else ", ".join(map(_method, methods))
    cuts = ", ".join(f"{100 * level:g}" for level in levels)
    seeds = settings.get("seeds", 1)
    repeated = f", {seeds} seeds" if seeds != 1 else ""
    own = ", papers' recipes too" if "pure" in settings.get("styles", ()) else ""
    return f"{which} at {cuts} %, {_epochs({'epochs': 6, **settings})}{repeated}{own}"


def _method(name: Any) -> str:
    return method_labels().get(str(name), str(name))


def _federated_words(job: Job, data: str) -> str:
    """Return algorithm, data, work, and every setting that is not the usual one."""
    own = {field.name: field for field in fields_of(RunSettings) if field.name not in SAID}
    others = [
        f"{name.replace('_', ' ')} {job.settings[name]:g}"
        if isinstance(job.settings[name], float)
        else f"{name.replace('_', ' ')} {job.settings[name]}"
        for name, field in own.items()
        if job.settings.get(name, field.default) != field.default
    ]
    rounds = f"{job.settings.get('rounds', '?')} rounds"
    own_words = [*_divided(job.settings), *_network_words(job.settings), *_own_settings(job)]
    parts = [describe(job.settings, data), *own_words, rounds, *others, seed_words(job.seed)]
    return ", ".join(parts)


def _divided(settings: Mapping[str, Any]) -> list[str]:
    division = dict(settings.get("partition") or {})
    name = str(division.pop("name", "")).replace("_", " ")
    return [" ".join([name, *(f"{k} {v:g}" for k, v in division.items())])] if name else []


def _network_words(settings: Mapping[str, Any]) -> list[str]:
    if settings.get("network") == "cnn":
        return ["the CNN"]
    hidden = settings.get("hidden", HIDDEN)
    if hidden == HIDDEN:
        return []
    return [f"{hidden} hidden units" if hidden else "logistic regression"]


def _own_settings(job: Job) -> list[str]:
    """Return the algorithm's own settings that are not the usual ones."""
    usual = {f.name: f.default for f in fields_of(ALGORITHMS[job.settings["algorithm"]])}
    own = job.settings.get("algorithm_settings") or {}
    return [f"{name.replace('_', ' ')} {v}" for name, v in own.items() if usual.get(name) != v]


def _grading_words(job: Job) -> str:
    hidden = "hidden test set, " if job.settings.get("hidden") else ""
    grades = (job.result or {}).get("grades")
    files = f"{len(grades)} file{'' if len(grades) == 1 else 's'}, " if grades else ""
    return f"{files}{hidden}threshold {job.settings.get('threshold', 0.6):g}"


def seed_words(seed: int) -> str:
    """Return the seed, of a long one (a sweep derives them) the end: enough to tell runs apart."""
    return f"seed {seed}" if seed < 10_000 else f"seed …{seed % 10_000:04d}"


def _epochs(settings: Mapping[str, Any]) -> str:
    count = settings.get("epochs", "?")
    return f"{count} epoch" if count == 1 else f"{count} epochs"
