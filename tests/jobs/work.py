"""A table of small tasks that do real, bit-exact NumPy work, for tests and fault injection."""

import os
import time
from typing import Any

import numpy as np

from core.errors import SettingsError
from core.evaluation.results import NetworkResult
from core.jobs.runner.context import Context
from core.jobs.store.spec import StoredSpec
from core.jobs.store.store import Child
from core.networks.formats import keras_h5
from core.networks.network import NetworkShape, initial_weights
from core.randomness import generator
from core.tasks import inputs
from tests.evaluation.points import point

SHAPE = NetworkShape((14, 14, 3), 5, (2, 3, 4, 5, 6))


def descend(context: Context) -> dict[str, Any]:
    """Gradient descent on a random quadratic, one noisy step at a time; resumes bit-exactly."""
    steps, pause = context.settings["steps"], context.settings.get("pause", 0.0)
    every = context.settings.get("save_every", 5)
    problem = generator(context.seed, "problem")
    matrix, target = problem.normal(size=(32, 32)) / 8, problem.normal(size=32)
    state = context.progress.load() or {"step": np.array(0), "weights": np.zeros(32)}
    weights = state["weights"]
    for step in range(int(state["step"]), steps):
        residual = matrix @ weights - target
        noise = generator(context.seed, "noise", step).normal(size=32)
        weights = weights - 0.1 * (matrix.T @ residual) + 0.001 * noise
        context.progress.record(
            step + 1, loss=float(residual @ residual), norm=float(weights @ weights)
        )
        context.progress.report(step + 1, steps, f"step {step + 1}")
        if (step + 1) % every == 0:
            context.progress.save({"step": np.array(step + 1), "weights": weights})
        time.sleep(pause)
    np.save(context.folder / "weights.npy", weights)
    return {"weights": weights.tobytes().hex()}


def sweep(context: Context) -> dict[str, Any]:
    """Ask for one `descend` a seed and gather the results."""
    settings = {k: v for k, v in context.settings.items() if k != "points"}
    wanted = [
        Child(StoredSpec("descend", settings), seed) for seed in range(context.settings["points"])
    ]
    points = context.children(wanted)
    return {"points": [job.result for job in points], "states": [job.state for job in points]}


def preview(context: Context) -> dict[str, Any]:
    """Answer at once, with the process that answered."""
    return {"twice": 2 * context.settings["value"], "process": os.getpid()}


def whoami(context: Context) -> dict[str, Any]:
    """Say which process worked."""
    return {"process": os.getpid()}


def crash(context: Context) -> dict[str, Any]:
    """End the process without a word, as a segmentation fault would."""
    print("about to crash", flush=True)
    os._exit(77)


def network(context: Context) -> dict[str, Any]:
    """Make a network, as training does."""
    keras_h5.write(context.folder / "dense.h5", initial_weights(SHAPE, context.seed))
    made = NetworkResult(weights="dense.h5", shape=SHAPE, point=point(0.5, 0.0))
    return made.to_json()


def norm(context: Context) -> dict[str, Any]:
    """Add up the weights that another run made, and say on which host."""
    found = inputs.network(context, context.settings["dense"])
    time.sleep(context.settings.get("pause", 0.0))
    total = sum(float(np.abs(value).sum()) for value in found.weights.values())
    return {"total": total, "home": str(context.workspace.root)}


def refuse(context: Context) -> dict[str, Any]:
    """Fail with a sentence for the user."""
    raise SettingsError("steps is -1. Choose a value from 1.")


def stumble(context: Context) -> dict[str, Any]:
    """Fail as a bug does."""
    return {"value": [1, 2, 3][context.settings["index"]]}


def ignore(context: Context) -> dict[str, Any]:
    """Work without ever reporting, deaf to the wish to stop."""
    while True:
        time.sleep(0.1)


def clock(context: Context) -> dict[str, Any]:
    """Record when each step happened, by the clock that all processes of a machine share."""
    for step in range(context.settings["steps"]):
        context.progress.record(step + 1, at=time.monotonic())
        time.sleep(0.1)
    return {}


TASKS = {
    "clock": clock,
    "crash": crash,
    "descend": descend,
    "ignore": ignore,
    "network": network,
    "norm": norm,
    "preview": preview,
    "refuse": refuse,
    "stumble": stumble,
    "sweep": sweep,
    "train": whoami,
    "whoami": whoami,
}
