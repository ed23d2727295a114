"""report: chosen runs as one self-contained HTML file."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from core.commands.output import answer
from core.commands.session import Session
from core.report.evidence import gather
from core.report.report import render


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's sub-commands."""
    parser: ArgumentParser = commands.add_parser("report", help="write runs as an HTML report")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="ids, as `runs` lists them")
    parser.add_argument("--title", default="Pruning and federated learning")
    parser.add_argument("--out", type=Path, default=Path("report.html"))
    parser.set_defaults(run=report)


def report(session: Session, options: Namespace) -> None:
    """Gather the runs with everything they came from, and write the page."""
    evidence = gather(session.store, session.workspace, options.runs, options.title)
    with session.output(options.out) as part:
        part.write_text(render(evidence), encoding="utf-8")
    made = {"points": len(evidence.points), "histories": len(evidence.histories)}
    answer(made | {"out": str(options.out)}, options.json)
