"""How much accuracy each layer or unit group of any network costs when it alone is pruned."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from core.data.dataset import Split
from core.evaluation.accuracy import accuracy, predict
from core.networks.graph import Network
from core.networks.groups.compaction import masked
from core.networks.groups.unit_groups import unit_groups
from core.networks.network import Weights
from core.networks.prepare import NetworkData
from core.progress import Progress, Silent
from core.pruning.graphs.counts import keep_counts
from core.pruning.graphs.explorer import images_for
from core.pruning.graphs.single_weights import WeightCutter, applied, kernels_of, lowest_removed
from core.pruning.graphs.units import unit_scores
from core.pruning.groups.context import GraphContext
from core.pruning.plan import PrunePlan
from core.pruning.preview.sensitivity import IMAGES, LEVELS, SensitivityTable

MULTIPLY_ADDS = 2e12  # of a whole table: a minute or two on two cores
UNPRUNED = "unpruned accuracy"  # no layer is called so


def network_sensitivity(
    dense: Weights,
    data: NetworkData,
    plan: PrunePlan,
    seed: int = 0,
    progress: Progress | None = None,
) -> SensitivityTable:
    """Return the table for the plan's method: a row a layer, or a unit group for whole units.

    The plan's sparsity and training do not matter. Resumes after the last finished row.
    """
    return table_of(
        analyse_network(dense, data, plan, seed, progress or Silent()), plan, data.network
    )


def analyse_network(
    dense: Weights, data: NetworkData, plan: PrunePlan, seed: int, progress: Progress
) -> dict[str, np.ndarray]:
    """Return the table as arrays, one row after another, saved after each."""
    rows = rows_of(plan, data.network)
    affordable = MULTIPLY_ADDS / (len(rows) * len(LEVELS))
    split = data.validation.spread(images_for(data.network, IMAGES, affordable))
    done = dict(progress.load() or {})
    if UNPRUNED not in done:
        done[UNPRUNED] = np.array(_accuracy(dense, data.network, split))
    for number, (row, cuts) in enumerate(_cuts(dense, data, plan, seed)):
        if row not in done:
            progress.report(number, len(rows), f"Sensitivity of {row}")
            done[row] = np.array([_accuracy(each, data.network, split) for each in cuts])
            progress.save(done)
    return done


def rows_of(plan: PrunePlan, network: Network) -> tuple[str, ...]:
    """Return what is pruned alone: every layer with kernels, or every free unit group."""
    if plan.rule.structured:
        return tuple(group.name for group in unit_groups(network).free)
    return tuple(kernels_of(network))


def table_of(
    arrays: Mapping[str, np.ndarray], plan: PrunePlan, network: Network
) -> SensitivityTable:
    """Return the table of what `analyse_network` saved."""
    rows = rows_of(plan, network)
    accuracies = np.stack([arrays[row] for row in rows])
    return SensitivityTable(rows, LEVELS, accuracies, float(arrays[UNPRUNED]))


def _accuracy(weights: Weights, network: Network, split: Split) -> float:
    return accuracy(predict(weights, network, split.as_float()), split.labels)


def _cuts(
    dense: Weights, data: NetworkData, plan: PrunePlan, seed: int
) -> Iterator[tuple[str, Iterator[Weights]]]:
    """Yield each row with the weights at every level of LEVELS."""
    if plan.rule.structured:
        context = GraphContext(data.network, dense, data, seed, Silent())
        for name, values in unit_scores(context, plan).items():
            counts = [max(1, round((1 - level) * len(values))) for level in LEVELS]
            kept = [keep_counts({name: values}, {name: count}) for count in counts]
            yield name, (masked(context.groups, dense, each) for each in kept)
        return
    alone = replace(plan, allocation="uniform")  # layer by layer there is nothing to divide
    scores = WeightCutter(data, alone, seed, dense).scores(dense)
    for layer, names in kernels_of(data.network).items():
        own = {name: scores[name] for name in names}
        yield layer, (applied(lowest_removed(own, level), dense) for level in LEVELS)
