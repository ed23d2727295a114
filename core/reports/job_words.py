"""Runs in the words of the pages: a title, and their settings as a table."""

from collections.abc import Mapping
from typing import Any

from core.jobs.job import Job
from core.reports.labels import method_labels
from core.reports.runs import describe

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
    "behaviour": "What changed",
    "preview": "Explorer",
    "quick": "First minute",
}


def job_title(job: Job) -> str:
    """Return what a run is called: its kind and what sets it apart."""
    kind = KINDS.get(job.kind, job.kind)
    detail = _detail(job)
    return f"{kind}: {detail}" if detail else kind


def _detail(job: Job) -> str:
    settings = job.settings
    if job.kind == "train":
        return f"{_epochs(settings.get('recipe', {}))}, {seed_words(job.seed)}"
    if job.kind == "prune":
        plan = settings.get("plan", {})
        method = method_labels().get(plan.get("method", ""), str(plan.get("method", "?")))
        allocation = plan.get("allocation", "auto")
        widths = "" if allocation == "auto" else f", {allocation}"
        cut = f"{method} {plan.get('sparsity', 0.0):.1%}{widths}"
        return f"{cut}, {_epochs(plan)}, {seed_words(job.seed)}"
    if job.kind == "sweep":
        methods, levels = settings.get("methods", []), settings.get("sparsities", [])
        return f"{len(methods)} methods at {len(levels)} sparsities"
    if job.kind == "compete":
        return f"{settings.get('minutes', '?')} minutes"
    if job.kind in ("federate", "federate_network"):
        return str(settings.get("label") or describe(settings))
    if job.kind in ("import", "federate_compare"):
        return str(settings.get("name") or settings.get("preset") or "")
    return ""


def seed_words(seed: int) -> str:
    """Return the seed, of a long one (a sweep derives them) the end: enough to tell runs apart."""
    return f"seed {seed}" if seed < 10_000 else f"seed …{seed % 10_000:04d}"


def _epochs(settings: Mapping[str, Any]) -> str:
    count = settings.get("epochs", "?")
    return f"{count} epoch" if count == 1 else f"{count} epochs"


def settings_words(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return (name, value) of every setting as text, nested ones with their path."""
    rows: list[tuple[str, str]] = []
    for name, value in settings.items():
        path = f"{prefix}{name}".replace("_", " ")
        if isinstance(value, Mapping):
            rows += settings_words(value, f"{path}, ")
        else:
            rows.append((path, _text(value)))
    return rows


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
