"""Hand a trained network to Torch-Pruning, in an environment of its own below PARETO_LAB_PEERS."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.hand_ins import PEERS, ROOT
from core.networks.inference import loaded
from core.networks.network import Weights
from core.networks.prepare import NetworkData
from core.pruning.plan import PrunePlan, recipe_of
from core.randomness import derived_seed
from core.settings import to_dict
from core.training.batches import steps_per_epoch
from core.training.graph_architecture import FORGOTTEN
from core.training.temporary_batchnorm import MOMENTUM

PACKAGES = ("torch==2.13.0", "torch-pruning==1.6.1", "numpy")
PYTHON = PEERS / "torch-pruning" / "bin" / "python"
COMPARED, TOLERANCE = 256, 1e-4
NO_DROPOUT = dict.fromkeys(("conv2", "conv4", "dense1"), 1.0)  # these networks have none


def install() -> None:
    """Make the peer's environment unless it is there."""
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS / "torch-pruning"], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "-q", *PACKAGES], check=True)


def ask(module: str, *arguments: object) -> dict[str, Any]:
    """Return the JSON object that a module prints last in the peer's environment."""
    command = [PYTHON, "-W", "ignore", "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{module} ended with {done.returncode}. Is its environment --install-ed?")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def hand_over(folder: Path, data: NetworkData, weights: Weights) -> None:
    """Write network, weights, images, and the logits to agree with."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.json").write_text(json.dumps(data.network.to_dict()))
    np.savez(folder / "weights.npz", allow_pickle=False, **weights)  # type: ignore[arg-type]
    for name in ("train", "validation", "holdout"):
        split = getattr(data, name)
        np.save(folder / f"{name}-images.npy", split.images)
        np.save(folder / f"{name}-labels.npy", split.labels)
    few = data.holdout.images[:COMPARED]
    np.save(folder / "logits.npy", np.asarray(loaded(data.network, weights)(few)))


def cut_and_retrain(
    folder: Path, data: NetworkData, plan: PrunePlan, level: float, is_global: bool, seed: int
) -> dict[str, Any]:
    """Return what Torch-Pruning's network reaches with the plan's training, without a teacher.

    level: share of the multiply-adds that go. The batches are those of our own run of the plan.
    """
    steps = steps_per_epoch(len(data.train), plan.batch_size)
    task = {
        "level": level,
        "is_global": is_global,
        "recipe": to_dict(recipe_of(plan, plan.epochs, NO_DROPOUT)),
        "seed": derived_seed(seed, "retraining", 1),
        "momentum": min(MOMENTUM, FORGOTTEN ** (1 / steps)),
    }
    found = ask("benchmarks.measured_peer_torch", folder, json.dumps(task))
    if found["apart"] > TOLERANCE:
        raise SystemExit(f"PyTorch's logits of the same weights differ by {found['apart']:g}.")
    return found
