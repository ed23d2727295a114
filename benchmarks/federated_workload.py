"""The workload all federated systems share, and how a peer measures itself; needs NumPy only."""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

FEATURES, HIDDEN, CLASSES, BATCH, RATE = 60, 128, 10, 10, 0.01


def clients(count: int, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (inputs, labels) of clients with 100 to 300 samples, multiples of the batch."""
    rng = np.random.default_rng(seed)
    deviations = np.arange(1, FEATURES + 1) ** -0.6
    made = []
    for size in BATCH * rng.integers(10, 31, count):
        weight = rng.normal(rng.normal(), 1, (FEATURES, CLASSES))
        centre = rng.normal(rng.normal(), 1, FEATURES)
        inputs = centre + deviations * rng.standard_normal((size, FEATURES))
        made.append((inputs.astype(np.float32), np.argmax(inputs @ weight, axis=1)))
    return made


def validation(inputs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the tenth of a client's samples that is evaluated as validation data besides all."""
    tenth = len(labels) // 10
    return inputs[:tenth], labels[:tenth]


def initial() -> list[np.ndarray]:
    """Return Glorot-uniform kernels and zero biases: W1, b1, W2, b2."""
    rng, parameters = np.random.default_rng(0), []
    for sides in ((FEATURES, HIDDEN), (HIDDEN, CLASSES)):
        limit = np.sqrt(6 / sum(sides))
        parameters += [rng.uniform(-limit, limit, sides).astype(np.float32)]
        parameters += [np.zeros(sides[1], np.float32)]
    return parameters


def loss(parameters: list, data: list) -> float:
    """Return the mean training loss, to see that a system really trained."""
    w1, b1, w2, b2 = (np.asarray(p) for p in parameters)
    inputs = np.concatenate([x for x, _ in data])
    labels = np.concatenate([y for _, y in data])
    logits = np.maximum(inputs @ w1 + b1, 0) @ w2 + b2
    logits -= logits.max(axis=1, keepdims=True)
    normalisers = np.log(np.exp(logits).sum(axis=1))
    return float(np.mean(normalisers - logits[np.arange(len(labels)), labels]))


def cpu_seconds() -> float:
    """Return the CPU time of this process and of everything it started, for Flower's workers."""
    import psutil

    total = time.process_time()
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


def arguments() -> tuple[int, int, int]:
    """Return clients, epochs and rounds from the command line."""
    count, epochs, rounds = (int(text) for text in sys.argv[1:4])
    return count, epochs, rounds


def measure(one_round, rounds: int) -> list[float]:
    """Return the CPU seconds of each round after a first one for warming up."""
    one_round()
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        one_round()
        seconds.append(time.process_time() - began)
    return seconds


def report(seconds: list[float], final_loss: float, **others: object) -> None:
    """Print one JSON line: CPU seconds of a round's training alone, and the loss reached."""
    result = {"median": float(np.median(seconds)), "lowest": min(seconds), "loss": final_loss}
    print(json.dumps({**result, "file": Path(sys.argv[0]).stem, "cpus": cpus(), **others}))


def evaluated(seconds: list[float]) -> dict[str, float]:
    """Return what to report of rounds in which all samples are evaluated too."""
    return {"evaluated_median": float(np.median(seconds)), "evaluated_lowest": min(seconds)}


def cpus() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))
