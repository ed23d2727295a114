"""FedAvg demo: IID against heterogeneous clients, for a lecture hall and for a phone."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.errors import LabError
from core.federated.demo.answers import answers
from core.federated.demo.gif import Scene, gif_of
from core.federated.demo.grid import Grid
from core.federated.demo.pictures import GridPicture, grid_picture
from core.federated.demo.spec import DemoRun
from core.settings import from_dict
from pages.components.demo.component import Answers, demo
from pages.components.demo.draw import another_draw, shown_grid
from pages.components.error_box import error_box
from pages.components.session import say_done

HALVES = 2


def main() -> None:
    """Draw the page."""
    st.title("FedAvg demo", anchor=False)
    st.markdown(
        "Two runs with one seed, side by side under one clock. Space plays, the arrow keys step, "
        "F fills the screen, 1–4 change the view."
    )
    with error_box():
        say_done()
        name, grid = shown_grid()
        demo(lambda: _picture(name, grid), name, _answer, partial(_gif, grid))
        another_draw()
        answers().pool.start(HALVES)


@st.cache_resource(max_entries=4, show_spinner=False)
def _picture(name: str, _grid: Grid) -> GridPicture:
    return grid_picture(_grid)


def _answer(asked: Mapping[str, Any]) -> Answers:
    """Return the pictures of runs that the grid has not got."""
    try:
        wanted = [(str(each["view"]), _run(each)) for each in asked["runs"]]
        pictures = answers().pictures(wanted)
        return Answers(
            [
                {"view": view, "run": _named(run), "answer": picture.to_json()}
                for (view, run), picture in zip(wanted, pictures, strict=True)
            ]
        )
    except (KeyError, TypeError):
        return Answers(error="The page asked for something unknown. Reload it.")
    except LabError as error:
        return Answers(error=str(error))


def _run(asked: Mapping[str, Any]) -> DemoRun:
    return from_dict(DemoRun, {name: asked[name] for name in _named(DemoRun())})


def _shown(asked: Mapping[str, Any]) -> DemoRun | str:
    """Return a run of the sliders, or the id of one beyond them."""
    return str(asked["extra"]) if "extra" in asked else _run(asked)


def _named(run: DemoRun) -> dict[str, Any]:
    return dict(vars(run))


def _gif(grid: Grid, asked: Mapping[str, Any]) -> tuple[str, str]:
    """Return the animation in base64, and what to say of it."""
    try:
        halves = [
            Scene(
                str(half["title"])[:80],
                tuple((str(line["label"])[:40], _shown(line["run"])) for line in half["lines"]),
            )
            for half in asked["runs"]
        ]
        return gif_of(grid, halves, int(asked["view"]), str(asked["metric"])), ""
    except (KeyError, TypeError, ValueError):
        return "", "There is no GIF of this comparison. Move a slider and try again."
    except LabError as error:
        return "", str(error)


main()
