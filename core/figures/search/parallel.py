"""Every try as a line across all settings, the best in colour. Inselberg 1985."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.importance.tries import Goal, Try
from core.figures import colors
from core.figures.theme import Annotation, Chart, Trace, axis, ellipsis, layout
from core.text import plural

BEST = 0.25  # the share of tries in colour
SPREAD = 0.05  # of an axis, over which lines through one class are spread
MOST_TICKS = 6
MOST_LINES = 300
TITLE_LINE = 12  # letters: neighbours' titles do not touch

SettingText = Callable[[str, object], str]  # (name, value) -> the value in words


def as_set(name: str, value: object) -> str:
    """Return a setting's value as it was set."""
    return f"{value:g}" if _is_number(value) else str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class _Axis:
    """One axis. places: (tries,) in [0, 1]. ticks: place and text. texts: of each try."""

    title: str
    places: np.ndarray
    ticks: tuple[tuple[float, str], ...]
    texts: tuple[str, ...]


def parallel_coordinates(
    tries: Sequence[Try], goal: Goal, is_judged: bool = True, text: SettingText = as_set
) -> Chart:
    """Return a line for each try across its settings and its value; a vertex's id is its try's.

    tries: at least one. Of more than MOST_LINES the best are drawn, and a part of the others.
    is_judged: whether the tries can tell which settings mattered. Otherwise no line stands out and
    none is called the best: it may be so by chance. text: of a setting's value.
    """
    values = np.array([each.value for each in tries])
    names = list(tries[0].settings)
    axes = [_axis(name, [each.settings[name] for each in tries], values, text) for name in names]
    axes.append(_number_axis(goal.label, values, [goal.text(value) for value in values]))
    order = np.argsort(-values, kind="stable")
    best, others = _drawn(order)
    drawn = np.concatenate([best, others])
    some = f" {len(drawn)} of them are drawn." if len(order) > MOST_LINES else ""
    return Chart(
        name="parallel-coordinates",
        traces=[
            _lines("Others", others, tries, axes, colors.MUTED, 1.0, 0.45),
            _lines("Best quarter", best, tries, axes, colors.series(0), 1.8, 0.9),
        ]
        if is_judged
        else [_lines("Tries", np.sort(drawn), tries, axes, colors.MUTED, 1.4, 0.7)],
        layout=layout(
            axis("", range=[-0.35, len(axes) - 0.65], visible=False),
            axis("", range=[-0.24, 1.08], visible=False),
            shapes=[_upright(number) for number in range(len(axes))],
            annotations=[note for n, each in enumerate(axes) for note in _notes(n, each)],
        ),
        alt=f"{plural(len(tries), 'try', 'tries')} across {plural(len(axes) - 1, 'setting')}"
        f"{_best_of(tries[int(order[0])], goal, text) if is_judged else ''}.{some}",
        rows=[{"try": each.label, **each.settings, goal.label: each.value} for each in tries],
    )


def _drawn(order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which tries are drawn as the best quarter and as others, from the best one on."""
    count = max(1, round(BEST * len(order)))
    best, others = order[:count], order[count:]
    most = round(BEST * MOST_LINES)
    steps = max(1, -(-len(others) // (MOST_LINES - most)))
    return best[:most] if len(order) > MOST_LINES else best, others[::steps]


def _best_of(found: Try, goal: Goal, text: SettingText) -> str:
    said = ", ".join(f"{name} {text(name, value)}" for name, value in found.settings.items())
    return f"; the best has a {goal.label.lower()} of {goal.text(found.value)} with {said}"


def _axis(name: str, values: Sequence[object], goal: np.ndarray, text: SettingText) -> _Axis:
    said = [text(name, value) for value in values]
    if all(map(_is_number, values)):
        return _number_axis(name, np.array(values, float), said)
    texts = [str(value) for value in values]
    means = {text: goal[[each == text for each in texts]].mean() for text in set(texts)}
    levels = sorted(means, key=lambda text: (means[text], text))  # the best class on top
    step = 1 / max(len(levels) - 1, 1)
    at = {text: number * step if len(levels) > 1 else 0.5 for number, text in enumerate(levels)}
    places = np.array([at[text] for text in texts]) + _spread(texts)
    shown = dict(zip(texts, said, strict=True))
    return _Axis(name, places, tuple((at[text], shown[text]) for text in levels), tuple(said))


def _spread(texts: Sequence[str]) -> np.ndarray:
    """Return a shift for each try, so that lines through one class do not hide one another."""
    shifts = np.zeros(len(texts))
    for text in set(texts):
        own = np.flatnonzero([each == text for each in texts])
        shifts[own] = np.linspace(-SPREAD, SPREAD, len(own)) if len(own) > 1 else 0.0
    return shifts


def _number_axis(title: str, numbers: np.ndarray, texts: Sequence[str]) -> _Axis:
    low, high = float(numbers.min()), float(numbers.max())
    places = (numbers - low) / ((high - low) or 1.0) if high > low else np.full(len(numbers), 0.5)
    told = dict(zip(places.tolist(), texts, strict=True))
    if len(told) > MOST_TICKS:
        told = {place: told[place] for place in (min(told), max(told))}
    return _Axis(title, places, tuple(sorted(told.items())), tuple(texts))


def _lines(
    name: str,
    chosen: np.ndarray,
    tries: Sequence[Try],
    axes: Sequence[_Axis],
    color: str,
    width: float,
    opacity: float,
) -> Trace:
    """Return these tries as one trace; None between two lines."""
    x: list[float | None] = []
    y: list[float | None] = []
    data: list[list[str] | None] = []
    for index in chosen.tolist():
        said = "<br>".join(f"{each.title}: {each.texts[index]}" for each in axes)
        x += [*range(len(axes)), None]
        y += [*(round(float(each.places[index]), 4) for each in axes), None]
        data += [[tries[index].id, f"{tries[index].label}<br>{said}"]] * len(axes) + [None]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": x,
        "y": y,
        "customdata": data,
        "hovertemplate": "%{customdata[1]}<extra></extra>",
        "opacity": opacity,
        "line": {"color": color, "width": width},
        "marker": {"size": 5, "color": color},
    }


def _upright(number: int) -> dict[str, object]:
    line = {"color": colors.MUTED, "width": 1}
    return {"type": "line", "x0": number, "x1": number, "y0": 0, "y1": 1, "line": line}


def _notes(number: int, each: _Axis) -> list[Annotation]:
    """Return an axis' title in short lines, and its ticks on the left of it."""
    lines = textwrap.wrap(each.title, TITLE_LINE, break_long_words=False, max_lines=3)
    written = "<br>".join(ellipsis(line, 20) for line in lines)
    title = {"text": f"<b>{written}</b>", "y": -0.08, "yanchor": "top"}
    ticks = [
        {"text": ellipsis(text, 16), "y": place, "xanchor": "right", "xshift": -6,
         "font": {"size": 11}, "bgcolor": "$card", "borderpad": 1}
        for place, text in each.ticks
    ]  # fmt: skip
    return [{"x": number, "showarrow": False, **note} for note in (title, *ticks)]
