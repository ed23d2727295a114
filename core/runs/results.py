"""From finished runs in the store to the points and histories that pages and reports show."""

import csv
import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np

from core.data.builtin_datasets import GARMENTS
from core.data.store import find_stored, list_stored
from core.errors import NotFoundError, RecordError
from core.evaluation.point import IMPORTED, Point
from core.evaluation.results import NetworkResult
from core.federated.results import FederatedResult
from core.federated.spec import FederatedSpec
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.names import unmarked
from core.pruning.spec import PruneResult
from core.runs.federated_labels import federated_name
from core.runs.specs import data_of, result_of, source_of, spec_of
from core.settings import digest
from core.workspace import Workspace

DIGEST = re.compile("[0-9a-f]{16}")
NETWORK_KINDS = ("train", "import", "prune")
ASSETS = files("assets")
SAMPLE_SWEEP = ASSETS / "sample_sweep.json"
SAMPLE_FEDERATED = ASSETS / "sample_federated.json.gz"

NO_SMALLER = (
    "Single weights are zero and no unit was taken out: there is no smaller network to offer as "
    "compact.keras, LiteRT or ONNX. A method that removes whole units makes one."
)
SMALL_FORMATS = ("keras", "tflite", "onnx")


@dataclass(frozen=True)
class Network:
    """A finished network: its point and the run that made it."""

    point: Point
    job: Job
    weights: str
    is_reference: bool = True

    @property
    def data(self) -> str:
        """Digest of the data set it was measured on."""
        return data_of(self.job)


def networks(store: Store, data: str | None = None) -> list[Network]:
    """Return every measured network of the store, newest first; of one data set if given."""
    found = [
        network
        for kind in NETWORK_KINDS
        for job in store.jobs(kind=kind, states=[DONE])
        if (network := network_of(job)) is not None
    ]
    chosen = [n for n in found if data is None or n.data == data]
    return sorted(chosen, key=lambda n: -n.job.sequence)


def network_of(job: Job) -> Network | None:
    """Return the measured network of a finished job, None for one that made none.

    One whose result cannot be read has none either: it must not hide the others.
    """
    try:
        result = result_of(job)
    except RecordError:
        return None
    if not isinstance(result, NetworkResult):
        return None
    label = unmarked(job.annotation.name or result.point.label)  # an import brings any text
    point = replace(
        result.point, id=job.id, label=label, parent=result.point.parent or source_of(job)
    )
    return Network(
        marked(point) if job.imported else point, job, result.weights, result.summary is None
    )


def marked(point: Point) -> Point:
    """Return the point as that of an imported run, wherever it is shown."""
    return replace(point, label=f"{point.label}, imported", notes=(IMPORTED, *point.notes))


def other_files(network: Network, workspace: Workspace) -> list[Path]:
    """Return the other files of a finished network that are here: formats, and the small one's."""
    result = result_of(network.job)
    if not isinstance(result, NetworkResult):
        return []
    small = getattr(result, "compact", None) or {}
    # The reference network's small files have been left out of its pages since version 0.1.
    names = [] if network.is_reference else [small.get(kind) for kind in SMALL_FORMATS]
    every = [*result.files.values(), *(str(name) for name in names if name)]
    folder = workspace.artifacts(network.job.id)
    return [folder / Path(name).name for name in every if (folder / Path(name).name).is_file()]


def not_offered(network: Network) -> str:
    """Return why formats of the small network are not offered, "" where all are."""
    result = result_of(network.job)
    small = getattr(result, "compact", None) or {}
    if not small and not network.is_reference and isinstance(result, PruneResult):
        return NO_SMALLER
    reasons = (small.get(f"{kind}_refused") for kind in SMALL_FORMATS)
    return " ".join(str(reason) for reason in reasons if reason)


def weights_path(network: Network, workspace: Workspace) -> Path:
    """Return where a network's weights file lies. Raises NotFoundError when it was deleted."""
    path = workspace.artifacts(network.job.id) / Path(network.weights).name
    if not network.weights or not path.is_file():
        raise NotFoundError(
            f"The weights of “{network.point.label}” are no longer here. Run it again."
        )
    return path


def relabelled(network: Network, label: str) -> Network:
    """Return the network under another label."""
    return replace(network, point=replace(network.point, label=label))


def common_dense(chosen: Sequence[Network], known: Mapping[str, Network]) -> Network | None:
    """Return the root that all chosen networks descend from, None if there is no such one."""
    roots = {_root(network, known).job.id for network in chosen}
    return known.get(roots.pop()) if len(roots) == 1 else None


def dense_of(store: Store, network: Network) -> str | None:
    """Return the run of the dense network that a pruned one came from; None if it is not here."""
    source = source_of(network.job) if network.job.kind == "prune" else ""
    if not source or not store.exists(source):
        return None
    return source if network_of(store.get(source)) is not None else None


def _root(network: Network, known: Mapping[str, Network]) -> Network:
    seen = {network.job.id}
    while network.point.parent in known and network.point.parent not in seen:
        network = known[network.point.parent]
        seen.add(network.job.id)
    return network


def data_names(workspace: Workspace, digests: Sequence[str]) -> dict[str, str]:
    """Return the names of data sets by digest; one that was deleted is called by its digest."""
    stored = {each.digest: each.name for each in list_stored(workspace)}
    return {digest: stored.get(digest, f"deleted data set {digest[:8]}") for digest in digests}


def class_names_of(workspace: Workspace, network: Network) -> tuple[str, ...]:
    """Return the class names of a network's data set; numbers when the set was deleted."""
    stored = find_stored(workspace, network.data)
    classes = len(network.point.per_class_accuracy)
    return stored.class_names if stored else tuple(f"class {n}" for n in range(1, classes + 1))


def shown_names(workspace: Workspace, data: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return what a data set's classes are called today. names: as a run has kept them."""
    stored = find_stored(workspace, data)
    if stored is None or len(stored.class_names) != len(names):
        return tuple(map(unmarked, names))
    return stored.class_names


def sample_points() -> list[Point]:
    """Return the points of the bundled finished sweep, the dense network first."""
    sample = json.loads(SAMPLE_SWEEP.read_text("utf-8"))
    return [Point.from_json(values) for values in (sample["dense"], *sample["points"])]


def sample_class_names() -> tuple[str, ...]:
    """Return the class names of the data set that the bundled sweep ran on."""
    with GARMENTS.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return tuple(str(name) for name in arrays["class_names"])


@dataclass(frozen=True)
class History:
    """One federated run: what it was told, and one row of numbers per round."""

    id: str
    label: str
    spec: FederatedSpec
    seed: int
    rows: tuple[dict[str, float], ...]

    @property
    def algorithm(self) -> str:
        """Name of the algorithm in the ALGORITHMS table."""
        return self.spec.algorithm

    @property
    def data(self) -> str:
        """Where the clients' data came from."""
        return self.spec.data

    @property
    def facts(self) -> dict[str, object]:
        """Every setting by name, whatever was left out included."""
        return self.spec.facts(self.seed)


def history_of(job: Job, workspace: Workspace) -> History | None:
    """Return a finished federated job's history, None when the job is of another kind.

    Raises RecordError when it cannot be read, NotFoundError when its file is gone.
    """
    result = result_of(job) if job.kind in FederatedSpec.kinds else None
    return None if not isinstance(result, FederatedResult) else _history(job, result, workspace)


def _history(job: Job, result: FederatedResult, workspace: Workspace) -> History:
    spec = federated_spec(job)
    rows = result.rows or _read_rows(job, result, workspace)
    known = tuple({k: v for k, v in row.items() if v is not None} for row in rows)
    return History(job.id, history_label(job, spec), spec, job.seed, known)


def history_label(job: Job, spec: FederatedSpec) -> str:
    """Return what a federated run is called: its given name, else its label, else what it is."""
    said = unmarked(job.annotation.name or spec.label or federated_name(spec))
    return said + (", imported" if job.imported else "")


def federated_spec(job: Job) -> FederatedSpec:
    """Return what a federated run was told. Raises RecordError for another run."""
    spec = spec_of(job)
    if not isinstance(spec, FederatedSpec):
        raise RecordError(f"Run {job.id} is not a federated run. Choose one on the Runs page.")
    return spec


def _read_rows(
    job: Job, result: FederatedResult, workspace: Workspace
) -> Sequence[Mapping[str, float | None]]:
    path = workspace.artifacts(job.id) / Path(result.history).name
    if not path.is_file():
        raise NotFoundError(f"The history of run {job.id} is no longer here. Run it again.")
    return read_history(path.read_text())


def sample_histories(question: str | None = None) -> list[History]:
    """Return the federated runs of the bundled sample, one a setting; none if it is not there.

    question: name of a preset, for its runs only.
    """
    if not SAMPLE_FEDERATED.is_file():
        return []
    sample = json.loads(gzip.decompress(SAMPLE_FEDERATED.read_bytes()))
    asked = [q for q in sample["questions"] if question in (None, q["name"])]
    runs = [run for each in asked for run in each["runs"]]
    found = {}
    for run in runs:
        rows = tuple({k: v for k, v in row.items() if v is not None} for row in run["rounds"])
        spec = FederatedSpec.from_json(run["settings"])
        id = digest({k: v for k, v in run["settings"].items() if k != "label"})
        found[id] = History(id, run["label"], spec, sample["seed"], rows)
    return list(found.values())


def read_history(text: str) -> list[dict[str, float]]:
    """Return the rows of a history.csv; cells that are empty or no numbers are left out."""
    return [
        {key: value for key, cell in row.items() if (value := _number(cell)) is not None}
        for row in csv.DictReader(text.splitlines())
    ]


def _number(cell: str | None) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        return None


def with_children(store: Store, ids: Sequence[str]) -> list[Job]:
    """Return the jobs with these ids and everything they ordered or were made from, each once."""
    found: dict[str, Job] = {}
    waiting = list(ids)
    while waiting:
        job = store.get(waiting.pop(0))
        if job.id in found:
            continue
        found[job.id] = job
        waiting += [child.id for child in store.jobs(parent=job.id)]
        if source := source_of(job):
            waiting.append(source)
    return list(found.values())


def on_images(job: Job) -> bool:
    """Tell whether a run is on a stored data set; federated clients may have data of their own."""
    return DIGEST.fullmatch(data_of(job)) is not None


REPORTABLE = (
    "sweep",
    "compete",
    "federate_compare",
    "prune",
    "train",
    "import",
    "federate",
    "federate_network",
)


def reportable(store: Store) -> list[Job]:
    """Return the runs a report can be made of, newest first; children come with their parents."""
    ended = [job for kind in REPORTABLE for job in store.jobs(kind=kind, states=[DONE])]
    own = [job for job in ended if job.parent is None]
    return sorted(own, key=lambda job: -job.sequence)
