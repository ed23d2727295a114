"""Reproduce the reference table and the bundled sample run: python -m benchmarks.federated_results

Every finished data set is kept in the cache folder (PARETO_LAB_CACHE, else ~/.cache/pareto-lab),
so that an interrupted run continues. Writes docs/federated-results.md; with --sample also
assets/sample_federated.json.gz.
"""

import argparse
import gzip
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.rate_grids import (
    ALGORITHMS,
    Rows,
    Run,
    best_rate,
    grid_lines,
    interval,
    last_accuracy,
    reported,
    tuned,
)
from core.federated.comparison import simulate_comparison
from core.federated.presets import PRESETS, QUESTIONS
from core.federated.spec import FederatedSpec
from core.settings import digest

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs" / "federated-results.md"
SAMPLE = ROOT / "assets" / "sample_federated.json.gz"
DATA = {
    # Drawn as the authors' program draws, which sets no seed: equal in distribution only.
    "IID": "iid,code",
    "(0, 0)": "synthetic:0,0,code",
    "(0.5, 0.5)": "synthetic:0.5,0.5,code",
    "(1, 1)": "synthetic:1,1,code",
}
SEEDS = tuple(range(8))  # sizes have a heavy tail: three draws alone say little
COMMON = {"hidden": 0, "batch_size": 10, "learning_rate": 0.01, "dissimilarity_every": 0}
TWENTY = {**COMMON, "local_epochs": 20, "clients_per_round": 10, "rounds": 100}
RUNS = {
    "FedAvg, 20 epochs, 10 of 30": {**TWENTY, "algorithm": "fedavg"},
    "FedProx mu = 1, 20 epochs, 10 of 30": {
        **TWENTY,
        "algorithm": "fedprox",
        "algorithm_settings": {"mu": 1.0},
    },
    "FedAvg, 1 epoch, 10 of 30": {**COMMON, "clients_per_round": 10, "rounds": 200},
    "FedAvg, 1 step, all": {**COMMON, "local_steps": 1, "rounds": 200},
    "FedAvg, 20 steps, all": {**COMMON, "local_steps": 20, "rounds": 200},
    "SCAFFOLD II, 100 steps, all": {
        **COMMON,
        "algorithm": "scaffold",
        "local_steps": 100,
        "rounds": 100,
    },
}
# (run, round) and the reference: training loss / test accuracy on IID, (0,0), (0.5,0.5), (1,1).
ROWS = (
    ("FedAvg, 20 epochs, 10 of 30", 20, ".73/.762", ".81/.741", "1.04/.719", "1.68/.684"),
    ("FedAvg, 20 epochs, 10 of 30", 100, ".40/.876", ".58/.848", "1.69/.761", "1.05/.784"),
    ("FedProx mu = 1, 20 epochs, 10 of 30", 100, "1.04/.671", ".39/.865", ".47/.830", ".46/.823"),
    ("FedAvg, 1 epoch, 10 of 30", 200, ".88/.714", ".40/.871", ".46/.858", ".41/.857"),
    ("FedAvg, 1 step, all", 200, "2.09/.345", ".82/.740", ".97/.688", ".85/.720"),
    ("FedAvg, 20 steps, all", 200, "1.25/.596", ".38/.867", ".44/.849", ".44/.842"),
    ("SCAFFOLD II, 100 steps, all", 100, "1.02/.677", ".31/.889", ".34/.865", ".28/.888"),
)
SGD_RATES = (0.01, 0.1, 0.3, 1.0)
SGD_REFERENCE = (".345", ".529", ".626", ".723")


def main() -> None:
    """Compute what is missing and write the documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", action="store_true", help="also compute the sample run")
    parser.add_argument("--only-sample", action="store_true", help="compute nothing else")
    parser.add_argument("--seed", type=int, help="only compute and keep one draw of the data")
    wanted = parser.parse_args()
    if wanted.seed is not None:
        results((wanted.seed,))
        return
    if wanted.sample or wanted.only_sample:
        write_sample()
    if not wanted.only_sample:
        TABLE.write_text(document())


def cached(runs: list[dict], seed: int) -> dict:
    """Return {"seconds", "histories": [rows of each run]}, computed once for the same settings."""
    folder = Path(os.environ.get("PARETO_LAB_CACHE", "~/.cache/pareto-lab")).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"federated-{digest({'runs': runs, 'seed': seed})}.json"
    if not path.exists():
        began = time.process_time()
        histories = simulate_comparison([FederatedSpec.from_json(run) for run in runs], seed)
        content = {
            "seconds": time.process_time() - began,
            "histories": [{"label": h.label, "rounds": h.rows()} for h in histories],
        }
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(content))
        partial.replace(path)
    return json.loads(path.read_text())


def measure(run: Run, draw: int) -> Rows:
    """Return the rows of one run's history, computed once."""
    return cached([run], draw)["histories"][0]["rounds"]


def results(seeds: tuple[int, ...] = SEEDS) -> dict:
    """Return (data, run) -> per seed the rows of its history."""
    found: dict = {}
    for seed in seeds:
        for data, source in DATA.items():
            runs = [{**run, "label": label, "data": source} for label, run in RUNS.items()]
            if data == "IID":
                runs += [sgd(rate) for rate in SGD_RATES]
            for history in cached(runs, seed)["histories"]:
                found.setdefault((data, history["label"]), []).append(history["rounds"])
    return found


def sgd(rate: float) -> dict:
    """Return mini-batch SGD with 300 samples an iteration."""
    run = {**COMMON, "algorithm": "minibatch_sgd", "rounds": 200, "learning_rate": rate}
    return {**run, "label": f"SGD {rate:g}", "data": DATA["IID"]}


def document() -> str:
    """Return docs/federated-results.md."""
    found = results()
    lines = [
        "# Federated results",
        "",
        "Made by `make results-federated` (`python -m benchmarks.federated_results`); do not edit.",
        "",
        "Multinomial logistic regression on the synthetic data of Li et al. 2020, as their program "
        "draws them (alpha and beta are standard deviations there, variances in the paper; "
        "`--data synthetic:0.5,0.5,code`), 30 clients, "
        f"batch 10, learning rate 0.01, {len(SEEDS)} draws of the data. Each cell: mean training "
        "loss / validation accuracy, with the range over the draws in brackets. *Reference* lines "
        "are an independent implementation on three other draws.",
        "",
        "| run | round | " + " | ".join(DATA) + " |",
        "|---|---|" + "---|" * len(DATA),
    ]
    for label, number, *reference in ROWS:
        cells = [cell(found[data, label], number) for data in DATA]
        lines.append(f"| {label} | {number} | " + " | ".join(cells) + " |")
        lines.append("| *reference* | | " + " | ".join(f"*{text}*" for text in reference) + " |")
    lines += ["", *grid_lines(measure, DATA)]
    lines += ["", "## Mini-batch SGD on IID at the reference's rates, 200 iterations", ""]
    lines += ["| learning rate | validation accuracy | *reference* |", "|---|---|---|"]
    for rate, reference in zip(SGD_RATES, SGD_REFERENCE, strict=True):
        accuracies = [rows[200]["validation_accuracy"] for rows in found["IID", f"SGD {rate:g}"]]
        lines.append(f"| {rate:g} | {spread(accuracies)} | *{reference}* |")
    lines += ["", "## What it shows", "", *claims(found), ""]
    return "\n".join(lines)


def cell(histories: list, number: int) -> str:
    """Return "loss [range] / accuracy [range]" at a round."""
    losses = [rows[number]["train_loss"] for rows in histories]
    accuracies = [rows[number]["validation_accuracy"] for rows in histories]
    return f"{spread(losses)} / {spread(accuracies)}"


def spread(values: list) -> str:
    """Return "mean [lowest to highest]"."""
    known = [np.inf if value is None else value for value in values]
    return f"{np.mean(known):.3f} [{min(known):.3f}–{max(known):.3f}]"


def claims(found: dict) -> list[str]:
    """Return sentences computed from the histories."""
    twenty = "FedAvg, 20 epochs, 10 of 30"
    sentences = []
    for data in DATA:
        rises = [worst_rise(rows) for rows in found[data, twenty]]
        sentences.append(
            f"* FedAvg with 20 local epochs on {data}: between two rounds after the tenth the "
            f"training loss rises by up to {np.mean(rises):.2f} (mean over the draws)."
        )
    for data in list(DATA)[1:]:
        plain = np.mean([rows[100]["train_loss"] for rows in found[data, twenty]])
        pulled = np.mean(
            [rows[100]["train_loss"] for rows in found[data, "FedProx mu = 1, 20 epochs, 10 of 30"]]
        )
        controlled = np.mean(
            [rows[100]["train_loss"] for rows in found[data, "SCAFFOLD II, 100 steps, all"]]
        )
        sentences.append(
            f"* {data}, round 100: training loss {plain:.2f} with FedAvg and {pulled:.2f} with "
            f"FedProx, both 10 of 30 clients a round; {controlled:.2f} with SCAFFOLD and all 30 "
            "(FedAvg with all 30: row `FedAvg, 20 steps, all`)."
        )
    sentences.append(f"* {best_against_best(measure)}")
    return sentences


def best_against_best(measured: Callable[[Run, int], Rows]) -> str:
    """Return a sentence on SGD and FedAvg on IID data, each at its own best rate."""
    names = ("Mini-batch SGD, 300 samples a step", "FedAvg, 20 epochs, 10 of 30")
    found = []
    for name in names:
        run = {**ALGORITHMS[name], "data": DATA["IID"]}
        rate = best_rate(tuned(measured, run))
        accuracies = [last_accuracy(rows) for rows in reported(measured, run, rate)]
        found.append(f"{interval(accuracies)} with {name} at its best rate, {rate:g}")
    return f"IID, after the same number of rounds: validation accuracy {' and '.join(found)}."


def worst_rise(rows: list) -> float:
    """Return the largest rise of the training loss from one round to the next after the tenth."""
    losses = np.array([row["train_loss"] for row in rows[10:]])
    return float(max(0.0, np.diff(losses).max()))


def write_sample() -> None:
    """Write the finished runs of the four questions, rounded to what a chart can show."""
    questions = []
    for name, runs in PRESETS.items():
        histories = [
            {
                "label": run.label,
                "settings": run.to_json(),
                "rounds": [{k: shown(v) for k, v in row.items()} for row in rows],
            }
            for run in runs
            for rows in [measure(run.to_json(), 0)]
        ]
        questions.append({"name": name, "question": QUESTIONS[name], "runs": histories})
    text = json.dumps({"seed": 0, "questions": questions}, separators=(",", ":"))
    # No time stamp: the same runs make the same bytes.
    SAMPLE.write_bytes(gzip.compress(text.encode(), mtime=0))


def shown(value: float | None) -> float | None:
    """Return the value with six significant digits, whole numbers as they are."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
