"""The instant explorer for any network: what a cut does to accuracy before any retraining."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

import numpy as np

from core.errors import SettingsError
from core.evaluation.accuracy import accuracy, predict
from core.evaluation.cost import sparsity
from core.evaluation.forgotten import Answers
from core.evaluation.network_point import layers_of_network
from core.evaluation.score import score
from core.evaluation.strip import survived
from core.networks.graph import Network
from core.networks.groups.compaction import scatter
from core.networks.groups.dead_units import without_dead_units
from core.networks.groups.unit_groups import unit_groups
from core.networks.network import Weights, check_finite, check_weights
from core.networks.prepare import NetworkData
from core.progress import Silent
from core.pruning.graphs.counts import keep_counts
from core.pruning.graphs.single_weights import WeightCutter, applied, kernels_of, lowest_removed
from core.pruning.graphs.units import living_network, select_units, unit_scores
from core.pruning.groups.context import GraphContext, Scores, UnitBudget, UnitSelection
from core.pruning.plan import PrunePlan
from core.pruning.preview.explorer import LOOKED_AT, PROBES, SAMPLE_IMAGES, Preview
from core.pruning.preview.spec import LayerView, check_shares
from core.pruning.reconstruction.plan_step import sample
from core.randomness import derived_seed
from core.settings import digest

LEAST_IMAGES = 100
MULTIPLY_ADDS = 20_000_000_000  # of one answer: about a second on two cores


def images_for(network: Network, most: int, multiply_adds: float = MULTIPLY_ADDS) -> int:
    """Return how many images a network is tried on, so that one answer does not take long."""
    affordable = int(multiply_adds / max(network.multiply_adds, 1))
    return min(most, max(LEAST_IMAGES, affordable))


class NetworkExplorer:
    """Answers sliders for one dense network: what does not change between moves is kept.

    Raises WeightsError if the weights do not fit the data's network or are not finite.
    """

    def __init__(self, dense: Weights, data: NetworkData, seed: int = 0) -> None:
        check_weights(dense, data.network)
        check_finite(dense)
        self._dense, self._data, self._seed = dense, data, seed
        self.split = data.validation.spread(images_for(data.network, LOOKED_AT))
        self.class_names = data.class_names
        self._before = self._predicted(dense)
        self._dense_accuracy = accuracy(self._before, self.split.labels)
        self._few = replace(data, train=sample(data.train, SAMPLE_IMAGES, seed))
        self._living = living_network(data.network, dense)
        self._scores: dict[str, Scores] = {}

    def _predicted(self, weights: Weights) -> np.ndarray:
        return predict(weights, self._data.network, self.split.as_float())

    @cached_property
    def falls(self) -> np.ndarray:
        """How many of a few cuts of growing depth leave each image right; the same for all cuts."""
        found = []
        for probe in PROBES:
            with suppress(SettingsError):  # the kernels do not hold so much
                found.append(self.answer(PrunePlan(sparsity=probe, epochs=0)).answers.after)
        return survived(self.split.labels, found)

    def compared(self, weights: Weights) -> Answers:
        """Return what the dense network and another one of its shape answer."""
        return Answers(self.split.labels, self._before, self._predicted(weights))

    def answer(
        self,
        plan: PrunePlan,
        per_layer: Mapping[str, float] | None = None,
        reconstruction: bool = False,
    ) -> Preview:
        """Return what the plan's cut does.

        per_layer: layer -> share of its weights, or unit group -> share of its units, to remove
        instead of an allocation. Raises SettingsError for methods that have to train before they
        can choose, and for reconstruction, which is made for the reference network.
        """
        started = time.perf_counter()
        check_shares(per_layer)
        if reconstruction:
            raise SettingsError(
                "Least-squares reconstruction is made for the reference network. Turn it off, or "
                "run channel regression, which reconstructs in any network."
            )
        cut = self._units if plan.rule.structured else self._weights
        weights, notes = cut(plan, per_layer)
        answers = self.compared(weights)
        found, reached = accuracy(answers.after, self.split.labels), sparsity(weights)
        return Preview(
            plan=plan,
            sparsity=reached,
            accuracy=found,
            dense_accuracy=self._dense_accuracy,
            score=score(found, reached),
            images=len(self.split),
            layers=self._views(weights),
            notes=notes,
            seconds=time.perf_counter() - started,
            reconstructed=False,
            weights=weights,
            answers=answers,
            cuts=self.cuts(plan),
        )

    def cuts(self, plan: PrunePlan) -> tuple[str, ...]:
        """Return what may be given a share of its own: layers, or unit groups by their makers.

        Some methods leave groups alone whose units more than one layer makes.
        """
        if plan.rule.structured:
            groups = unit_groups(self._data.network)
            if plan.rule.units_lost:
                return tuple(plan.rule.units_lost(groups))
            return tuple(group.name for group in groups.free)
        return tuple(kernels_of(self._data.network))

    def _weights(
        self, plan: PrunePlan, per_layer: Mapping[str, float] | None
    ) -> tuple[Weights, tuple[str, ...]]:
        cutter = WeightCutter(self._data, replace(plan, epochs=0), self._seed, self._dense)
        allocation = {"a": plan.resolved_allocation}
        scores = self._known(plan, allocation, lambda: cutter.scores(self._dense))
        if per_layer is None:
            return applied(cutter.cut(scores, plan.sparsity), self._dense), ()
        masks: dict[str, np.ndarray] = {}
        for layer, names in kernels_of(self._data.network).items():
            own = {name: scores[name] for name in names}
            masks |= lowest_removed(own, per_layer.get(layer, 0.0))
        return applied(masks, self._dense), ()

    def _units(
        self, plan: PrunePlan, per_layer: Mapping[str, float] | None
    ) -> tuple[Weights, tuple[str, ...]]:
        rule, small = plan.rule, self._living
        if rule.trains:
            raise SettingsError(
                f"{rule.label} has to train its factors before it can choose, so it has no instant "
                "preview. Start a run, or preview another method."
            )
        own = derived_seed(self._seed, "cut", 1)
        data = self._few if rule.unit_select else self._data
        context = GraphContext(small.network, small.weights, data, own, Silent())
        scores = self._known(plan, {}, lambda: unit_scores(context, plan))
        if per_layer is None:
            target = round((1 - plan.sparsity) * small.full.parameters)
            chosen = select_units(context, plan, target, 0, plan.sparsity, scores)
        else:
            chosen = self._shares(context, plan, scores, per_layer)
        left = small.without(chosen.kept, chosen.weights)
        living = without_dead_units(unit_groups(left.network), left.weights)
        left = left.without(living, left.weights)
        return scatter(unit_groups(left.full), left.weights, left.kept), chosen.notes

    def _shares(
        self,
        context: GraphContext,
        plan: PrunePlan,
        scores: Scores,
        per_layer: Mapping[str, float],
    ) -> UnitSelection:
        """Return the units that stay when every group loses a share of its own."""
        full = {group.name: len(group.units) for group in unit_groups(self._data.network).free}
        counts = {
            name: max(1, min(len(each), round((1 - per_layer.get(name, 0.0)) * full[name])))
            for name, each in scores.items()
        }
        if plan.rule.unit_select is None:
            return UnitSelection(keep_counts(scores, counts), context.weights)
        budget = UnitBudget(counts, lambda found: keep_counts(found, counts), 0, plan.sparsity)
        return plan.rule.unit_select(context, plan.method_settings, budget)

    def _known(
        self, plan: PrunePlan, more: Mapping[str, str], find: Callable[[], Scores]
    ) -> Scores:
        """Return the scores of a method with its settings, found once."""
        key = digest({"m": plan.method, "s": dict(plan.settings), **more})
        if key not in self._scores:
            self._scores[key] = find()
        return self._scores[key]

    def _views(self, weights: Weights) -> tuple[LayerView, ...]:
        groups = unit_groups(self._data.network)
        layers = layers_of_network(groups, weights, without_dead_units(groups, weights))
        kernels = kernels_of(self._data.network)
        return tuple(
            LayerView(
                each.name, each.parameters, each.zeros, each.units, each.units - each.dead_units
            )
            for each in layers
            if each.name in kernels
        )
