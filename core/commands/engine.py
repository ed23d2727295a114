"""engine start|stop|status."""

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from core.archives import protections
from core.commands.output import answer
from core.commands.session import Session
from core.jobs.engine import control
from core.jobs.engine.watch import EngineWatch, not_answered

PATIENCE_SECONDS = 4.0  # an engine that is well says so every second


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's sub-commands."""
    parser = commands.add_parser("engine", help="start, stop or ask the engine that runs the jobs")
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.set_defaults(run=engine_command)


def engine_command(session: Session, options: Namespace) -> None:
    """Start or stop the engine, or only look, then answer with its state."""
    if options.action == "start":
        control.ensure(session.workspace)
    elif options.action == "stop":
        control.stop(session.workspace)
    found = asdict(control.status(session.workspace, session.store))
    watch = EngineWatch(session.workspace, session.store)
    if found["running"] and not found["note"] and not watch.answers_within(PATIENCE_SECONDS):
        found["note"] = not_answered(PATIENCE_SECONDS)
    found |= {"workspace": str(session.workspace.root)}
    if options.action == "status":
        told = protections.described()
        found["uploads"] = told if options.json else " ".join(told)
    answer(found, options.json)
