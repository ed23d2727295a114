"""Pictures travel inside the page: no file of a session that may be gone when it is asked for."""

import ast
import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pages.components.picture import picture_url

PAGES = Path(__file__).parents[2] / "pages"
HEAD = "data:image/png;base64,"


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 1), (3, 5, 3), (3, 5, 4)])
def test_a_picture_comes_back_pixel_by_pixel(shape) -> None:
    picture = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    url = picture_url(picture)
    assert url.startswith(HEAD)
    with Image.open(io.BytesIO(base64.b64decode(url.removeprefix(HEAD)))) as read:
        assert np.array_equal(np.asarray(read), picture.reshape(np.asarray(read).shape))


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError, match="float64"):
        picture_url(np.zeros((2, 2)))


def _names(tree: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
    }


def test_every_module_that_shows_a_picture_puts_it_inside_the_page() -> None:
    shows = {path.name: _names(ast.parse(path.read_text())) for path in PAGES.rglob("*.py")}
    showing = {name for name, names in shows.items() if "image" in names}
    assert showing  # the words above still find them
    assert {name for name in showing if "picture_url" not in shows[name]} == set()
