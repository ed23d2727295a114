"""Imports point down, through doors: read from the real graph of packages and sub-packages."""

import ast
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "core").rglob("*.py")
}
USERS = FILES | {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for path in [
        ROOT / "app.py",
        *(ROOT / "pages").rglob("*.py"),
        *(ROOT / "benchmarks").rglob("*.py"),
    ]
}
PACKAGES = {module for module, path in FILES.items() if path.name == "__init__.py"}
# Every package of core, lowest first: it may import only from rows above its own.
ROWS = [
    {"digests", "errors", "graphics_cards", "names", "processes", "progress", "randomness"}
    | {"stale_files", "tables", "text"},
    {"settings", "files"},
    {"workspace", "json_values"},
    {"records"},
    {"archives"},
    {"data"},
    {"networks"},
    {"evaluation"},
    {"training"},
    {"pruning", "federated"},
    {"figures", "jobs"},
    {"grading"},
    {"tasks"},
    {"runs"},
    {"lessons"},
    {"report"},
    {"commands"},
    {"__main__"},
]
JOBS_KNOW = {
    "graphics_cards", "names", "records",
    "errors", "processes", "progress", "settings", "files", "stale_files", "tables", "text",
    "workspace", "archives",
}  # fmt: skip
# Every file of these is a row of the package's own table.
TABLES = {"core.pruning.methods", "core.federated.algorithms"}
MOST_MODULES_IN_A_FOLDER = 20


def row_of(package):
    return next((row for row, names in enumerate(ROWS) if package in names), None)


@cache
def modules_imported(path):
    """Return the modules of core that a file imports, also by name as "module:function"."""
    return tuple(_modules_imported(path))


def _modules_imported(path):
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("core"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in FILES else node.module
    yield from (m for m in re.findall(r'"(core(?:\.\w+)+)(?::\w+)?"', text) if m in FILES)


def room_of(module):
    """Return the sub-package a module is in, else the module itself."""
    parts = module.split(".")
    return ".".join(parts[:3]) if ".".join(parts[:3]) in PACKAGES else module


@pytest.mark.parametrize("module", sorted(set(FILES) - {"core"}))
def test_imports_point_down(module):
    own = module.split(".")[1]
    assert row_of(own) is not None, f"core/{own} has no row"
    for other in modules_imported(FILES[module]):
        package = other.split(".")[1] if "." in other else own
        if package != own and (own, other) != ("jobs", "core.tasks.table"):
            assert row_of(package) < row_of(own), f"{module} imports upwards: {other}"


def test_no_rooms_import_each_other_in_a_circle():
    graph = {}
    for module, path in FILES.items():
        rooms = {room_of(other) for other in modules_imported(path)} - {room_of(module)}
        # The runner finds the table of tasks by name, as anybody's: that is no import.
        graph.setdefault(room_of(module), set()).update(rooms - {"core.tasks.table"})
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError with the circle


@cache
def public(package):
    """Return what a package's `__all__` names."""
    for node in ast.parse(FILES[package].read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


@cache
def crossings():
    """Return (user, package, name) of every import from outside a package."""
    return tuple(_crossings())


def _crossings():
    for user, path in USERS.items():
        for module in modules_imported(path):
            parts = module.split(".")
            for depth in range(2, len(parts)):
                package = ".".join(parts[:depth])
                if package in PACKAGES and not f"{user}.".startswith(f"{package}."):
                    yield user, package, parts[depth]


def test_packages_are_entered_only_by_what_they_name():
    private = [
        f"{user} imports {package}.{name}"
        for user, package, name in crossings()
        if package not in TABLES and name not in public(package)
    ]
    assert not private


def test_what_packages_name_is_there_and_used():
    used = {(package, name) for _, package, name in crossings()}
    named = {(package, name) for package in PACKAGES - TABLES for name in public(package)}
    used = {(package, name) for package, name in used if package not in TABLES}
    assert named == used


def test_jobs_know_no_science():
    for module, path in FILES.items():
        if module.startswith("core.jobs."):
            known = {other.split(".")[1] for other in modules_imported(path) if "." in other}
            known -= {"jobs"} | ({"tasks"} if module == "core.jobs.runner.runner" else set())
            assert known <= JOBS_KNOW, f"{module} knows {known - JOBS_KNOW}"


@pytest.mark.parametrize("top", ["core", "pages"])
def test_no_folder_is_a_heap(top):
    for folder in {path.parent for path in (ROOT / top).rglob("*.py")}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= MOST_MODULES_IN_A_FOLDER, f"{folder} holds {len(modules)} modules"
