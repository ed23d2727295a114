"""The table of layers: every kind once, and the same in README."""

from pathlib import Path

from core.lessons.supported_layers import layer_markdown, layer_table
from core.networks.layers import LAYER_KINDS


def test_every_kind_stands_in_the_table_once():
    names = [name for _, listed, _ in layer_table() for name in listed.split(", ")]
    assert sorted(names) == sorted(LAYER_KINDS)


def test_readme_shows_the_table_that_is_made_from_the_kinds():
    assert layer_markdown() in (Path(__file__).parents[2] / "README.md").read_text()
