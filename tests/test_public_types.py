"""Public functions say what they take and return: records, not dictionaries of anything."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOOSE = ("dict[str, Any]", "Mapping[str, Any]", "JsonObject")
# A record's own form as JSON is JSON.
JSON_FORMS = {"to_json", "from_json", "from_stored", "to_dict", "from_dict"}
# Where JSON begins and ends, and nothing else; a folder stands for its modules.
EDGES = {
    "core/records.py": "turns records into JSON and back",
    "core/json_values.py": "the same, value by value",
    "core/jobs/store": "the store's edge: settings and results as they are kept",
    "core/jobs/runner/context.py": "the store's edge: what a task is handed before it is a spec",
    "core/jobs/transfer": "the store's edge: the same in a zip, with run.json beside it",
    "core/archives": "a confined child answers in JSON and arrays",
    "core/data/uploads": "what runs in the confined child, and answers so",
    "core/networks/formats/reader.py": "what runs in the confined child, and answers so",
    "core/networks/keras_files": "Keras's description of a network is JSON",
    "core/networks/layers": "each kind of layer reads and writes its part of that JSON",
    "core/figures/theme.py": "Plotly's figures are nested dictionaries",
    "core/figures/network_styles.py": "Plotly's figures are nested dictionaries",
    "core/grading/gradescope.py": "results.json as Gradescope describes it",
}


def loose_signatures(source):
    """Yield the names of public functions, methods and fields whose types say nothing."""
    for node in ast.parse(source).body:
        if getattr(node, "name", "_").startswith("_"):
            continue
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            found = _annotations(each, in_class=isinstance(node, ast.ClassDef))
            if any(loose in ast.unparse(one) for one in found for loose in LOOSE):
                own = each.target.id if isinstance(each, ast.AnnAssign) else each.name
                yield own if each is node else f"{node.name}.{own}"


def _annotations(node, in_class):
    if isinstance(node, ast.AnnAssign) and in_class and isinstance(node.target, ast.Name):
        return [] if node.target.id.startswith("_") else [node.annotation]
    if not isinstance(node, ast.FunctionDef) or node.name in JSON_FORMS:
        return []
    if node.name.startswith("_") and not node.name.startswith("__"):
        return []
    taken = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    found = [one.annotation for one in (*taken, node.args.vararg, node.args.kwarg) if one]
    return [one for one in (*found, node.returns) if one is not None]


def is_at_an_edge(path):
    return any(path == edge or path.startswith(f"{edge}/") for edge in EDGES)


@cache
def loose_modules():
    """Return path -> loose signatures of every module of core that has some."""
    found = {
        str(path.relative_to(ROOT)): list(loose_signatures(path.read_text()))
        for path in sorted((ROOT / "core").rglob("*.py"))
    }
    return {path: names for path, names in found.items() if names}


def test_only_the_edges_take_or_return_dictionaries_of_anything():
    inside = {path: names for path, names in loose_modules().items() if not is_at_an_edge(path)}
    assert not inside, "give it a frozen record, or say in EDGES why JSON ends there"


@pytest.mark.parametrize("edge", EDGES)
def test_every_edge_is_still_one(edge):
    assert any(path == edge or path.startswith(f"{edge}/") for path in loose_modules())


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def rows(x: int) -> list[dict[str, Any]]: ...", ["rows"]),
        ("def _rows(x: int) -> list[dict[str, Any]]: ...", []),
        ("class Card:\n    settings: Mapping[str, Any]", ["Card.settings"]),
        ("class Card:\n    def of(self, *, result: JsonObject): ...", ["Card.of"]),
        ("class Card:\n    def to_json(self) -> dict[str, Any]: ...", []),
        ("def rows(x: Mapping[str, float]) -> list[str]: ...", []),
    ],
)
def test_what_counts_as_loose(source, found):
    assert list(loose_signatures(source)) == found


if __name__ == "__main__":  # the count: python -m tests.test_public_types
    for path, names in loose_modules().items():
        print(f"{path}: {', '.join(names)}")
    print(sum(map(len, loose_modules().values())), "loose public signatures")
