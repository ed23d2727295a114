"""The NumPy forward pass beside TensorFlow's: time on one core, and how far the answers differ.

python -m benchmarks.numpy_forward [--images 1000]

Prints one JSON object.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np

from core.evaluation.accuracy import softmax
from core.networks import forward, numpy_forward
from core.networks.network import REFERENCE, initial_weights

MODULE = "benchmarks.numpy_forward"
ROUNDS = 3
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
ONE_EACH = dict.fromkeys((*THREADS, "TF_NUM_INTEROP_THREADS"), "1")


def fastest(function: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return the least seconds of the processor of several rounds, and the answer.

    The first one warms up. What others on the machine do counts less than on the clock.
    """
    answer, seconds = function(), []
    for _ in range(ROUNDS):
        started = time.process_time()
        answer = function()
        seconds.append(time.process_time() - started)
    return min(seconds), answer


def measured(images: int) -> dict[str, float]:
    """Return seconds of both, their ratio, and the largest difference of a probability."""
    rng = np.random.default_rng(1)
    weights = {n: 2 * a for n, a in initial_weights(REFERENCE, 1).items()}
    asked = rng.random((images, *REFERENCE.input_shape), dtype=np.float32)
    ours, found = fastest(lambda: numpy_forward.predict_logits(weights, asked))
    theirs, wanted = fastest(lambda: forward.predict_logits(weights, asked))
    return {
        "images": images,
        "numpy_seconds": round(ours, 3),
        "tensorflow_seconds": round(theirs, 3),
        "ratio": round(ours / theirs, 2),
        "largest_difference": float(np.abs(softmax(found) - softmax(wanted)).max()),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1000)
    if not os.environ.keys() >= ONE_EACH.keys():  # to be set before NumPy is imported
        os.execve(
            sys.executable, [sys.executable, "-m", MODULE, *sys.argv[1:]], os.environ | ONE_EACH
        )
    print(json.dumps(measured(parser.parse_args().images), indent=2))
