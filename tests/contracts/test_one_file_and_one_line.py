"""A method or an algorithm is one file and one line of its table, and then it is everywhere.

The package is copied to a temporary folder, gets a toy of each kind as CONTRIBUTING says, and is
asked from outside: command line, pages, contracts, lessons, colours, report.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.networks.formats import keras_h5
from core.networks.network import REFERENCE, initial_weights
from core.randomness import generator

pytestmark = pytest.mark.slow  # TensorFlow, pages, an engine

ROOT = Path(__file__).parents[2]
METHOD = '''
"""Toy pruning: the largest weights go. Nobody 2026, arXiv:2601.00001."""

from dataclasses import dataclass

import numpy as np

from core.pruning.method import PruningContext, Method, Scores
from core.settings import Settings, setting


@dataclass(frozen=True)
class Toy(Settings):
    """The largest weights go. Nobody 2026, arXiv:2601.00001."""

    strength: float = setting(1.0, low=0.5, high=2.0, help="How much larger a bias counts")


def scores(context: PruningContext, settings: Toy) -> Scores:
    """Return the larger the smaller |w| is."""
    return {name: 1 / (settings.strength + np.abs(w)) for name, w in context.weights.items()}


METHOD = Method(
    name="toy",
    label="Toy pruning",
    paper="Nobody 2026, arXiv:2601.00001",
    structured=False,
    settings=Toy,
    doc="Removes the weights with the largest absolute value.",
    scores=scores,
    formula=r"s = 1 / |w|",
    palette=3,
    assigned=True,
)
'''
ALGORITHM = '''
"""Toy averaging: half of FedAvg's step."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from core.federated.algorithm import Algorithm, ServerState, Updates, weighted_mean
from core.settings import setting


@dataclass(frozen=True)
class Toy(Algorithm):
    """w <- w + share delta, where delta is FedAvg's step. Source: Nobody 2026, arXiv:2601.00002."""

    name: ClassVar[str] = "toy"
    label: ClassVar[str] = "Toy averaging"
    paper: ClassVar[str] = "Nobody 2026, arXiv:2601.00002"
    formula: ClassVar[str] = r"w \\leftarrow w + s \\Delta"
    palette: ClassVar[int] = 4

    share: float = setting(0.5, low=0.1, high=1.0, help="Share of the step taken.")

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move by a share of the weighted mean."""
        return state.moved(self.share * weighted_mean(updates))


ALGORITHM = Toy
'''


def add(package: Path, file: str) -> None:
    """Put a file into a package and its name into the first line of the table's list."""
    (package / "toy.py").write_text(file.lstrip())
    table = package / "__init__.py"
    before = table.read_text()
    table.write_text(before.replace("_FILES = (\n", '_FILES = (\n    "toy",\n'))
    assert len(table.read_text().splitlines()) == len(before.splitlines()) + 1


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A copy of the product with both toys, and a function that runs Python in it."""
    folder = tmp_path_factory.mktemp("lab")
    product = folder / "product"
    skipped = shutil.ignore_patterns("__pycache__")
    for name in ("core", "pages", "assets", "tests", ".streamlit"):
        shutil.copytree(ROOT / name, product / name, ignore=skipped)
    for name in ("app.py", "pyproject.toml"):
        shutil.copy(ROOT / name, product / name)
    add(product / "core" / "pruning" / "methods", METHOD)
    add(product / "core" / "federated" / "algorithms", ALGORITHM)
    home = {"PARETO_LAB_HOME": str(folder / "home"), "PYTHONPATH": str(product)}

    def python(*arguments):
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=product, env=os.environ | home, capture_output=True, text=True, timeout=500,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    yield folder, python
    python("-m", "core", "engine", "stop")


def command(lab, *arguments):
    """Return the JSON of the last line of a command."""
    return json.loads(lab[1]("-m", "core", *arguments, "--json").strip().splitlines()[-1])


@pytest.mark.parametrize(("listing", "setting"), [("methods", "strength"), ("algorithms", "share")])
def test_the_command_line_lists_it_with_its_settings(lab, listing, setting):
    toy = next(row for row in command(lab, listing)[listing] if row["name"] == "toy")
    assert [field["name"] for field in toy["settings"]] == [setting]
    assert toy["label"].startswith("Toy ")


def test_the_command_line_prunes_and_federates_with_it_and_the_report_tells_of_both(lab):
    folder, _ = lab
    rng = generator(0, "toy images")
    labels = np.tile(np.arange(5), 12)
    images = rng.integers(0, 40, (60, 25, 25, 3)) + 40 * labels[:, None, None, None]
    np.savez(folder / "images.npz", images=images.astype(np.uint8), labels=labels)
    keras_h5.write(folder / "dense.h5", initial_weights(REFERENCE, 0))
    pruned = command(
        lab, "prune", folder / "dense.h5", "--data", folder / "images.npz", "--method", "toy",
        "--sparsity", 0.8, "--epochs", 0, "--set", "strength=1.5", "--out", folder / "small.h5",
    )  # fmt: skip
    assert (pruned["method"], pruned["settings"]["settings"]) == ("toy", {"strength": 1.5})
    federate = ("federate", "--rounds", 2, "--out", folder / "history.csv")
    mixed = (*federate, "--data", "synthetic:1,1")
    histories = [
        command(lab, *mixed, "--algorithm", "toy", "--set", "share=0.25"),
        command(lab, *mixed),  # FedAvg on the same clients and on others, to compare with
        command(lab, *federate),
    ]
    runs = [made["run"] for made in (pruned, *histories)]
    command(lab, "report", *runs, "--out", folder / "report.html")
    report = (folder / "report.html").read_text()
    assert "Toy pruning" in report
    assert "Removes the weights with the largest absolute value." in report
    assert "Toy averaging" in report


ASKED = """
import json
from core.figures import colors
from core.lessons.method_cards import algorithm_cards, method_cards
from core.pruning.methods import ASSIGNED
cards = {card.label: [card.formula, card.link] for card in (*method_cards(), *algorithm_cards())}
print(json.dumps({
    "cards": {label: card for label, card in cards.items() if label.startswith("Toy")},
    "color": colors.LIGHT.index(colors.color("toy")), "assigned": "toy" in ASSIGNED,
}))
"""


def test_lessons_colours_and_the_six_have_it(lab):
    assert json.loads(lab[1]("-c", ASKED)) == {
        "cards": {
            "Toy pruning": ["s = 1 / |w|", "https://arxiv.org/abs/2601.00001"],
            "Toy averaging": [r"w \leftarrow w + s \Delta", "https://arxiv.org/abs/2601.00002"],
        },
        "color": 3,
        "assigned": True,
    }


PAGES = """
def test_one_network_offers_it_with_its_settings(filled_home, open_page):
    ids = filled_home[1]
    test = open_page("pruning", view="one", data=ids["data"], dense=ids["dense"])
    test.selectbox(key="plan-method").set_value("toy").run()
    assert not test.exception
    assert "Strength" in {field.label for field in test.number_input}


def test_a_run_of_ones_own_offers_it_with_its_settings(empty_home, open_page):
    test = open_page("federated")
    test.button_group(key="federated-question").set_value("own").run()
    test.selectbox(key="federated-algorithm").set_value("toy").run()
    assert not test.exception
    assert "Share" in {field.label for field in test.number_input}
"""


def test_the_forms_offer_it(lab):
    product = lab[0] / "product"
    (product / "tests" / "pages" / "test_toys.py").write_text(PAGES)
    assert passed(lab, "tests/pages/test_toys.py") == 2


def test_the_contracts_hold_for_it(lab):
    """Nine of a method that cuts single weights, eight of an algorithm."""
    assert passed(lab, "tests/contracts", "-k", "toy and not one_file") >= 17


def passed(lab, *arguments):
    """Return how many tests passed; a failing one raises."""
    said = lab[1]("-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)
    return int(said.rsplit(" passed", 1)[0].split()[-1])
