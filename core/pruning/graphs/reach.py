"""How far cutting single weights of a network reaches, and what is said of plans beyond that."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.errors import SettingsError
from core.networks.graph import Network
from core.pruning.plan import PrunePlan
from core.text import exact_percent, rounded_down_percent


@dataclass(frozen=True)
class Reach:
    """What of a network can become zero, weight by weight.

    most: entries of kernels that may go, as one stays in each. never: parameters of other kinds.
    """

    parameters: int
    never: int
    most: int

    @classmethod
    def of(cls, network: Network) -> "Reach":
        """Return what can go of a network."""
        shapes, kernels = network.parameter_shapes(), network.kernel_uses
        entries = sum(math.prod(shapes[name]) for name in kernels)
        return cls(network.parameters, network.parameters - entries, entries - len(kernels))

    @property
    def share(self) -> float:
        """The highest sparsity."""
        return self.most / self.parameters

    @property
    def sentence(self) -> str:
        """What a person is told before choosing a sparsity."""
        return (
            f"By cutting single weights, at most {rounded_down_percent(self.share, 1)} can be "
            f"zero: {self.never:,} of {self.parameters:,} parameters are never cut, and one "
            "weight is left in every kernel."
        )

    def check(self, sparsity: float) -> None:
        """Raise SettingsError for a sparsity that cutting single weights cannot reach."""
        if round(sparsity * self.parameters) > self.most:
            raise SettingsError(
                f"A sparsity of {exact_percent(sparsity)} cannot be reached. {self.sentence} "
                f"Choose at most {rounded_down_percent(self.share, 4)}."
            )

    def first(self, plan: PrunePlan) -> PrunePlan:
        """Return what a form shows first: the plan, at a whole percentage that can be reached."""
        if plan.rule.structured or plan.sparsity <= self.share:
            return plan
        return replace(plan, sparsity=math.floor(self.share * 100) / 100)

    def check_plans(self, plans: Iterable[PrunePlan]) -> None:
        """Raise SettingsError for the first plan that cuts single weights, and too many."""
        for plan in plans:
            if not plan.rule.structured:
                self.check(plan.sparsity)
