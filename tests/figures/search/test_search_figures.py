"""Importance bars and parallel coordinates: places by hand, and what the sentences say."""

import pytest

from core.evaluation.importance.importances import FANOVA, Importance, Importances
from core.evaluation.importance.tries import GOALS, Try
from core.figures import colors
from core.figures.search.importance import bars_height, importance_bars
from core.figures.search.parallel import MOST_LINES, parallel_coordinates

FOUND = Importances(
    24,
    (Importance("method", 0.7, 0.001, True), Importance("sparsity", 0.1, 0.4, False)),
    FANOVA,
    rest=0.2,
)
TRIES = [
    Try("a1", "A 80%", {"method": "a", "sparsity": 0.8}, 0.7),
    Try("a2", "A 90%", {"method": "a", "sparsity": 0.9}, 0.6),
    Try("b1", "B 80%", {"method": "b", "sparsity": 0.8}, 0.8),
    Try("b2", "B 95%", {"method": "b", "sparsity": 0.95}, 0.5),
]


def test_what_may_be_chance_is_grey_and_the_most_important_is_on_top():
    chart = importance_bars(FOUND)
    clear, unclear = chart.traces
    assert (clear["y"], clear["x"], clear["marker"]["color"]) == (
        ["method"],
        [0.7],
        colors.series(0),
    )
    assert (unclear["y"], unclear["marker"]["color"]) == (["sparsity"], colors.MUTED)
    assert chart.layout["yaxis"]["categoryarray"] == ["sparsity", "method"]  # from below
    assert chart.alt == FOUND.said
    assert chart.rows[1]["more than chance"] is False
    assert bars_height(FOUND) > bars_height(Importances(1))


def test_a_line_passes_each_axis_at_its_value():
    chart = parallel_coordinates(TRIES, GOALS["accuracy"])
    others, best = chart.traces
    assert best["x"] == [0, 1, 2, None]
    # b is the better class, 0.65 and 0.65: equal means, ties by name, so b is on top, at 1
    assert best["y"][1:] == [0.0, 1.0, None]  # 0.8 is the lowest sparsity, 0.8 the best accuracy
    assert best["y"][0] == pytest.approx(1 - 0.05)
    assert best["customdata"][0][0] == "b1"
    assert best["customdata"][3] is None
    assert len(others["x"]) == 3 * 4
    last = others["y"][-2]
    assert last == 0.0  # the worst accuracy


def test_the_sentence_names_the_best_try():
    chart = parallel_coordinates(TRIES, GOALS["accuracy"])
    assert chart.alt == (
        "4 tries across 2 settings; the best has a validation accuracy of 80.0% with method b, "
        "sparsity 0.8."
    )
    assert chart.rows[0] == {"try": "A 80%", "method": "a", "sparsity": 0.8,
                             "Validation accuracy": 0.7}  # fmt: skip


def test_of_very_many_tries_a_part_is_drawn_the_best_among_them():
    tries = [Try(f"t{n}", f"t{n}", {"rate": n / 1000}, n / 1000) for n in range(1000)]
    chart = parallel_coordinates(tries, GOALS["score"])
    others, best = chart.traces
    drawn = (len(others["x"]) + len(best["x"])) // 3
    assert drawn <= MOST_LINES
    assert best["customdata"][0][0] == "t999"
    assert f"{drawn} of them are drawn." in chart.alt
    assert len(chart.rows) == 1000


def test_a_number_that_is_the_same_everywhere_is_in_the_middle():
    tries = [Try(f"t{n}", f"t{n}", {"rate": n}, 0.5) for n in range(3)]
    chart = parallel_coordinates(tries, GOALS["score"])
    assert {
        y for y, x in zip(chart.traces[0]["y"], chart.traces[0]["x"], strict=True) if x == 1
    } == {0.5}


def test_tries_that_cannot_tell_settings_apart_name_no_best_and_colour_none():
    chart = parallel_coordinates(TRIES, GOALS["accuracy"], is_judged=False)
    (lines,) = chart.traces
    assert (lines["name"], lines["line"]["color"]) == ("Tries", colors.MUTED)
    drawn = dict.fromkeys(each[0] for each in lines["customdata"] if each)
    assert list(drawn) == [each.id for each in TRIES]  # in their own order
    assert "best" not in chart.alt


def test_values_are_in_the_words_of_the_pages_and_titles_at_one_height():
    def text(name, value):
        return f"{100 * value:g}%" if name == "sparsity" else {"a": "Alpha", "b": "Beta"}[value]

    chart = parallel_coordinates(TRIES, GOALS["accuracy"], text=text)
    notes = chart.layout["annotations"]
    ticks = [note["text"] for note in notes if note.get("xanchor") == "right"]
    assert ticks[:5] == ["Alpha", "Beta", "80%", "90%", "95%"]
    titles = {note["text"]: note["y"] for note in notes if note["text"].startswith("<b>")}
    assert list(titles) == ["<b>method</b>", "<b>sparsity</b>", "<b>Validation<br>accuracy</b>"]
    assert len(set(titles.values())) == 1
    assert "with method Beta, sparsity 80%" in chart.alt
    assert "method: Beta<br>sparsity: 80%" in chart.traces[1]["customdata"][0][1]
