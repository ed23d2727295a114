"""The demo's component: the grid travels once, answers to what lies between its runs follow.

Nothing is asked of the server while a curve grows or a slider stands on a run of the grid.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import streamlit as st

from core.federated.algorithms import ALGORITHMS
from core.federated.demo.extras import bundled_extras, tasks
from core.federated.demo.grid import COLUMNS
from core.federated.demo.pictures import GridPicture
from core.federated.demo.presets import OPENING, PRESETS
from core.federated.demo.spec import ROUNDS
from core.figures import colors
from core.settings import describe

FOLDER = files("pages.components.demo")
# One module: the parts in the order in which they need each other.
PARTS = (
    *("data", "state", "pens", "curves", "costs", "paths", "why", "notes", "exports"),
    *("asking", "controls", "hands", "main"),
)
FIRST = ("minibatch_sgd", "fedavg", "fedprox", "scaffold")
WHOLE_SECONDS = 10.0
KEY = "federated-demo"

_demo = st.components.v2.component(
    "federated_demo",
    html=(FOLDER / "demo.html").read_text("utf-8"),
    css=(FOLDER / "demo.css").read_text("utf-8"),
    js="\n".join((FOLDER / f"{part}.js").read_text("utf-8") for part in PARTS),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Answers:
    """What the server computed. pictures: with view and run. error: why there are none."""

    pictures: Sequence[dict[str, Any]] = ()
    error: str = ""


def demo(
    grid: Callable[[], GridPicture],
    digest: str,
    answer: Callable[[dict[str, Any]], Answers],
    gif: Callable[[dict[str, Any]], tuple[str, str]],
) -> None:
    """Draw the demo.

    grid: makes the grid's picture, asked only when this browser has not got `digest`. answer: to
    {"runs": [{"view", ...}]}. gif: the file in base64 and what to say of it.
    """
    state = st.session_state.get(KEY) or {}
    asked, wanted = state.get("asked"), state.get("gif")
    found = answer(asked) if asked else Answers()
    new, written = _is_new(digest), None
    if wanted:
        content, said = gif(wanted)
        written = {"content": content, "said": said, "at": wanted.get("at")}
    _demo(
        key=KEY,
        data={
            "digest": digest,
            "grid": grid().to_json() if new else None,
            "extras": [each.to_json() for each in bundled_extras()] if new else [],
            "answers": list(found.pictures),
            "answered": asked.get("at") if asked else None,
            "error": found.error,
            "gif": written,
            "facts": _facts(),
        },
        on_asked_change=_nothing,
        on_gif_change=_nothing,
        on_missing_change=lambda: st.session_state.update({f"{KEY}:missed": time.monotonic()}),
    )
    st.session_state[f"{KEY}:sent"] = digest


def _nothing() -> None:
    """Let the page run again: it reads what was asked for."""


def _is_new(digest: str) -> bool:
    missed = st.session_state.get(f"{KEY}:missed")
    if missed is not None and time.monotonic() - missed < WHOLE_SECONDS:
        return True
    return bool(st.session_state.get(f"{KEY}:sent") != digest)


@st.cache_data(show_spinner=False)
def _facts() -> dict[str, Any]:
    """Return what the browser has to know of algorithms, colours and presets."""
    with_mu = [
        name for name, cls in ALGORITHMS.items() if "mu" in {field.name for field in describe(cls)}
    ]
    return {
        "columns": list(COLUMNS),
        "rounds": ROUNDS,
        "first": list(FIRST),
        "labels": {name: cls.label for name, cls in ALGORITHMS.items()},
        "oneStep": [name for name, cls in ALGORITHMS.items() if cls.own_work],
        "withMu": with_mu,
        "palette": {name: colors.LIGHT.index(colors.color(name)) for name in ALGORITHMS},
        "colors": {"light": list(colors.LIGHT), "dark": list(colors.DARK)},
        "opening": OPENING,
        "presets": [preset.to_json() for preset in PRESETS],
        "extraTasks": tasks(),
        "extraLabels": {each.id: each.label for each in bundled_extras()},
    }
