"""Torch-Pruning cuts a network that we trained, and PyTorch retrains it on the batches we use.

Run in an environment of its own: python -m benchmarks.measured_peer_torch FOLDER TASK
FOLDER: what benchmarks.measured_peer left there. TASK: JSON. Prints one JSON object. Batches,
step sizes and data are this project's own code, which needs NumPy only: to the bit the same.
"""

import copy
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import torch_pruning as tp
from torch import nn

from core.data.dataset import Split
from core.settings import from_dict
from core.training.batches import Batches
from core.training.recipe import Recipe
from core.training.schedule import learning_rates

STEPS = 400  # of a cut, as in Torch-Pruning's benchmarks/main.py
AT_ONCE = 500  # images of a forward pass


class Graph(nn.Module):
    """The network of a Keras description: the layers that ResNet-20 and VGG-16 are made of."""

    def __init__(self, rows, weights, momentum):
        super().__init__()
        self.rows, self.made = rows, nn.ModuleDict()
        for row in rows:
            arrays = {n.rpartition("/")[2]: a for n, a in weights.items()
                      if n.rpartition("/")[0] == row["name"]}  # fmt: skip
            if module := module_of(row["kind"], row["settings"], arrays, momentum):
                self.made[row["name"]] = module

    def forward(self, images):
        values = {}
        for row in self.rows:
            read = [values[name] for name in row["in"]]
            if row["kind"] == "InputLayer":
                found = images
            elif row["kind"] == "Add":
                found = read[0] + read[1]
            elif row["kind"] == "GlobalAveragePooling2D":
                found = read[0].mean((2, 3))
            else:
                found = self.made[row["name"]](read[0])
            values[row["name"]] = found
        return found


def module_of(kind, settings, arrays, momentum):
    """Return PyTorch's layer with these weights, None where it needs none of its own."""
    found = None
    if kind == "Conv2D":
        kernel = arrays["kernel"].transpose(3, 2, 0, 1)
        # "same" of Keras is symmetric here: odd kernels, odd sides (the check of the logits says).
        around = settings["kernel_size"][0] // 2
        outputs, inputs, *size = kernel.shape
        strides, is_biased = settings["strides"], settings["use_bias"]
        found = nn.Conv2d(inputs, outputs, size, strides, around, bias=is_biased)
        load(found, weight=kernel)
    elif kind == "Dense":
        found = nn.Linear(*arrays["kernel"].shape)
        load(found, weight=arrays["kernel"].T, bias=arrays["bias"])
    elif kind == "BatchNormalization":
        found = nn.BatchNorm2d(len(arrays["gamma"]), settings["epsilon"], 1 - momentum)
        load(found, weight=arrays["gamma"], bias=arrays["beta"],
             running_mean=arrays["moving_mean"], running_var=arrays["moving_variance"])  # fmt: skip
    elif kind == "ReLU":
        found = nn.ReLU()
    elif kind == "MaxPooling2D":
        found = nn.MaxPool2d(2)
    elif kind not in ("InputLayer", "Add", "GlobalAveragePooling2D"):
        raise SystemExit(f"{kind} is not built here.")
    return found


def load(module, **arrays):
    """Copy arrays into a module's tensors."""
    with torch.no_grad():
        for name, array in arrays.items():
            getattr(module, name).copy_(torch.from_numpy(np.ascontiguousarray(array)))


def turned(images):
    """Return images with their channels first, as PyTorch has them."""
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def cost(net, example):
    """Return multiply-adds of convolutions and dense layers, and all numbers of the network."""
    found, hooks = [], []
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            hooks.append(module.register_forward_hook(
                lambda m, _, out: found.append(m.weight.numel() * out[0, 0].numel())))  # fmt: skip
    with torch.no_grad():
        net.eval()(example)
    for hook in hooks:
        hook.remove()
    numbers = [t for name, t in net.state_dict().items() if "num_batches" not in name]
    return sum(found), sum(t.numel() for t in numbers)


def cut(net, example, level, is_global):
    """Remove units step by step until `level` of the multiply-adds is gone.

    Source: `progressive_pruning` and `group_norm` of Torch-Pruning's reproduce/main.py.
    """
    dense = next(module for module in net.modules() if isinstance(module, nn.Linear))
    importance = tp.importance.GroupMagnitudeImportance(p=2)
    pruner = tp.pruner.GroupNormPruner(
        net, example, importance=importance, global_pruning=is_global, iterative_steps=STEPS,
        pruning_ratio=1.0, ignored_layers=[dense],
    )  # fmt: skip
    most = (1 - level) * cost(net, example)[0]
    while cost(net, example)[0] > most and pruner.current_step < STEPS:
        pruner.step()


def predicted(net, images):
    """Return the logits of all images."""
    with torch.no_grad():
        net.eval()
        return torch.cat([net(part) for part in turned(images).split(AT_ONCE)]).numpy()


def right(net, split):
    """Return the share of a split's images that are classified right."""
    return float(np.mean(predicted(net, split.images).argmax(1) == split.labels))


def retrain(net, split, validation, recipe, seed):
    """Train as core.training.train does, and keep the epoch that is best on validation."""
    batches = Batches(split, recipe, seed)
    rates = learning_rates(recipe, recipe.epochs * batches.per_epoch)
    adam = torch.optim.Adam(net.parameters(), 1.0, (0.9, 0.999), 1e-7)
    kernels = [m.weight for m in net.modules() if isinstance(m, nn.Conv2d)]
    step, best, kept = 0, -1.0, None
    for epoch in range(recipe.epochs):
        net.train()
        for images, labels in batches.epoch(epoch):
            adam.param_groups[0]["lr"] = float(rates[step])
            adam.zero_grad()
            loss = nn.functional.cross_entropy(net(turned(images)), torch.from_numpy(labels))
            (loss + recipe.l2 * sum(k.square().sum() for k in kernels)).backward()
            adam.step()
            step += 1
        reached = right(net, validation)
        if reached > best:
            best, kept = reached, copy.deepcopy(net.state_dict())
    net.load_state_dict(kept)


def splits(folder):
    """Return the three splits that were handed over."""
    return [
        Split(np.load(folder / f"{name}-images.npy"), np.load(folder / f"{name}-labels.npy"))
        for name in ("train", "validation", "holdout")
    ]


def main(folder, task):
    """Cut, retrain, measure and print."""
    train, validation, holdout = splits(folder)
    rows = json.loads((folder / "network.json").read_text())["layers"]
    net = Graph(rows, np.load(folder / "weights.npz"), task["momentum"])
    wanted = np.load(folder / "logits.npy")
    apart = float(np.abs(predicted(net, holdout.images[: len(wanted)]) - wanted).max())
    example = turned(train.images[:1])
    before = time.perf_counter()
    cut(net, example, task["level"], task["is_global"])
    between = time.perf_counter()
    at_once = right(net, holdout)
    retrain(net, train, validation, from_dict(Recipe, task["recipe"]), task["seed"])
    multiply_adds, parameters = cost(net, example)
    print(json.dumps({
        "accuracy": right(net, holdout), "validation_accuracy": right(net, validation),
        "before_training": at_once, "multiply_adds": multiply_adds, "left": parameters,
        "apart": apart, "cut_seconds": between - before,
        "seconds": time.perf_counter() - before,
        "versions": [version(name) for name in ("torch", "torch-pruning")],
    }))  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
