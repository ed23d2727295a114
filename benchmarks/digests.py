"""Digests of what the program computes, to show that a change of the code changed no bit of it.

    python -m benchmarks.digests --write benchmarks/digests.json
    python -m benchmarks.digests --compare benchmarks/digests.json    (exits 1, naming what differs)

Every run of benchmarks/digests_runs.py has its id and digests of what was measured (no times, no
ids), of its history and of the arrays in its files; every command has one of its answer. They hold
for one kind of processor and one version of TensorFlow, which the file names under "made on".
About three minutes on two cores.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from benchmarks.digests_runs import Lab, package

NOT_COMPARED = {"seconds", "latency_seconds", "keras_bytes"}
# Said since version 0.1: means over clients, each of which counts once.
NOT_COMPARED |= {
    f"client_{split}_{what}" for split in ("train", "validation") for what in ("loss", "accuracy")
}
# What results called by other names in version 0.1, whose digests these are compared with.
FORMER_NAMES = {
    "fixed": "mended",
    "fixed_count": "mended_count",
    "changed_errors_count": "reworded_count",
    "pruned_exemplars": "paid_first",
    "reconstructed": "recovered",
}
ID = re.compile(r"\b[0-9a-f]{16}\b")  # of a run, a data set or a file
CPU = Path("/proc/cpuinfo")


def digests(lab: Lab) -> dict[str, str]:
    """Return "run: what" -> digest, in the order in which the runs were asked for."""
    found, names = {}, Counter[str]()
    for job in lab.compute():
        names[name_of(job)] += 1
        name = f"{name_of(job)} #{names[name_of(job)]}"
        found[f"{name}: id"] = job.id
        found[f"{name}: state"] = f"{job.state} {job.error or ''}".strip()
        found[f"{name}: measured"] = sha_of(job.result)
        metrics = {k: v for k, v in lab.store.metrics(job.id).items() if k not in NOT_COMPARED}
        found[f"{name}: history"] = sha_of(lab.package.history_csv(metrics))
        for path in sorted(lab.workspace.artifacts(job.id).glob("*.*")):
            if path.suffix != ".keras":  # Keras writes the time into it
                found[f"{name}: {path.name}"] = sha_of_arrays(path)
    return found | {f"{command}: answer": sha_of_answer(v) for command, v in lab.answers.items()}


def name_of(job: Any) -> str:
    """Return a run's name from what was asked; other runs' ids would change with theirs."""
    asked = job.settings | job.settings.get("plan", {}) | job.settings.get("recipe", {})
    words = ("method", "algorithm", "sparsity", "epochs", "name")
    return " ".join([job.kind, *(str(asked[word]) for word in words if word in asked)])


def compared(value: Any) -> Any:
    """Return a result without times, and with ids made equal."""
    if isinstance(value, dict):
        known = {name: v for name, v in value.items() if name not in NOT_COMPARED}
        return {FORMER_NAMES.get(name, name): compared(v) for name, v in known.items()}
    if isinstance(value, list):
        return [compared(entry) for entry in value]
    return ID.sub("id", value) if isinstance(value, str) else value


def sha_of(value: Any) -> str:
    """Return the digest of a JSON-ready value, without its times and ids."""
    text = json.dumps(compared(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def sha_of_answer(answer: dict[str, Any]) -> str:
    """Return the digest of a command's answer; the grader has notes since version 0.1."""
    files = answer.get("files", [])
    if not any("score" in file and "notes" in file for file in files):
        return sha_of(answer)
    plain = [{k: v for k, v in file.items() if k != "notes"} for file in files]
    return sha_of({k: v for k, v in answer.items() if k != "notes"} | {"files": plain})


def sha_of_arrays(path: Path) -> str:
    """Return the digest of the names, kinds, shapes and bytes of a file's arrays."""
    total = hashlib.sha256()
    for name, array in sorted(arrays_of(path).items()):
        total.update(f"{name} {array.dtype} {array.shape} ".encode() + array.tobytes())
    return total.hexdigest()


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an .h5 or .npz file by name; any other file is one array of bytes."""
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return dict(arrays)
    if path.suffix != ".h5":
        return {"": np.fromfile(path, np.uint8)}
    found: dict[str, np.ndarray] = {}

    def keep(name: str, entry: h5py.Dataset | h5py.Group) -> None:
        if isinstance(entry, h5py.Dataset):
            found[name] = entry[()]

    with h5py.File(path) as file:
        file.visititems(keep)
    return found


def made_on() -> dict[str, str]:
    """Return what floating-point results depend on: the processor and the versions."""
    described = CPU.read_text() if CPU.exists() else ""
    model = re.search(r"model name\s*: (.*)", described)
    formats = sorted(set(re.findall(r"\b(?:avx2|avx512f|avx512_bf16|amx_bf16)\b", described)))
    processor = {"processor": model[1] if model else "unknown", "formats": " ".join(formats)}
    return processor | {"cores": str(os.cpu_count())} | package().versions()


def differences(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """Yield a line for everything that changed, came or went."""
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name, "absent"), after.get(name, "absent")
        if was != now:
            yield f"{name}: {was[:16]} -> {now[:16]}"


def report(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Say what differs, and whether the machines do; return whether a digest does."""
    changed = list(differences(before["digests"], after["digests"]))
    for line in (*differences(before["made on"], after["made on"]), *changed):
        print(line, file=sys.stderr)
    print(f"{len(changed)} of {len(before['digests'])} digests differ.", file=sys.stderr)
    return bool(changed)


def main() -> int:
    """Compute and print, then write or compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.digests")
    parser.add_argument("--write", type=Path, metavar="FILE")
    parser.add_argument("--compare", type=Path, metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pareto-digests-") as folder:
        made = {"made on": made_on(), "digests": digests(Lab(Path(folder)))}
    print(json.dumps(made, indent=1))
    if options.write:
        options.write.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    if options.compare:
        return report(json.loads(options.compare.read_text(encoding="utf-8")), made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
