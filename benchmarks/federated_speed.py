"""Federated rounds side by side with other systems, one core each, in one go.

python -m benchmarks.federated_speed [--install] [--only NAME ...] [--large]

Each peer runs in an environment of its own below PARETO_LAB_PEERS (else ~/.cache/pareto-lab/peers),
which --install makes from PyPI; a peer that is not installed, or fails, is listed as such. The time
is CPU time of the process and its children, so that a busy machine disturbs little. Writes
docs/federated-speed.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "federated-speed.md"
PEERS = Path(os.environ.get("PARETO_LAB_PEERS", "~/.cache/pareto-lab/peers")).expanduser()
# name -> (label, script, environment; "": our own)
SYSTEMS = {
    "loop": ("NumPy, loop over clients (the reference)", "federated_peer_loop", ""),
    "ours": ("**Pareto Lab**", "federated_peer_ours", ""),
    "jax": ("JAX, jit(vmap(scan))", "federated_peer_jax", "jax"),
    "fedjax": ("fedjax", "federated_peer_fedjax", "jax"),
    "torch": ("PyTorch loop", "federated_peer_torch", "torch"),
    "flower": ("Flower simulation, NumPy client", "federated_peer_flower", "flower"),
    "pfl": ("pfl-research simulation, PyTorch model", "federated_peer_pfl", "pfl"),
}
PACKAGES = {
    "jax": ("jax", "fedjax", "psutil"),
    "torch": ("torch==2.13.0", "numpy", "psutil"),
    "flower": ("flwr[simulation]", "psutil"),
    "pfl": ("pfl==0.6.0", "torch==2.13.0", "numpy"),
}
# (clients, epochs, rounds)
WORKLOADS = ((30, 1, 40), (30, 20, 4))
SLOW_ROUNDS = {"torch": 2, "flower": 3, "fedjax": 3, "pfl": 2}
LARGE = (100, 1000, 10_000)
SECONDS = 900


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true", help="make the peers' environments")
    parser.add_argument("--only", nargs="+", choices=sorted(SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--large", action="store_true", help="also up to 10,000 clients")
    wanted = parser.parse_args()
    if wanted.install:
        for name in wanted.only:
            install(name)
    names = [name for name in SYSTEMS if name in wanted.only]
    found = {name: [run(name, *workload) for workload in WORKLOADS] for name in names}
    # The reference again at the end: how far the machine changed meanwhile.
    again = [run("loop", *workload) for workload in WORKLOADS]
    large = [run("ours", count, 1, 2) for count in LARGE] if wanted.large else []
    TABLE.write_text(document(found, again, large))


def install(name: str) -> None:
    """Make a peer's environment unless it is there."""
    environment = SYSTEMS[name][2]
    if environment and not python_of(environment).exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS / environment], check=True)
        pip = [python_of(environment), "-m", "pip", "install", "-q", *PACKAGES[environment]]
        subprocess.run(pip, check=False)


def python_of(environment: str) -> Path:
    """Return the interpreter of an environment."""
    return PEERS / environment / "bin" / "python" if environment else Path(sys.executable)


def run(name: str, count: int, epochs: int, rounds: int) -> dict:
    """Return what a system measured of itself, or {"error": last line}."""
    python = python_of(SYSTEMS[name][2])
    if not python.exists():
        return {"error": "not installed"}
    numbers = (count, epochs, min(rounds, SLOW_ROUNDS.get(name, rounds)))
    command = [str(python), "-m", f"benchmarks.{SYSTEMS[name][1]}", *map(str, numbers)]
    core = max(os.sched_getaffinity(0))
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu", "RAY_DEDUP_LOGS": "0"}
    try:
        done = subprocess.run(
            ["taskset", "-c", str(core), *command],
            cwd=ROOT,
            env={**os.environ, **threads, **quiet},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"not done in {SECONDS} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["failed"])[-1][:120]}
    result = json.loads(done.stdout.strip().splitlines()[-1])
    print(name, numbers, result, file=sys.stderr, flush=True)
    return result


def document(found: dict, again: list, large: list) -> str:
    """Return docs/federated-speed.md."""
    lines = [
        "# Speed of federated rounds",
        "",
        "Made by `make bench-federated` (`python -m benchmarks.federated_speed`); do not edit.",
        "",
        explanation(),
        "",
        "| system | 1 epoch | × loop | 20 epochs | × loop | loss after |",
        "|---|---|---|---|---|---|",
    ]
    reference = found.get("loop", again)
    for name, results in found.items():
        lines.append("| " + " | ".join(row(name, results, reference)) + " |")
    lines.append("| " + " | ".join(row("loop", again, reference)) + " |")
    return "\n".join([*lines, *(many(large) if large else []), ""])


def explanation() -> str:
    """Return what the table's numbers are."""
    return (
        "FedAvg on 30 clients with 100 to 300 samples, MLP 60-128-10, batch 10, all clients in "
        f"every round, one core ({platform.machine()}), NumPy {np.__version__}. CPU seconds a "
        "round of training alone, all that most of the systems do here: lowest (median) over the "
        "rounds; times faster than the reference loop's training alone from the lowest. In square "
        "brackets the lowest of a round with the evaluation of all samples, which ours always "
        "includes, and times faster than the loop's round with the same evaluation. The loss is "
        "the one after all rounds that a system did for this table; the slow ones do fewer."
    )


def row(name: str, results: list, reference: list) -> list[str]:
    """Return a system's cells."""
    cells = [SYSTEMS[name][0] + version(results)]
    for result, loop in zip(results, reference, strict=True):
        cells += time_and_ratio(result, loop)
    losses = [f"{result['loss']:.2f}" for result in results if "loss" in result]
    return [*cells, " / ".join(losses) or "–"]


def time_and_ratio(result: dict, loop: dict) -> list[str]:
    """Return the cells of one workload: training alone [with evaluation], like against like."""
    if "error" in result or "error" in loop:
        return [result.get("error", "–"), "–"]
    time = f"{result['lowest']:.4f} ({result['median']:.4f})"
    ratio = f"{loop['lowest'] / result['lowest']:.2f}"
    if "evaluated_lowest" not in result:
        return [time, ratio]
    evaluated = loop["evaluated_lowest"] / result["evaluated_lowest"]
    return [f"{time} [{result['evaluated_lowest']:.4f}]", f"{ratio} [{evaluated:.2f}]"]


def version(results: list) -> str:
    """Return " 1.2.3" where a system told its version."""
    return next((f" {r['version']}" for r in results if "version" in r), "")


def many(large: list) -> list[str]:
    """Return the lines about many clients."""
    head = ("clients", "CPU s a round", "µs per client", "MB for all samples", "more during rounds")
    return [
        "",
        "## Many clients, 1 epoch, evaluation included",
        "",
        "| " + " | ".join(head) + " |",
        "|---|---|---|---|---|",
        *(one_of_many(*pair) for pair in zip(LARGE, large, strict=True)),
    ]


def one_of_many(count: int, result: dict) -> str:
    """Return the line of one number of clients."""
    if "error" in result:
        return f"| {count:,} | {result['error']} | – | – | – |"
    seconds = result["evaluated_lowest"]
    return (
        f"| {count:,} | {seconds:.3f} | {1e6 * seconds / count:.0f} | {result['samples_mb']:.0f} | "
        f"{result['rounds_mb']:.0f} MB |"
    )


if __name__ == "__main__":
    main()
