"""Layers that hold more than a kernel and a bias: what was added, and how to save without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import WeightsError
from core.networks.formats.hdf5_checks import shown


@dataclass(frozen=True)
class Wrapper:
    """One kind of wrapper.

    starts: how the names of its layers start. classes: of the wrapping layers in a description.
    """

    starts: tuple[str, ...]
    classes: tuple[str, ...]
    state: str
    remedy: str

    def refusal(self, name: str) -> WeightsError:
        """Return the refusal of a layer that is still wrapped."""
        return WeightsError(
            f"{shown(name)} is a layer {self.state}. {self.remedy} and upload that file."
        )


WRAPPERS = (
    Wrapper(
        ("prune_low_magnitude",),
        ("PruneLowMagnitude",),
        "wrapped for pruning, saved with its mask and its threshold",
        "Call tfmot.sparsity.keras.strip_pruning(model) before saving",
    ),
    Wrapper(
        ("cluster_",),
        ("ClusterWeights",),
        "wrapped for clustering, saved with its centroids",
        "Call tfmot.clustering.keras.strip_clustering(model) before saving",
    ),
    Wrapper(  # the toolkit has no call that takes this wrapper off
        ("quant_", "quantize_layer", "quantize_annotate"),
        ("QuantizeWrapper", "QuantizeWrapperV2", "QuantizeLayer", "QuantizeAnnotate"),
        "wrapped for quantization-aware training, saved with its ranges",
        "Copy each layer's kernel and bias into the course's network with layer.set_weights, "
        "save its weights",
    ),
    Wrapper(
        ("spectral_normalization", "weight_normalization"),
        ("SpectralNormalization", "WeightNormalization"),
        "wrapped to normalise its weights, saved with the wrapper's own arrays",
        "Copy each wrapped layer's kernel and bias into the course's network with "
        "layer.set_weights, save its weights",
    ),
)


def check_class(name: str) -> None:
    """Raise WeightsError if a description's class is a wrapper's."""
    for wrapper in WRAPPERS:
        if name in wrapper.classes:
            raise wrapper.refusal(name)


def check_layer(path: str, arrays: Sequence[Any]) -> None:
    """Raise WeightsError if a layer is wrapped, as its name and what it holds tell.

    A layer of somebody's own may be called cluster_head: with one kernel and one bias it is plain.
    """
    if _is_normalisation_of_images(arrays):
        raise normalised_images(path)
    wrapper = wrapper_of(path)
    if wrapper is not None and (wrapper is WRAPPERS[0] or not _is_plain(arrays)):
        raise wrapper.refusal(path)


def normalised_images(name: str) -> WeightsError:
    """Return the refusal of a Normalization layer that has seen images: it changes every answer."""
    return WeightsError(
        f"{shown(name)} is a Normalization layer, which scales the images by a mean and a variance "
        "of its own; the course's network does not have it. Train without it, on images from 0 to "
        "1, and upload that file."
    )


def _is_normalisation_of_images(arrays: Sequence[Any]) -> bool:
    """Tell whether a layer holds a mean, a variance and how many images were counted."""
    if len(arrays) != 3 or not all(hasattr(array, "dtype") for array in arrays):
        return False
    counts = [array for array in arrays if array.shape == () and array.dtype.kind in "iu"]
    others = [array.shape for array in arrays if array.shape != ()]
    return len(counts) == 1 and len(others) == 2 and others[0] == others[1]


def adapted(name: str) -> WeightsError:
    """Return the refusal of a layer with a low-rank adapter beside its kernel."""
    return WeightsError(
        f"{shown(name)} is a layer with a low-rank adapter (LoRA) beside its kernel. Save the "
        "network as .keras or .weights.h5, which add the adapter to the kernel, and upload that "
        "file."
    )


def wrapper_of(path: str) -> Wrapper | None:
    """Return the kind of wrapper that the name of a layer, or of one around it, tells of."""
    parts = path.replace("\\", "/").split("/")
    for wrapper in WRAPPERS:
        if any(part.startswith(wrapper.starts) for part in parts):
            return wrapper
    return None


def _is_plain(arrays: Sequence[Any]) -> bool:
    return len(arrays) == 2 and arrays[1].shape == arrays[0].shape[-1:]
