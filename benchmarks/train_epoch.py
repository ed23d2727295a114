"""Seconds of a training epoch: this project's engine beside plain Keras, in turns, in one run.

Wall time is what a person waits on a quiet machine; CPU time hardly minds other programs.

python -m benchmarks.train_epoch [--data NAME_OR_FILE] [--images 4096] [--rounds 3]
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.data.builtin_datasets import load_any
from core.data.dataset import Split
from core.networks.network import NetworkShape, build, initial_weights, set_weights
from core.networks.prepare import Prepared, prepare
from core.progress import Silent
from core.training.recipe import Recipe
from core.training.train import train
from core.workspace import open_workspace


def main() -> None:
    """Print a table of seconds per epoch and the ratio to plain Keras."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="garments")
    parser.add_argument("--images", type=int, default=4096, help="training images of an epoch")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    data = _few(prepare(load_any(options.data, open_workspace())), options.images)
    contenders = _contenders(data)
    for run in contenders.values():
        run()
    rounds = [{name: run() for name, run in contenders.items()} for _ in range(options.rounds)]
    _print({name: np.array([row[name] for row in rounds]) for name in contenders}, len(data.train))


def _few(data: Prepared, images: int) -> Prepared:
    few = Split(data.train.images[:images], data.train.labels[:images])
    one = Split(data.validation.images[:1], data.validation.labels[:1])
    return replace(data, train=few, validation=one)


def _contenders(data: Prepared) -> dict[str, Callable[[], np.ndarray]]:
    return {
        f"{who}, batch {batch}": maker(data, batch)
        for batch in (32, 64)
        for who, maker in (
            ("Keras model.fit", _keras),
            ("this engine, float32", _engine("float32")),
            ("this engine, bfloat16", _engine("bfloat16")),
            ("the same, normalised", _engine("bfloat16", batch_normalisation=True)),
        )
    }


def _keras(data: Prepared, batch: int) -> Callable[[], np.ndarray]:
    import keras

    shape: NetworkShape = data.shape
    model = build(shape)
    set_weights(model, initial_weights(shape, 1))
    model.compile(
        keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    images, labels = data.train.images, data.train.labels

    def run() -> np.ndarray:
        start = now()
        model.fit(images, labels, batch_size=batch, epochs=1, verbose=0)
        return now() - start

    return run


def _engine(
    precision: str, batch_normalisation: bool = False
) -> Callable[[Prepared, int], Callable[[], np.ndarray]]:
    def maker(data: Prepared, batch: int) -> Callable[[], np.ndarray]:
        recipe = Recipe(
            epochs=2,
            batch_size=batch,
            flips=True,
            crop=2,
            precision=precision,
            batch_normalisation=batch_normalisation,
        )
        weights = initial_weights(data.shape, 1)

        def run() -> np.ndarray:
            clock = EpochClock()
            train(weights, data.shape, data, recipe, 1, clock)
            return clock.seconds[-1]

        return run

    return maker


def now() -> np.ndarray:
    """Return wall and CPU seconds since some fixed point."""
    return np.array([time.perf_counter(), time.process_time()])


class EpochClock(Silent):
    """Takes the time between two epochs, so that tracing is not counted."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[np.ndarray] = []
        self._last = now()

    def record(self, step: int, **values: float) -> None:
        """Note the time since the last epoch."""
        self.seconds.append(now() - self._last)
        self._last = now()


def _print(seconds: dict[str, np.ndarray], images: int) -> None:
    print(f"| who ({images:,} images, median) | wall s | of Keras | CPU s | of Keras |")
    print("|---|---|---|---|---|")
    for name, rounds in seconds.items():
        keras = seconds["Keras model.fit, " + name.rpartition(", ")[2]]
        (wall, cpu), (wall_ratio, cpu_ratio) = np.median(rounds, 0), np.median(rounds / keras, 0)
        print(f"| {name} | {wall:.2f} | {wall_ratio:.2f} | {cpu:.2f} | {cpu_ratio:.2f} |")


if __name__ == "__main__":
    main()
