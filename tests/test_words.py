"""Retired words stay retired: one word per idea, and it is the field's."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = [
    path
    for top in ("core", "pages", "tests", "benchmarks")
    for path in sorted((ROOT / top).rglob("*.py"))
    if "version_0_1" not in path.parts  # it drives that version, by its own names
]
SHOWN = [
    path
    for top in ("pages", "core/report", "core/runs", "core/jobs", "core/federated")
    for path in sorted((ROOT / top).rglob("*.*"))
    if path.suffix in (".py", ".j2")
]

# A part of an identifier, between underscores or capitals -> what it is called, and why.
PARTS = {
    "desk": "buffer: what a batched step computes in is a buffer everywhere else",
    "desks": "buffers",
    "flight": "runner handle: an engine's hold on a process it started",
    "flights": "running",
    "flying": "running",
    "chore": "periodic: what a loop does every few seconds",
    "chores": "periodic",
    "courtesy": "process priority",
    "demand": "resources: what Dask, SLURM and Kubernetes call it",
    "demands": "resources",
    "patiently": "retry_transient: what is retried is a transient error",
    "closure": "dead units: closures are functions",
    "narrowing": "dense unit pruning",
    "renormalised": "temporary batchnorm: normalised means four other things",
    "leftovers": "stale files",
    "catalog": "builtin datasets, or method cards",
    "arrangement": "split names",
    "measurer": "round metrics",
    "reworded": "changed errors",
    "mended": "fixed",
    "paid": "pruned exemplar: Hooker et al. 2019 have the word",
    "workshop": "trainer",
    "merit": "objective, or what is ranked by",
    "remembered": "array cache",
    "survey": "layer sensitivity",
    "surveys": "layer sensitivity",
    "competing": "competition",
}
# A whole identifier, where its parts mean something elsewhere.
WHOLE = {
    "dropouts": "client_dropout: dropout alone is a layer",
    "Orders": "RunnerArgs: a runner's command line",
    "Places": "workers",
    "free_place": "free_worker",
    "step_back": "lower_priority",
    "Standing": "RunState",
    "division": "partition of clients, or split of a data set",
    "first_minute": "first_sweep",
    "told_if_not_stored": "storage_errors",
    "written_whole": "atomic_write",
    "zip_directory": "zip_limits",
    "hidden_test": "grading_set",
    "filled_in": "with_defaults",
}
ANY_RETIRED = re.compile("|".join([*PARTS, *WHOLE]), re.IGNORECASE)
# A module's name alone; inside a module the words are harmless.
MODULES = {
    *("words", "lab", "refusals", "closure", "recovery", "regrowth", "owners", "filled"),
    *("places", "demands", "flights", "desks", "chores", "courtesy", "division", "hidden_test"),
    *("utils", "helpers", "manager", "misc", "common"),
}
# A sentence on a page, in the report or in a run's message -> what it says now.
SENTENCES = {
    r"^Across$": "X axis",
    r"^Up$": "Y axis",
    r"^Over: ": "X axis: …",
    r"Survey the layers": "Layer sensitivity",
    r"Explore at once": "Instant preview",
    r"Who has what": "Client data",
    r"What is left when most weights go": "Accuracy after pruning",
    r"multiply-adds less": "saves … multiply-adds",
    r"other runs, other sentences": "The text changes with the runs you select",
    r"has been held already": "Already run; showing the saved result",
    r"a run that is no ": "is not a …",
    r"Install the product anew": "Reinstall the application",
    r"who lost the lease": "a runner that has lost its lease is rejected",
    r"parts have ended": "… of … runs finished",
    r"\bper cent\b": "%",
    r"[0-9}] %": "97.5%, without a space, as English typesetting has it",
}


def identifiers(source):
    """Yield every identifier of a program once."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    yield from dict.fromkeys(token.string for token in tokens if token.type == tokenize.NAME)


def parts_of(identifier):
    """Return the words of a snake_case or CamelCase name, in lower case."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", identifier)
    return spaced.lower().strip("_").split("_")


def retired_names(source):
    """Return the identifiers that hold a retired word."""
    if not ANY_RETIRED.search(source):  # no need to take it apart
        return []
    return [
        name for name in identifiers(source) if name in WHOLE or PARTS.keys() & set(parts_of(name))
    ]


def better(name):
    """Return what a retired name is called now."""
    found = [PARTS[part] for part in parts_of(name) if part in PARTS]
    return ", ".join([WHOLE[name]] if name in WHOLE else found)


def texts(source):
    """Yield the texts of a program but its docstrings; a filled-in value is shown as {}."""
    tree = ast.parse(source)
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            silent |= {id(part) for part in node.values}
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in silent:
            yield node.value if isinstance(node.value, str) else ""


def retired_sentences(shown):
    """Return the texts that say something in words that are not used any more."""
    return [text for text in shown if any(re.search(old, text) for old in SENTENCES)]


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_identifier_and_no_module_has_a_retired_name(path):
    if path == Path(__file__):
        return
    assert path.stem not in MODULES
    found = retired_names(path.read_text())
    assert not found, [better(name) for name in found]


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_and_no_report_shows_a_retired_sentence(path):
    source = path.read_text()
    found = retired_sentences(texts(source) if path.suffix == ".py" else source.splitlines())
    assert not found


@pytest.mark.parametrize("word", [*PARTS, *WHOLE])
def test_a_retired_word_that_comes_back_is_found(word):
    assert retired_names(f"def {word}():\n    pass\n") == [word]


def test_parts_of_names_are_found_and_longer_words_are_not():
    assert retired_names("my_desks = TheFlight = _chores = 1") == [
        "my_desks",
        "TheFlight",
        "_chores",
    ]
    assert retired_names("inflight = order = placement = 1") == []


def test_a_retired_sentence_that_comes_back_is_found_and_docstrings_are_not_read():
    source = 'def f(n):\n    """Has 3 % more."""\n    say(f"{n} of 7 parts have ended", "Across")\n'
    assert retired_sentences(texts(source)) == ["{} of 7 parts have ended", "Across"]
    assert retired_sentences(["Right across", "97.5%"]) == []
