"""grade: what a teacher, or a Gradescope autograder, calls."""

import json
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from core.commands.output import answer, say, table
from core.commands.session import Lab
from core.data import builtin_datasets
from core.data.dataset import Split
from core.data.uploads import grading_set
from core.errors import NotFoundError, SettingsError
from core.grading import gradescope
from core.grading.grade import Grade, as_read, grade, graded_images
from core.grading.submissions import collect
from core.networks.network import REFERENCE, NetworkShape
from core.progress import Silent

FIELDS = ("name", "accuracy", "sparsity", "zeros", "parameters", "score", "error")


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's sub-commands."""
    parser: ArgumentParser = commands.add_parser(
        "grade", help="score weights files or zips of them"
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--data", required=True, help="built-in name, file, or stored digest")
    parser.add_argument("--threshold", type=float, default=0.6, help="accuracy to exceed (0.6)")
    parser.add_argument("--gradescope", type=Path, help="write a Gradescope results.json here")
    parser.set_defaults(run=grade_command)


class Spoken(Silent):
    """A Progress that says each step on standard error."""

    def report(self, done: float, total: float, message: str = "") -> None:
        """Print how far the grading is."""
        say(f"{done:.0f} of {total:.0f}  {message}")


def grade_command(lab: Lab, options: Namespace) -> None:
    """Grade the files; a broken one gets a score of 0 and its reason, and stops nobody."""
    if not 0 <= options.threshold <= 1:
        raise SettingsError(f"--threshold is {options.threshold:g}. Give a share as 0.6.")
    missing = [path for path in options.files if not path.is_file()]
    if missing:
        raise NotFoundError(f"There is no file {missing[0]}. Check the spelling.")
    images, shape = _images(options.data, lab)
    with tempfile.TemporaryDirectory(dir=lab.workspace.scratch, prefix="grading-") as folder:
        several = len(options.files) > 1  # then a folder's name may tell them apart
        named = [(str(path) if several else path.name, path) for path in options.files]
        submissions = collect(named, Path(folder))
        grades = grade(submissions, images, shape, Spoken(), options.threshold)
    try:
        if options.gradescope:
            results = gradescope.results(grades, options.threshold)
            with lab.output(options.gradescope) as part:
                part.write_text(json.dumps(results, indent=2), encoding="utf-8")
    finally:
        _answer(grades, options)  # also when the disk filled up: the work is not lost


def _images(data: str, lab: Lab) -> tuple[Split, NetworkShape]:
    """Return what to grade on: a hidden test set's file, or a data set by name, path or digest."""
    path = Path(data).expanduser()
    if path.is_file():
        hidden = grading_set.read(path.name, path, REFERENCE.classes, scratch=lab.workspace.scratch)
        if hidden is not None:
            return as_read(hidden, REFERENCE.classes)
    return graded_images(builtin_datasets.load_any(data, lab.workspace))


def _answer(grades: list[Grade], options: Namespace) -> None:
    rows = [{name: each.to_dict()[name] for name in FIELDS} for each in grades]
    if not options.json:
        table(rows, list(FIELDS))
        return
    # One file is the common case of an autograder: its fields are at the top as well.
    top = rows[0] if len(rows) == 1 else {}
    answer(top | {"files": rows}, as_json=True)
