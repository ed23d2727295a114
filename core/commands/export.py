"""export: finished runs for TensorBoard or an MLflow server."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from core.commands.output import answer
from core.commands.session import Session
from core.jobs.transfer.exports import to_mlflow, to_tensorboard


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's sub-commands."""
    parser: ArgumentParser = commands.add_parser("export", help="runs for TensorBoard or MLflow")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="ids, as `runs` lists them")
    receiver = parser.add_mutually_exclusive_group(required=True)
    receiver.add_argument("--tensorboard", type=Path, metavar="FOLDER", help="write event files")
    receiver.add_argument(
        "--mlflow",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="send them to this MLflow server, without an address to that of MLFLOW_TRACKING_URI",
    )
    parser.set_defaults(run=export)


def export(session: Session, options: Namespace) -> None:
    """Hand ended runs over; doing it again changes nothing."""
    if options.tensorboard is not None:
        folders = to_tensorboard(session.store, options.runs, options.tensorboard, session.umask)
        made = {"tensorboard": [str(folder) for folder in folders]}
    else:
        made = {
            "mlflow": to_mlflow(
                session.store, session.workspace, options.runs, options.mlflow or None
            )
        }
    answer(made | {"runs": len(options.runs)}, options.json)
