"""The report: one HTML file that answers the assignment from runs and needs no network."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib.resources import files
from typing import Any

from core.figures.theme import Chart
from core.report.answers.answer import Answer, Row
from core.report.answers.convergence import convergence_answers
from core.report.answers.heterogeneity import heterogeneity_answers
from core.report.answers.pruning import pruning_answers
from core.report.evidence import Evidence, RunRow, today

TEMPLATE = files("core.report") / "report.html.j2"
INK, PAPER = "#1f2933", "#ffffff"


def answers(evidence: Evidence) -> list[Answer]:
    """Return every answer in the assignment's order, those without evidence included."""
    return [
        *pruning_answers(evidence.points, evidence.class_names),
        *convergence_answers(evidence.histories),
        *heterogeneity_answers(evidence.histories),
    ]


def render(evidence: Evidence, notes: Mapping[str, str] | None = None) -> str:
    """Return the report as HTML: figures live on Plotly's own script, inlined once.

    notes: question number -> the author's own words; "" is the introduction.
    """
    from jinja2 import Environment, select_autoescape

    environment = Environment(autoescape=select_autoescape(default=True), trim_blocks=True)
    found = answers(evidence)
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        evidence=evidence,
        answers=found,
        notes=notes or {},
        figures=script_json(dict(_figures(found))),
        names=_names,
        columns=columns,
        run_columns=[one.name for one in fields(RunRow)],
        cell=cell,
        date=today(),
        plotly=plotly_script(),
    )


def _figures(found: Sequence[Answer]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, _inked(chart))
        for answer in found
        for name, chart in zip(_names(answer), answer.charts, strict=True)
    ]


def _names(answer: Answer) -> list[str]:
    return [f"figure-{answer.number}-{index}" for index in range(len(answer.charts))]


def _inked(chart: Chart) -> dict[str, Any]:
    """Return the figure in the colours of paper."""
    text = json.dumps(chart.figure()).replace("$text", INK)
    text = text.replace("$card", PAPER).replace("$page", PAPER)
    figure: dict[str, Any] = json.loads(text)
    figure["layout"]["font"]["color"] = INK
    figure["name"] = chart.name
    return figure


def script_json(value: Any) -> str:
    """Return JSON that may stand inside a script element, whatever its texts hold."""
    text = json.dumps(value, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def columns(rows: Sequence[Row]) -> list[str]:
    """Return the column names of a table in order of first appearance."""
    return list(dict.fromkeys(name for row in rows for name in row))


def cell(value: object) -> str:
    """Return a table cell as text."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def plotly_script() -> str:
    """Return Plotly's JavaScript from the installed package."""
    return (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
