"""The grades of a class: a table with states, the problems alone, the spread, the files to take."""

import json
from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core.figures.score_distribution import score_histogram
from core.grading import gradescope
from core.grading.grade import Grade, cause
from core.grading.leaderboard import Entry, to_csv
from core.text import plural, unlike
from pages.components.error_box import plain
from pages.components.live_chart import live_chart

FEWEST_TO_SPREAD = 8  # scores; fewer are seen in the table
FEWEST_TO_FILTER = 6
# Of what has a problem the reason is asked, before a score that is mostly 0.
REASON_FIRST = ("Name", "Reason", "Status", "Score", "Rank", "Accuracy", "Sparsity", "Zeros")
FEWEST_TO_FOLD = 6  # reasons; more are read one by one, from the table


def grades_view(grades: Sequence[Grade], threshold: float) -> None:
    """Show the table, on request only the rows with something to look at, and the reasons."""
    problems = [grade for grade in grades if grade.error or grade.told or not grade.score]
    shown = list(grades)
    if problems and len(grades) >= FEWEST_TO_FILTER:
        label = f"Problems and notes only ({len(problems)} of {len(grades)})"
        shown = problems if st.toggle(label, key="grade-problems") else shown
    st.dataframe(
        [_row(grade, threshold) for grade in shown],
        hide_index=True,
        key="grades",
        column_order=None if len(shown) == len(grades) else REASON_FIRST,
        column_config={
            "Score": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.4f"),
            "Reason": st.column_config.TextColumn(width="medium"),
            # Numbers, not texts: a click on a column's head sorts by them.
            "Accuracy": st.column_config.NumberColumn(format="percent"),
            "Sparsity": st.column_config.NumberColumn(format="percent"),
            "Zeros": st.column_config.NumberColumn(format="localized"),
        },
        placeholder="–",
    )
    told = [grade for grade in problems if grade.error or grade.told]
    if told:
        reasons = f"{plural(len(told), 'reason')} in full"
        with st.expander(reasons, expanded=len(told) < FEWEST_TO_FOLD, type="compact"):
            for grade in told:
                words = " ".join((grade.error or "", *grade.told)).strip()
                st.markdown(f"**{plain(grade.name)}** {plain(words)}")


def _row(grade: Grade, threshold: float) -> dict[str, object]:
    state, reason = cause(grade, threshold)
    return {
        "Rank": grade.rank,
        "Name": grade.name,
        "Score": round(grade.score, 4),
        "Status": state,
        "Reason": reason,
        "Accuracy": grade.accuracy,
        "Sparsity": grade.sparsity,
        "Zeros": grade.zeros,
    }


def spread_view(grades: Sequence[Grade]) -> None:
    """Show how the scores of everybody who was graded are spread, where they are many."""
    best: dict[str, float] = {}
    for grade in grades:
        if grade.error is None:
            best[grade.name] = max(grade.score, best.get(grade.name, 0.0))
    if len(best) >= FEWEST_TO_SPREAD:
        live_chart(score_histogram(list(best.values())), "grade-spread", 260)


def gradescope_points(label: str, help: str, width: int | Literal["stretch"] = "stretch") -> float:
    """Ask what the assignment is worth; width: pixels."""
    return st.number_input(
        label,
        min_value=1.0,
        max_value=gradescope.MOST_POINTS,
        value=gradescope.POINTS,
        step=1.0,
        format="%g",
        width=width,
        help=help,
    )


def downloads(grades: Sequence[Grade], threshold: float) -> None:
    """Offer the table, the numbers, and a results.json for each person."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _button("CSV", "grades.csv", to_csv(grades))
        rows = [grade.to_dict() for grade in grades]
        _button("JSON", "grades.json", json.dumps(rows, indent=2))
        points = gradescope_points(
            "Gradescope points",
            "What the assignment is worth on Gradescope: a score of 1.0 gets as many.",
            150,
        )
        if len(gradescope.persons(grades)) > 1:
            content = gradescope.results_zip(grades, threshold, points)
            _button("Gradescope results (zip, one each)", "results.zip", content)
        else:
            _button(
                "Gradescope results.json",
                "results.json",
                gradescope.to_json(grades, threshold, points),
            )


def _button(label: str, name: str, content: str | bytes) -> None:
    st.download_button(
        label, content, name, icon=":material/download:", on_click="ignore", key=name
    )


def classes_view(grades: Sequence[Grade], class_names: Sequence[str]) -> None:
    """Show each network's accuracy on every class."""
    headers = unlike(["Name", *class_names])
    rows = [
        dict(zip(headers, (grade.name, *grade.per_class_accuracy), strict=False))
        for grade in grades
        if grade.per_class_accuracy
    ]
    shares = {name: st.column_config.NumberColumn(format="percent") for name in headers[1:]}
    with st.expander("Accuracy per class"):
        st.dataframe(rows, hide_index=True, placeholder="–", column_config=shares)


def tries_view(board: Sequence[Entry]) -> None:
    """Show everybody's best of several gradings, and all scores in their order."""
    with st.expander("Best of all tries"):
        st.dataframe(
            [
                {
                    "Rank": entry.best.rank,
                    "Name": entry.best.name,
                    "Best score": round(entry.best.score, 4),
                    "Tries": len(entry.history),
                    "Scores": list(entry.history),
                }
                for entry in board
            ],
            hide_index=True,
            column_config={"Scores": st.column_config.LineChartColumn("Scores", y_min=0, y_max=1)},
        )
