"""Seconds in which Torch-Pruning groups, cuts and shrinks ResNet-50.

Run in its own environment: python -m benchmarks.measured_cut_torch SIDE REMOVED REPEATS
Prints one JSON object. The network is torchvision's, written out: torchvision itself comes in as
many builds as torch, and one that is made for another does not import.
"""

import json
import sys
import time
from importlib.metadata import version

import torch
import torch_pruning as tp
from torch import nn

TORCHVISIONS = 25_557_032  # parameters of torchvision.models.resnet50


def normalised(inputs, outputs, size, stride=1):
    """Return a convolution without bias and its batch normalization."""
    convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Bottleneck(nn.Module):
    """He et al. 2016, arXiv:1512.03385, with the stride in the 3 x 3 convolution."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.branch = nn.Sequential(
            normalised(inputs, width, 1), nn.ReLU(), normalised(width, width, 3, stride), nn.ReLU(),
            normalised(width, 4 * width, 1),
        )  # fmt: skip
        is_same = stride == 1 and inputs == 4 * width
        self.shortcut = nn.Identity() if is_same else normalised(inputs, 4 * width, 1, stride)

    def forward(self, images):
        return torch.relu(self.branch(images) + self.shortcut(images))


class ResNet50(nn.Module):
    """Four stages of 3, 4, 6 and 3 bottlenecks, and 1,000 classes."""

    def __init__(self):
        super().__init__()
        blocks, inputs = [], 64
        for stage, count in enumerate((3, 4, 6, 3)):
            for block in range(count):
                width, stride = 64 << stage, 2 if stage and not block else 1
                blocks.append(Bottleneck(inputs, width, stride))
                inputs = 4 * width
        self.stem = nn.Sequential(normalised(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.blocks, self.last = nn.Sequential(*blocks), nn.Linear(inputs, 1000)

    def forward(self, images):
        return self.last(self.blocks(self.stem(images)).mean((2, 3)))


def parameters(net):
    """Return how many numbers are trained."""
    return sum(p.numel() for p in net.parameters())


def seconds_of(side, removed):
    """Return the seconds of one cut of a fresh network with random weights, and what it leaves."""
    net, example = ResNet50().eval(), torch.zeros(1, 3, side, side)
    assert parameters(net) == TORCHVISIONS
    before = time.perf_counter()
    importance = tp.importance.GroupMagnitudeImportance(p=1)
    pruner = tp.pruner.GroupNormPruner(
        net, example, importance=importance, pruning_ratio=removed, ignored_layers=[net.last]
    )
    pruner.step()
    return time.perf_counter() - before, parameters(net)


if __name__ == "__main__":
    size, share, repeats = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    found = [seconds_of(size, share) for _ in range(repeats)]
    print(json.dumps({
        "seconds": [seconds for seconds, _ in found], "left": found[0][1],
        "versions": [version(name) for name in ("torch", "torch-pruning")],
    }))  # fmt: skip
