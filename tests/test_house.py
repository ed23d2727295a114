"""The house rules: imports point down, core stands alone, every page is thin."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "core").rglob("*.py"))

# A package may import from the packages of its own row and of the rows above it.
LAYERS = [
    {"errors", "settings", "randomness", "progress", "files", "workspace"},
    {"data"},
    {"models"},
    {"training", "evaluation"},
    {"pruning", "federated"},
    {"figures", "jobs", "reports"},
    {"__main__", "commands"},
]
FORBIDDEN_PAIRS = {("pruning", "federated"), ("federated", "pruning")}
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


def layer_of(package):
    return next((row for row, names in enumerate(LAYERS) if package in names), None)


def package_of(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path):
    own = path.relative_to(ROOT / "core").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    assert layer_of(own) is not None, f"core/{own} has no place in the layers"
    for module in imported(path):
        other = package_of(module) if module.startswith("core.") else None
        if other is None or layer_of(other) is None or other == own:
            continue
        assert layer_of(other) <= layer_of(own), f"{path.name} imports upwards: {module}"
        assert (own, other) not in FORBIDDEN_PAIRS, f"{path.name} imports its sibling: {module}"


def test_core_imports_no_streamlit_and_no_pruning_or_federated_library():
    found = {
        (path.name, module)
        for path in CORE
        for module in imported(path)
        if module.split(".")[0] in FORBIDDEN_LIBRARIES
    }
    assert not found


def test_only_tasks_joins_the_store_to_science():
    science = {"data", "models", "training", "evaluation", "pruning", "federated"}
    for name in ("store", "engine", "runner"):
        path = ROOT / "core" / "jobs" / f"{name}.py"
        used = {package_of(m) for m in imported(path) if m.startswith("core.")}
        assert not used & science, f"{name}.py knows science: {used & science}"


def test_pages_import_neither_tensorflow_nor_the_tasks():
    for path in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]:
        modules = set(imported(path))
        heavy = {m for m in modules if m.split(".")[0] in {"tensorflow", "keras"}}
        assert not heavy | (modules & {"core.jobs.tasks"}), f"{path.name} is too heavy"


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_pages_are_thin(path):
    assert len(path.read_text().splitlines()) <= 300


def test_every_public_module_says_what_it_is():
    silent = [
        str(p.relative_to(ROOT)) for p in CORE if not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert not silent


@pytest.mark.slow
def test_reading_tables_settings_and_engine_never_loads_tensorflow():
    script = (
        "import sys, core.pruning.methods, core.federated.algorithms;"
        "import core.jobs.engine, core.jobs.store;"
        "import core.training.recipe, core.pruning.prune, core.data.archives, core.reports.report;"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0


@pytest.mark.parametrize(
    ("folder", "table"),
    [("pruning/methods", "METHODS"), ("federated/algorithms", "ALGORITHMS")],
)
def test_every_file_is_in_its_table_and_cites_its_paper(folder, table):
    package = __import__(f"core.{folder.replace('/', '.')}", fromlist=[table])
    entries = getattr(package, table).values()
    modules = {path.stem for path in (ROOT / "core" / folder).glob("*.py")} - {"__init__"}
    source = (ROOT / "core" / folder / "__init__.py").read_text()
    assert modules == {m for m in modules if re.search(rf"\b{m}\b", source)}
    assert len(entries) >= len(modules)
    for name in modules:
        text = (ROOT / "core" / folder / f"{name}.py").read_text()
        assert re.search(r"\b(19|20)\d\d\b", text), f"{name}.py cites no paper with its year"
