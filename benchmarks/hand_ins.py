"""Whether PyTorch's files are read bit-equal, and ours by PyTorch.

python -m benchmarks.hand_ins [--install] [--only NAME ...]

The real PyTorch runs in an environment of its own below PARETO_LAB_PEERS, which --install makes.
Prints one JSON object for each bar.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from core.networks.formats import keras_h5, torch_writer
from core.networks.network import REFERENCE, initial_weights

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("PARETO_LAB_PEERS", "~/.cache/pareto-lab/peers")).expanduser()
PACKAGES = ("torch==2.13.0", "safetensors", "numpy")
EXACT = (
    *("zip", "legacy", "checkpoint", "checkpoint-legacy", "module", "compiled", "named"),
    *("tied", "tied-legacy", "strided", "strided-legacy", "parameters", "float64"),
)
HALVES = ("float16.pt", "bfloat16.pt", "bfloat16-legacy.pt", "bfloat16.safetensors")


def python_of_torch() -> Path:
    """Return the interpreter of PyTorch's environment."""
    return PEERS / "torch-files" / "bin" / "python"


def install() -> None:
    """Make PyTorch's environment unless it is there."""
    if not python_of_torch().exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS / "torch-files"], check=True)
        pip = [python_of_torch(), "-m", "pip", "install", "-q", *PACKAGES]
        subprocess.run(pip, check=True)


def peer(*arguments: object) -> dict:
    """Return what the real PyTorch says of a folder of files."""
    command = [python_of_torch(), "-W", "ignore", "-m", "benchmarks.hand_ins_peer_torch"]
    done = subprocess.run([*command, *map(str, arguments)], cwd=ROOT, check=True,
                          capture_output=True, text=True)  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def torch_files() -> dict:
    """Return how many of PyTorch's files are read bit-equal, and whether it reads ours so."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peer("write", folder)
        arrays = np.load(folder / "expected.npz")
        state = {n.removeprefix("weights-"): arrays[n] for n in arrays if "weights-" in n}
        wanted = in_keras_layout(state)
        names = [*(f"{name}.pt" for name in EXACT), *HALVES, "library.safetensors"]
        read = {name: holds(folder / name, rounded(wanted, name)) for name in names}
        weights = initial_weights(REFERENCE, 5)
        (folder / "ours.pt").write_bytes(torch_writer.to_pt(weights))
        (folder / "ours.safetensors").write_bytes(torch_writer.to_safetensors(weights))
        np.savez(folder / "wanted.npz", **torch_writer.state_dict(weights))
        return {"read": read} | peer("read", folder)


def in_keras_layout(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return PyTorch's arrays in the network's layout, independently of the reader."""
    weights = {}
    for layer, place in torch_writer.PLACES.items():
        kernel = state[f"model.{place}.weight"]
        if kernel.ndim == 4:
            turned = np.moveaxis(kernel, (0, 1, 2, 3), (3, 2, 0, 1))
        elif layer == "dense1":
            turned = np.moveaxis(kernel.reshape(512, 64, 4, 4), 1, 3).reshape(512, 1024).T
        else:
            turned = kernel.T
        weights[f"{layer}/kernel"] = np.ascontiguousarray(turned)
        weights[f"{layer}/bias"] = state[f"model.{place}.bias"]
    return weights


def rounded(weights: dict[str, np.ndarray], file: str) -> dict[str, np.ndarray]:
    """Return the weights as the file's name says they are stored, to nearest, ties to even."""
    if file.startswith("float16"):
        return {name: a.astype(np.float16).astype(np.float32) for name, a in weights.items()}
    if file.startswith("bfloat16"):
        bits = {name: array.view(np.uint32).astype(np.uint64) for name, array in weights.items()}
        up = {name: (b + 0x7FFF + ((b >> 16) & 1)) & 0xFFFF0000 for name, b in bits.items()}
        return {name: b.astype(np.uint32).view(np.float32) for name, b in up.items()}
    return weights


def holds(path: Path, wanted: dict[str, np.ndarray]) -> bool:
    """Return whether a file is read as these weights, bit by bit."""
    found, _ = keras_h5.read_upload(path.name, path, REFERENCE)
    return all(found[name].tobytes() == wanted[name].tobytes() for name in wanted)


BARS = {"torch": torch_files}


def main() -> None:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true", help="make PyTorch's environment")
    parser.add_argument("--only", nargs="+", choices=sorted(BARS), default=list(BARS))
    wanted = parser.parse_args()
    if wanted.install:
        install()
    for name in wanted.only:
        print(json.dumps({name: BARS[name]()}, indent=2), flush=True)


if __name__ == "__main__":
    main()
