"""The house rules: core stands alone, pages are thin, tables are complete."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core import errors
from core.federated.algorithms import ALGORITHMS
from core.pruning.methods import METHODS

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "core").rglob("*.py"))

FORBIDDEN_LIBRARIES = {
    "streamlit",
    "tensorflow_model_optimization", "tfmot", "torch_pruning", "nni", "neural_compressor",
    "optimum", "flwr", "fedjax", "tensorflow_federated", "pfl", "fedml", "fedlab", "fate", "openfl",
}  # fmt: skip


def imported(path):
    """Return every module name that a file imports, at any depth of nesting."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_core_imports_no_streamlit_and_no_pruning_or_federated_library():
    found = {
        (path.name, module)
        for path in CORE
        for module in imported(path)
        if module.split(".")[0] in FORBIDDEN_LIBRARIES
    }
    assert not found


def test_pages_import_neither_tensorflow_nor_the_tasks():
    for path in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]:
        modules = set(imported(path))
        heavy = {m for m in modules if m.split(".")[0] in {"tensorflow", "keras"}}
        assert not heavy | (modules & {"core.tasks.table"}), f"{path.name} is too heavy"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "pages").glob("[!_]*.py")), ids=lambda path: path.name
)
def test_pages_are_thin(path):
    assert len(path.read_text().splitlines()) <= 300


def test_every_public_module_says_what_it_is():
    silent = [str(p.relative_to(ROOT)) for p in CORE if not p.read_text().startswith('"""')]
    assert not silent


@pytest.mark.slow
def test_reading_tables_settings_and_engine_never_loads_tensorflow():
    script = (
        "import sys, core.pruning.methods, core.federated.algorithms;"
        "import core.jobs.engine.control, core.jobs.store.store;"
        "import core.training.recipe, core.pruning.prune, core.data.uploads.dataset_reader;"
        "import core.report.report;"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0


TABLES = {"pruning/methods": METHODS, "federated/algorithms": ALGORITHMS}


@pytest.mark.parametrize("folder", TABLES)
def test_every_file_is_a_row_of_its_table_under_its_own_name_and_cites_its_paper(folder):
    files = {path.stem: path for path in (ROOT / "core" / folder).glob("*.py")}
    del files["__init__"]
    assert {name: row.name for name, row in TABLES[folder].items()} == {n: n for n in files}
    for name, path in files.items():
        cited = re.search(r"\b(19|20)\d\d\b", path.read_text())
        assert cited, f"{name}.py cites no paper with its year"


def test_nothing_but_its_row_knows_a_method_or_an_algorithm_by_name():
    """Who needs to tell methods apart asks the row: a new one is a file and a line."""
    names = "|".join([*METHODS, *ALGORITHMS])
    asks = re.compile(
        rf'[!=]= "({names})"|"({names})" [!=]=|'
        rf'\b(if|and|or|not|return)\b.* in [({{[]"({names})"|startswith\("random'
    )
    rows = {ROOT / "core" / folder for folder in TABLES}
    known = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for top in ("core", "pages", "benchmarks")
        for path in sorted((ROOT / top).rglob("*.py"))
        if path.parent not in rows
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if asks.search(line)
    ]
    assert not known


def test_no_path_plumbing():
    """Package data comes by importlib.resources; one module tells children where we are."""
    plumbing = re.compile(r"sys\.path|PYTHONPATH|\.parents\[|\.parent\.parent")
    files = [*CORE, *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"]
    found = {path for path in files if plumbing.search(path.read_text())}
    found |= {p for p in (ROOT / "benchmarks").rglob("*.py") if "sys.path" in p.read_text()}
    assert found == {ROOT / "core" / "processes.py"}


LAB_ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type)}


def public_functions(path):
    """Yield (node, docstring) of what others may call; who builds a class reads the class's."""
    for node in ast.parse(path.read_text()).body:
        if getattr(node, "name", "_").startswith("_"):
            continue
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(each, ast.FunctionDef):
                if each.name in ("__init__", "__post_init__"):
                    yield each, f"{ast.get_docstring(node)} {ast.get_docstring(each)}"
                elif not each.name.startswith("_"):
                    yield each, ast.get_docstring(each) or ""


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_whoever_raises_says_so(path):
    """Public functions that raise one of our errors have a "Raises" line, or do nothing else."""
    if "raise " not in path.read_text():
        return
    silent = [
        node.name
        for node, doc in public_functions(path)
        for each in ast.walk(node)
        if isinstance(each, ast.Raise) and each.exc is not None
        and LAB_ERRORS & {part.id for part in ast.walk(each.exc) if isinstance(part, ast.Name)}
        and not re.search(r"\bRaises?\s+\w+Error", doc)
    ]  # fmt: skip
    assert not silent
