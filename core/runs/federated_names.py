"""Names of federated runs that say what they are and that no two runs share."""

from collections.abc import Sequence
from dataclasses import replace

from core.runs.federated_labels import apart, federated_name
from core.runs.finished.histories import History


def distinct(histories: Sequence[History]) -> list[History]:
    """Return the histories without repetitions: runs that differ in their label only."""
    found: dict[str, History] = {}
    for history in histories:
        found.setdefault(repr((sorted(history.facts.items()), history.seed)), history)
    return list(found.values())


def named(histories: Sequence[History]) -> list[History]:
    """Return the histories with systematic labels, all different."""
    plain = [federated_name(history.spec) for history in histories]
    groups = {
        label: [h for h, own in zip(histories, plain, strict=True) if own == label]
        for label in plain
    }
    labels = [
        federated_name(history.spec, also=_apart(history, groups[label]))
        for label, history in zip(plain, histories, strict=True)
    ]
    return [
        replace(history, label=label if labels.count(label) == 1 else f"{label}, {history.id[:8]}")
        for label, history in zip(labels, histories, strict=True)
    ]


def _apart(history: History, group: Sequence[History]) -> list[str]:
    """Return the settings, and the seed, in which this run differs from those of its name."""
    words = apart(history.spec.facts(), [other.spec.facts() for other in group])
    seeds = {other.seed for other in group}
    return [*words, *([f"seed {history.seed}"] if len(seeds) > 1 else [])]
