"""Names of federated runs that say what they are and that no two runs share."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.federated.algorithms import ALGORITHMS
from core.runs.labels import algorithm_labels, data_words
from core.runs.results import History
from core.settings import digest

# What may tell two runs apart, in the order in which people would say it.
TELLING = (
    "learning_rate",
    "hidden",
    "clients_per_round",
    "batch_size",
    "rounds",
    "algorithm_settings",
    "partition",
    "stragglers",
    "dropouts",
    "learning_rate_decay",
)


def distinct(histories: Sequence[History]) -> list[History]:
    """Return the histories without repetitions: runs that differ in their label only."""
    found: dict[str, History] = {}
    for history in histories:
        own = {key: value for key, value in history.settings.items() if key != "label"}
        found.setdefault(digest({"settings": own, "seed": history.seed}), history)
    return list(found.values())


def named(histories: Sequence[History]) -> list[History]:
    """Return the histories with systematic labels, all different."""
    plain = [name(history) for history in histories]
    groups = {label: [h for h in histories if name(h) == label] for label in plain}
    labels = [name(h, _apart(h, groups[label])) for label, h in zip(plain, histories, strict=True)]
    return [
        replace(history, label=label if labels.count(label) == 1 else f"{label}, {history.id[:8]}")
        for label, history in zip(labels, histories, strict=True)
    ]


def name(history: History, also: Sequence[str] = ()) -> str:
    """Return algorithm, local work and data: "FedAvg (20 local epochs) on Synthetic(1, 1)"."""
    algorithm = algorithm_labels().get(history.algorithm, history.algorithm)
    row = ALGORITHMS.get(history.algorithm)
    work = [] if row and row.own_work else [_work(history.settings)]
    inside = ", ".join([*work, *also])
    return f"{algorithm}{f' ({inside})' if inside else ''} on {data_words(history.data)}"


def _work(settings: dict[str, Any]) -> str:
    steps, epochs = settings.get("local_steps"), settings.get("local_epochs") or 1
    count, unit = (steps, "local step") if steps else (epochs, "local epoch")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _apart(history: History, group: Sequence[History]) -> list[str]:
    """Return the settings, and the seed, in which this run differs from those of its name."""
    if len(group) == 1:
        return []
    words = [
        _words(key, history.settings.get(key))
        for key in TELLING
        if len({repr(other.settings.get(key)) for other in group}) > 1
    ]
    if len({other.seed for other in group}) > 1:
        words.append(f"seed {history.seed}")
    return words


def _words(key: str, value: Any) -> str:
    if key == "hidden":
        named = {"0": "logistic regression", "None": "the CNN"}
        return named.get(str(value), f"{value} hidden units")
    if isinstance(value, dict):
        return ", ".join(f"{name} {setting}" for name, setting in value.items())
    return f"{key.replace('_', ' ')} {'as usual' if value is None else value}"
