"""A federated run in words: its algorithm, its work, its data, and whatever sets it apart."""

from collections.abc import Sequence

from core.data.partition import Partition
from core.federated.algorithms import ALGORITHMS
from core.federated.spec import FederatedSpec
from core.runs.labels import algorithm_labels, data_label
from core.settings import SettingField, describe, non_default
from core.text import plural

# What a name says by words of its own, and the order of what people would say next.
NAMED = ("data", "algorithm", "local_steps", "local_epochs")
FIRST = ("learning_rate", "hidden", "network", "clients_per_round", "batch_size", "rounds")


def federated_name(spec: FederatedSpec, data: str = "", also: Sequence[str] = ()) -> str:
    """Return algorithm, local work and data: "FedAvg (20 local epochs) on Synthetic(1, 1)".

    data: what its data set is called, if it has a name. also: what else to say in the brackets.
    """
    algorithm = algorithm_labels().get(spec.algorithm, spec.algorithm)
    work = [] if spec.rule.own_work else [_work(spec)]
    inside = ", ".join([*work, *also])
    return f"{algorithm}{f' ({inside})' if inside else ''} on {data or data_label(spec.data)}"


def _work(spec: FederatedSpec) -> str:
    count, unit = (
        (spec.local_steps, "local step") if spec.local_steps else (spec.local_epochs, "local epoch")
    )
    return plural(count, unit)


def unusual(spec: FederatedSpec) -> list[str]:
    """Return every setting that is not the usual one, in words; the rounds are said elsewhere."""
    own = ALGORITHMS[spec.algorithm]
    usual = {f.name: f.default for f in (*describe(FederatedSpec), *describe(own))}
    facts = spec.facts()
    changed = [
        name
        for name, value in facts.items()
        if name not in (*NAMED, "rounds") and value != usual.get(name.removeprefix("algorithm."))
    ]
    said = [name for name in ordered(changed) if name != "partition" or spec.partition is not None]
    return [fact_label(name, facts[name]) for name in said]


def apart(one: dict[str, object], group: Sequence[dict[str, object]]) -> list[str]:
    """Return the facts in which one run differs from others of its name, in words."""
    names = ordered(dict.fromkeys(name for facts in group for name in facts))
    differing = [name for name in names if len({repr(facts.get(name)) for facts in group}) > 1]
    return [fact_label(name, one[name]) for name in differing if name in one]


def ordered(names: Sequence[str] | dict[str, None]) -> list[str]:
    """Return names of facts in the order in which people would say them."""
    return sorted(names, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))


def fact_label(name: str, value: object) -> str:
    """Return one setting and its value as a person says them."""
    if name == "hidden" and isinstance(value, tuple):
        return f"{'-'.join(map(str, value))} hidden units" if value else "logistic regression"
    if name == "network":
        return "the CNN"
    if isinstance(value, Partition):
        return _partition_text(value)
    shown = f"{value:g}" if isinstance(value, float) else value
    plain = name.removeprefix("algorithm.").replace("_", " ")
    return f"{plain} as usual" if value is None else f"{plain} {shown}"


def _own(partition: Partition) -> list[SettingField]:
    return [field for field in describe(partition) if field.name != "clients"]


def _partition_text(partition: Partition) -> str:
    said = {
        **non_default(partition),
        **{f.name: getattr(partition, f.name) for f in _own(partition)},
    }
    words = [f"{name.replace('_', ' ')} {value:g}" for name, value in said.items()]
    return " ".join([partition.name.replace("_", " "), *words])
