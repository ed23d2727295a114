"""One hand-in as the doctor sees it: weights, some labelled images, and what its author claims."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.data.dataset import Split
from core.evaluation.accuracy import softmax
from core.networks import numpy_forward
from core.networks.network import NetworkShape, Weights

TRIED_ON = 240  # images: enough to tell a network that works from one that does not
PASSING = 0.6  # accuracy from which a network without claims is taken to work
MATTERS = 3e-4  # between a claimed sparsity and the file's
SHORTFALL = 0.03  # below its claimed accuracy, a network is looked at
FIRST_LOOK = 4  # every how many of the images are asked before all of them
HOPELESS = 0.2  # of accuracy missing on a first look: three standard errors of it


@dataclass(frozen=True)
class Finding:
    """One verdict: what is wrong ("likely" where it is inferred), the numbers, the remedy."""

    name: str
    verdict: str
    evidence: str
    remedy: str

    @property
    def sentence(self) -> str:
        """All of it as one line."""
        return f"{self.verdict} {self.evidence} {self.remedy}"


@dataclass(frozen=True)
class Case:
    """A network, the images to try it on (float32 in [0, 1]), and the claims, None where unsaid.

    notes: what was said when the file was read. given: the network's probabilities of all images
    where somebody has asked it already.
    """

    weights: Weights
    shape: NetworkShape
    images: Split
    notes: tuple[str, ...] = ()
    claimed_accuracy: float | None = None
    claimed_sparsity: float | None = None
    given: np.ndarray | None = None

    @cached_property
    def _places(self) -> np.ndarray:
        """Which of the images repairs are tried on: some from everywhere."""
        count = min(TRIED_ON, len(self.images))
        places = np.linspace(0, len(self.images) - 1, count).round()
        return np.asarray(places, np.int64)

    @cached_property
    def tried(self) -> Split:
        """The images that repairs are tried on."""
        return self.images.take(self._places)

    @cached_property
    def rows(self) -> np.ndarray:
        """What dense1 reads for each image that is tried."""
        return numpy_forward.hidden(self.weights, self.tried.images)

    @cached_property
    def answers(self) -> np.ndarray:
        """(n, classes) probabilities of the images that are tried."""
        if self.given is not None:
            return np.asarray(self.given[self._places])
        return softmax(numpy_forward.classified(self.weights, self.rows))

    @cached_property
    def accuracy(self) -> float:
        """The share of the tried images whose class is found."""
        return self.right(self.answers)

    @cached_property
    def accuracy_on_all(self) -> float:
        """The share of all images whose class is found."""
        outputs = numpy_forward.predict_logits(self.weights, self.images.images)
        return float(np.mean(outputs.argmax(axis=1) == self.images.labels))

    @property
    def sparsity_as_claimed(self) -> bool:
        """Whether the file has what its author says, as exactly as they say it: 0.95 is rounded."""
        claimed = self.claimed_sparsity
        if claimed is None:
            return False
        _, _, decimals = f"{claimed:.6f}".rstrip("0").partition(".")
        rounded = 0.5 * 10.0 ** -max(1, len(decimals))
        return abs(claimed - self.sparsity) <= max(MATTERS, rounded)

    @property
    def chance(self) -> float:
        """The accuracy of guessing."""
        return 1 / self.shape.classes

    @property
    def is_low(self) -> bool:
        """Whether the accuracy is one that needs an explanation."""
        if self.claimed_accuracy is None:
            return self.accuracy <= PASSING
        return self.accuracy < self.claimed_accuracy - SHORTFALL

    @property
    def wanted(self) -> float:
        """The accuracy at which a repaired network works."""
        claimed = self.claimed_accuracy
        return PASSING if claimed is None else claimed - 2 * SHORTFALL

    @cached_property
    def zeros(self) -> int:
        """Exact zeros among all parameters, as the score counts them."""
        return sum(_zeros(array) for array in self.weights.values())

    @cached_property
    def kernel_zeros(self) -> int:
        """Exact zeros in kernels alone."""
        return sum(_zeros(array) for array in self.kernels.values())

    @cached_property
    def kernel_parameters(self) -> int:
        """Values in kernels alone: 592,224 of the reference network's 592,933."""
        return sum(array.size for array in self.kernels.values())

    @property
    def sparsity(self) -> float:
        """Zeros over all parameters."""
        return self.zeros / self.shape.parameters

    @cached_property
    def kernels(self) -> dict[str, np.ndarray]:
        """The kernels by the names of their layers."""
        return {
            name.removesuffix("/kernel"): array
            for name, array in self.weights.items()
            if name.endswith("/kernel")
        }

    def right(self, answers: np.ndarray) -> float:
        """Return the share of the tried images whose class these answers choose."""
        return float(np.mean(answers.argmax(axis=1) == self.tried.labels))

    def accuracy_of(self, weights: Weights, images: np.ndarray | None = None) -> float:
        """Return another network's accuracy on the tried images, or on `images` in their place.

        Of some of them only, where it is far from working there.
        """
        seen = self.tried.images if images is None else images
        chosen = numpy_forward.predict_logits(weights, seen[::FIRST_LOOK]).argmax(axis=1)
        first = float(np.mean(chosen == self.tried.labels[::FIRST_LOOK]))
        if first < self.wanted - HOPELESS:
            return first
        return self.right(numpy_forward.predict_logits(weights, seen))


def _zeros(array: np.ndarray) -> int:
    return array.size - int(np.count_nonzero(array))


def share(value: float) -> str:
    """Return a share with two decimals, as claims of sparsity have them."""
    return f"{100 * value:.2f}%"
