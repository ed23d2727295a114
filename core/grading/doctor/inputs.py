"""A network that was trained on other inputs: images in another scale, or normalised layers."""

import numpy as np

from core.grading.doctor.case import FIRST_LOOK, Case
from core.grading.doctor.repair import CLEAR_GAIN, Repair
from core.networks import numpy_forward
from core.networks.network import PADDING, Weights

EPSILON = 1e-3  # Keras's BatchNormalization
IMAGENET = (np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))


def image_scale(case: Case) -> Repair:
    """Try the images in the scales that people train on."""
    scales = _scales(case.tried.images)
    reached = {name: case.accuracy_of(case.weights, seen) for name, seen in scales.items()}
    best = max(reached, key=lambda name: reached[name])
    return Repair(
        "image-scale",
        reached[best],
        "The network was likely trained on images in another scale.",
        f"when the images are {best} instead of 0 to 1",
        "Train and prune with images divided by 255 and nothing else, or work the scale into "
        "conv1's kernel and bias.",
        CLEAR_GAIN,
    )


def channels(case: Case) -> Repair | None:
    """Try the images with the colours in the opposite order, as OpenCV reads them."""
    images = case.tried.images
    if images.shape[-1] != 3 or (images[..., 0] == images[..., 2]).all():
        return None
    return Repair(
        "channel-order",
        case.accuracy_of(case.weights, images[..., ::-1]),
        "The network was likely trained on images in the order blue, green, red.",
        "when the images' channels are put in the opposite order",
        "Read the images in the order red, green, blue (cv2.cvtColor(image, cv2.COLOR_BGR2RGB)), "
        "or reverse the input channels of conv1's kernel.",
    )


def _scales(images: np.ndarray) -> dict[str, np.ndarray]:
    each = (0, 1, 2)
    found = {
        "0 to 255": images * 255,
        "-1 to 1": images * 2 - 1,
        "inverted (1 minus the value)": 1 - images,
        "standardised (mean 0, deviation 1 in each channel)": (images - images.mean(each))
        / (images.std(each) + 1e-7),
        "centred (mean 0)": images - images.mean(each),
    }
    if images.shape[-1] == 3:
        mean, deviation = (part.astype(np.float32) for part in IMAGENET)
        found["standardised with ImageNet's numbers"] = (images - mean) / deviation
    return found


def not_folded(case: Case) -> Repair:
    """Try the convolutions with their outputs normalised, as a BatchNormalization would."""
    return Repair(
        "batch-normalisation",
        case.accuracy_of(_normalised(case)),
        "A BatchNormalization was likely left out, or folded only in part.",
        "when the outputs of the convolutions are normalised",
        "Fold each BatchNormalization before dropping it: kernel * gamma / sqrt(variance + "
        "epsilon), (bias - mean) * gamma / sqrt(variance + epsilon) + beta.",
    )


def _normalised(case: Case) -> Weights:
    """Return weights whose convolutions answer some of the images with mean 0 and deviation 1."""
    weights, seen = dict(case.weights), case.tried.images[::FIRST_LOOK]
    for layer in PADDING:
        outputs = numpy_forward.after(weights, seen, layer, relu=False)
        mean, deviation = outputs.mean((0, 1, 2)), np.sqrt(outputs.var((0, 1, 2)) + EPSILON)
        weights[f"{layer}/kernel"] = weights[f"{layer}/kernel"] / deviation
        weights[f"{layer}/bias"] = (weights[f"{layer}/bias"] - mean) / deviation
    return weights
