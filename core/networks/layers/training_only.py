"""Layers that act only while a network is trained: at inference they pass their input on."""

from dataclasses import dataclass
from typing import Any, ClassVar

from core.networks.layers.kind import Kind


@dataclass(frozen=True)
class Dropout(Kind):
    """Entries left out at random. Srivastava et al. 2014."""

    rate: float = 0.5


@dataclass(frozen=True)
class SpatialDropout1D(Dropout):
    """Whole channels of sequences left out at random."""


@dataclass(frozen=True)
class SpatialDropout2D(Dropout):
    """Whole channels of images left out at random."""


@dataclass(frozen=True)
class AlphaDropout(Dropout):
    """Dropout for self-normalising networks. Klambauer et al. 2017, arXiv:1706.02515."""


@dataclass(frozen=True)
class GaussianDropout(Dropout):
    """Entries multiplied by random numbers around 1."""


@dataclass(frozen=True)
class GaussianNoise(Kind):
    """Random numbers around 0 added."""

    stddev: float = 0.1


@dataclass(frozen=True)
class ActivityRegularization(Kind):
    """A penalty on the size of activations."""

    l1: float = 0.0
    l2: float = 0.0


@dataclass(frozen=True)
class StochasticDepth(Kind):
    """Residual branches left out at random, in ConvNeXt. Huang et al. 2016, arXiv:1603.09382."""

    module: ClassVar[str] = "keras.applications.convnext"

    drop_path_rate: float = 0.0

    def keras_class(self) -> Any:
        from keras.src.applications.convnext import StochasticDepth

        return StochasticDepth


PASSING = (Dropout, GaussianNoise, ActivityRegularization, StochasticDepth)
