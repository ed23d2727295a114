"""The real PyTorch: writes the network in every way people do, and loads what we wrote.

Run in an environment of its own: python -m benchmarks.hand_ins_peer_torch write|read FOLDER [SIZES]
SIZES: height,width,channels,classes,w1,w2,w3,w4,w5. Prints one JSON object.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.utils.prune
from safetensors.torch import load_file, save_file
from torch import nn

REFERENCE = (25, 25, 3, 5, 32, 32, 64, 64, 512)
IMAGES = 16


class Net(nn.Module):
    """The assignment's network in its PyTorch edition."""

    def __init__(self, sizes, normalised=False):
        super().__init__()
        height, width, channels, classes, c1, c2, c3, c4, hidden = sizes
        final = [((side - 2) // 2 - 2) // 2 for side in (height, width)]

        def convolution(inputs, outputs, padding):
            between = [nn.BatchNorm2d(outputs)] if normalised else []
            return [nn.Conv2d(inputs, outputs, 3, padding=padding), *between, nn.ReLU()]

        self.model = nn.Sequential(
            *convolution(channels, c1, 1), *convolution(c1, c2, 0), nn.MaxPool2d(2),
            nn.Dropout(0.25),
            *convolution(c2, c3, 1), *convolution(c3, c4, 0), nn.MaxPool2d(2), nn.Dropout(0.25),
            nn.Flatten(), nn.Linear(final[0] * final[1] * c4, hidden), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(hidden, classes),
        )  # fmt: skip

    def forward(self, images):
        return self.model(images)


class Named(nn.Module):
    """The same network with attributes of its own, in an order of its own."""

    def __init__(self, net):
        super().__init__()
        first, second, third, fourth, head, last = (m for m in net.model if hasattr(m, "weight"))
        self.head, self.out = head, last
        self.stem, self.block1, self.block2, self.top = first, second, third, fourth


def network(sizes, normalised=False):
    """Return a network with biases, and running statistics that are not the initial ones."""
    torch.manual_seed(7)
    net = Net(sizes, normalised)
    for name, tensor in net.state_dict().items():
        if name.endswith(("bias", "running_mean")):
            tensor.normal_(0, 0.1)
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2)
    return net.eval()


def write(folder, sizes):
    """Write every file with what its network answers; return their names."""
    images = torch.rand(IMAGES, sizes[2], *sizes[:2], generator=torch.Generator().manual_seed(1))
    net, normalised = network(sizes), network(sizes, True)
    state = net.state_dict()
    wide = torch.cat([tensor.flatten() for tensor in state.values()])
    starts = np.cumsum([0, *(tensor.numel() for tensor in state.values())])
    tied = {
        name: wide[start : start + tensor.numel()].view(tensor.shape)
        for (name, tensor), start in zip(state.items(), starts[:-1], strict=True)
    }
    strided = {name: tensor.t().contiguous().t() if tensor.dim() == 2 else
               tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor
               for name, tensor in state.items()}  # fmt: skip
    optimiser = torch.optim.Adam(net.parameters())
    net(images).sum().backward()
    optimiser.step()
    state_after = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    net.load_state_dict(state := {name: tensor.clone() for name, tensor in tied.items()})
    checkpoint = {"epoch": 3, "loss": 0.5, "best": np.float64(0.7), "args": {"lr": [0.1]}}
    files = {
        "zip": (state, {}),
        "legacy": (state, {"_use_new_zipfile_serialization": False}),
        "checkpoint": (checkpoint | {"optimizer_state_dict": optimiser.state_dict(),
                                     "model_state_dict": state}, {}),
        "checkpoint-legacy": ({"optimizer": optimiser.state_dict(), "state_dict": state},
                              {"_use_new_zipfile_serialization": False}),
        "module": ({f"module.{name}": tensor for name, tensor in state.items()}, {}),
        "compiled": ({f"_orig_mod.{name}": tensor for name, tensor in state.items()}, {}),
        "tied": (tied, {}),
        "tied-legacy": (tied, {"_use_new_zipfile_serialization": False}),
        "strided": (strided, {}),
        "strided-legacy": (strided, {"_use_new_zipfile_serialization": False}),
        "named": (Named(net).state_dict(), {}),
        "parameters": (dict(net.named_parameters()), {}),
        "float16": ({name: tensor.half() for name, tensor in state.items()}, {}),
        "bfloat16": ({name: tensor.bfloat16() for name, tensor in state.items()}, {}),
        "bfloat16-legacy": ({name: tensor.bfloat16() for name, tensor in state.items()},
                            {"_use_new_zipfile_serialization": False}),
        "float64": ({name: tensor.double() for name, tensor in state.items()}, {}),
        "normalised": (normalised.state_dict(), {}),
        "whole-model": (net, {}),
        "sparse": ({name: tensor.to_sparse() for name, tensor in state.items()}, {}),
    }  # fmt: skip
    for name, (value, options) in files.items():
        torch.save(value, folder / f"{name}.pt", **options)
    save_file(state, folder / "library.safetensors")
    save_file({n: t.bfloat16() for n, t in state.items()}, folder / "bfloat16.safetensors")
    masked = network(sizes)
    nn.utils.prune.random_unstructured(masked.model[0], "weight", 0.5)
    torch.save(masked.state_dict(), folder / "masked.pt")
    torch.jit.script(net).save(folder / "script.pt")
    with torch.no_grad():
        answers = {"plain": net(images), "normalised": normalised(images)}
    np.savez(
        folder / "expected.npz",
        images=images.permute(0, 2, 3, 1).numpy(),
        **{f"answers-{name}": torch.softmax(each, 1).numpy() for name, each in answers.items()},
        **{f"weights-{name}": tensor.numpy() for name, tensor in state.items()},
    )
    assert not all(torch.equal(state[name], state_after[name]) for name in state)
    return {"files": sorted(path.name for path in folder.iterdir())}


def read(folder):
    """Load what we wrote and compare it bit by bit with what it should hold."""
    wanted = np.load(folder / "wanted.npz")
    equal = {}
    for mapped in (False, True):
        found = torch.load(folder / "ours.pt", weights_only=True, mmap=mapped)
        equal[f"pt, mmap={mapped}"] = same(found, wanted)
    equal["safetensors"] = same(load_file(folder / "ours.safetensors"), wanted)
    net = Net(REFERENCE)
    net.load_state_dict(torch.load(folder / "ours.pt", weights_only=True))  # strict: every name
    return {"equal": equal, "torch": torch.__version__}


def same(found, wanted):
    """Return whether both hold the same names, in the same order, with the same bits."""
    return list(found) == list(wanted) and all(
        found[name].numpy().tobytes() == wanted[name].tobytes() for name in wanted
    )


if __name__ == "__main__":
    mode, target, *sizes = sys.argv[1:]
    chosen = tuple(map(int, sizes[0].split(","))) if sizes else REFERENCE
    print(json.dumps(write(Path(target), chosen) if mode == "write" else read(Path(target))))
