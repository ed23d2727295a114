"""grade, autograder and doctor: what a teacher, or a Gradescope autograder, calls."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.commands.field_options import number
from core.commands.other_networks import add_pixels_option
from core.commands.output import answer, say, table
from core.commands.session import Session
from core.data import builtin_datasets
from core.data.dataset import Split
from core.data.uploads import grading_set
from core.errors import LabError, NotFoundError, SettingsError
from core.grading import gradescope
from core.grading.autograder.bundle import autograder_zip
from core.grading.doctor.case import Case, Finding
from core.grading.doctor.examine import examine, refused
from core.grading.doctor.unexplained import nothing_found
from core.grading.grade import Grade, as_read, grade, graded_images
from core.grading.submissions import Submission, collect
from core.networks.find_network import find_network
from core.networks.formats import keras_h5
from core.networks.graph import Network
from core.networks.network import REFERENCE, NetworkShape
from core.networks.pixels import guess_pixels, with_pixels
from core.networks.prepare import as_network_reads, check_classes
from core.progress import Silent
from core.stale_files import scratch_folder

FIELDS = ("name", "accuracy", "sparsity", "zeros", "parameters", "score", "error")
ZIP = ".zip"


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser's sub-commands."""
    parser: ArgumentParser = commands.add_parser(
        "grade", help="score weights files, or zips and folders of them"
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--data", required=True, help="built-in name, file, or stored digest")
    parser.add_argument(
        "--threshold", type=number("0.6"), default=0.6, help="accuracy to exceed (0.6)"
    )
    parser.add_argument(
        "--network", metavar="NETWORK", help="architecture handed in: a catalogue name or a file"
    )
    add_pixels_option(parser)
    parser.add_argument(
        "--gradescope",
        type=Path,
        help="write a Gradescope results.json here, or for many people a .zip with one each",
    )
    parser.add_argument(
        "--points",
        type=number("20"),
        default=gradescope.POINTS,
        help="the assignment is worth (100)",
    )
    parser.set_defaults(run=grade_command)
    _add_autograder(commands)
    _add_doctor(commands)


def _add_autograder(commands: Any) -> None:
    parser: ArgumentParser = commands.add_parser(
        "autograder", help="write a zip that grades hand-ins in Gradescope's container"
    )
    parser.add_argument("--data", required=True, help="the hidden images: name, file, or digest")
    parser.add_argument("--out", type=Path, default=Path("autograder.zip"), metavar="ZIP")
    parser.add_argument(
        "--threshold", type=number("0.6"), default=0.6, help="accuracy to exceed (0.6)"
    )
    parser.add_argument(
        "--points",
        type=number("20"),
        default=gradescope.POINTS,
        help="the assignment is worth (100)",
    )
    parser.set_defaults(run=autograder_command)


def _add_doctor(commands: Any) -> None:
    parser: ArgumentParser = commands.add_parser(
        "doctor", help="say what is wrong with a weights file, how that is known, what to do"
    )
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--data", required=True, help="built-in name, file, or stored digest")
    parser.add_argument(
        "--claimed-accuracy", type=number("0.75"), help="what its author says, as 0.75"
    )
    parser.add_argument(
        "--claimed-sparsity", type=number("0.95"), help="what its author says, as 0.95"
    )
    parser.set_defaults(run=doctor_command)


def doctor_command(session: Session, options: Namespace) -> None:
    """Examine one file; what is wrong is an answer, not a failure.

    Raises SettingsError for claims that are no shares, NotFoundError if there is no file.
    """
    for claim in ("claimed_accuracy", "claimed_sparsity"):
        value = getattr(options, claim)
        if value is not None and not 0 <= value <= 1:
            raise SettingsError(
                f"--{claim.replace('_', '-')} is {value:g}. Give a share as 0.95 for 95%."
            )
    path = Path(options.file).expanduser()
    if path.is_dir():
        raise NotFoundError(f"{options.file} is a folder. Name one weights file in it.")
    if not path.is_file():
        raise NotFoundError(f"There is no file {options.file}. Check the spelling.")
    images, shape = _images(options.data, session)
    try:
        weights, notes = keras_h5.read_upload(
            path.name, path, shape, scratch=session.workspace.scratch
        )
    except LabError as error:
        _say_findings(refused(str(error)), {"file": path.name, "error": str(error)}, options.json)
        return
    case = Case(weights, shape, images, notes, options.claimed_accuracy, options.claimed_sparsity)
    numbers = {"accuracy": case.accuracy_on_all, "sparsity": case.sparsity, "zeros": case.zeros}
    told = {"file": path.name, **numbers, "error": None}
    _say_findings(examine(case), told | {"notes": list(notes)}, options.json, nothing_found(case))


def _say_findings(
    findings: Sequence[Finding], told: dict[str, Any], as_json: bool, nothing: str = ""
) -> None:
    if as_json:
        answer(told | {"findings": [asdict(finding) for finding in findings]}, as_json=True)
        return
    answer({name: value for name, value in told.items() if value not in (None, [])}, False)
    for finding in findings:
        print(f"\n{finding.verdict}\n  {finding.evidence}\n  {finding.remedy}", flush=True)
    if not findings and told["error"] is None:
        print(f"\n{nothing}", flush=True)


def autograder_command(session: Session, options: Namespace) -> None:
    """Write autograder.zip: the grader and the images; nothing of it needs TensorFlow.

    Raises SettingsError for a threshold or points that mean nothing.
    """
    _check_threshold(options.threshold)
    gradescope.checked_points(options.points)
    images, shape = _images(options.data, session)
    content = autograder_zip(images, shape, options.threshold, options.points)
    with session.output(options.out) as part:
        part.write_bytes(content)
    written = {"out": str(options.out), "images": len(images), "classes": shape.classes}
    answer(written | {"size_bytes": len(content)}, options.json)


class Spoken(Silent):
    """A Progress that says each step on standard error."""

    def report(self, done: float, total: float, message: str = "") -> None:
        """Print how far the grading is."""
        say(f"{done:.0f} of {total:.0f}  {message}")


def grade_command(session: Session, options: Namespace) -> None:
    """Grade the files; a broken or missing one gets 0 and its reason, and stops nobody.

    Raises SettingsError for a threshold that is no share, NotFoundError if no file is there.
    """
    _check_threshold(options.threshold)
    gradescope.checked_points(options.points)
    images, shape = _handed_in(options, session)
    with scratch_folder(session.workspace.scratch, "grading-") as folder:
        several = len(options.files) > 1  # then a folder's name may tell them apart
        paths = [Path(file).expanduser() for file in options.files]
        named = [(f if several else p.name, p) for f, p in zip(options.files, paths, strict=True)]
        submissions = collect(named, folder)
        _check_results(submissions, options)
        grades = grade(submissions, images, shape, Spoken(), options.threshold)
    try:
        if options.gradescope:
            _write_results(session, grades, options)
    finally:
        _answer(grades, options)  # also when the disk filled up: the work is not lost
    if not any(path.exists() for path in paths):
        raise NotFoundError(f"There is no file {options.files[0]}. Check the spelling.")


def _check_threshold(threshold: float) -> None:
    if not 0 <= threshold <= 1:
        raise SettingsError(f"--threshold is {threshold:g}. Give a share as 0.6.")


def _check_results(submissions: list[Submission], options: Namespace) -> None:
    """Raise SettingsError if one results.json would hold what several people handed in.

    Files that are given one by one are one person's tries, as in a Gradescope autograder.
    """
    given = {*options.files, *(Path(file).name for file in options.files)}
    people = {each.name for each in submissions if each.file not in given}
    if options.gradescope and options.gradescope.suffix != ZIP and len(people) > 1:
        raise SettingsError(
            f"{options.gradescope.name} is one person's results, but the files are of "
            f"{len(people)} people. Give a name with .zip, for one results.json each."
        )


def _write_results(session: Session, grades: list[Grade], options: Namespace) -> None:
    with session.output(options.gradescope) as part:
        if options.gradescope.suffix == ZIP:
            part.write_bytes(gradescope.results_zip(grades, options.threshold, options.points))
        else:
            results = gradescope.to_json(grades, options.threshold, options.points)
            part.write_text(results, encoding="utf-8")


def _handed_in(options: Namespace, session: Session) -> tuple[Split, NetworkShape | Network]:
    """Return what to grade on as the named network reads it, the reference without a name."""
    if not options.network:
        return _images(options.data, session)
    data = builtin_datasets.load_any(options.data, session.workspace)
    shape = None if Path(options.network).is_file() else data.image_shape
    found = find_network(
        options.network,
        input_shape=shape,
        classes=len(data.class_names),
        scratch=session.workspace.scratch,
    )
    check_classes(data, found.network)
    pixels = options.pixels or guess_pixels(found.network, found.weights)
    images = as_network_reads(data.test or data.validation, found.network)
    return images, with_pixels(found.network, pixels)


def _images(data: str, session: Session) -> tuple[Split, NetworkShape]:
    """Return what to grade on: a hidden test set's file, or a data set by name, path or digest."""
    path = Path(data).expanduser()
    if path.is_file():
        hidden = grading_set.read(
            path.name, path, REFERENCE.classes, scratch=session.workspace.scratch
        )
        if hidden is not None:
            return as_read(hidden, REFERENCE.classes)
    return graded_images(builtin_datasets.load_any(data, session.workspace))


def _answer(grades: list[Grade], options: Namespace) -> None:
    whole = [each.to_dict() for each in grades]
    rows = [{name: each[name] for name in (*FIELDS, "notes")} for each in whole]
    if not options.json:
        table(rows, list(FIELDS))
        for each in grades:
            for note in each.notes:
                print(f"{each.name}: {note}", flush=True)
        return
    # One file is the common case of an autograder: its fields are at the top as well.
    top = rows[0] if len(rows) == 1 else {}
    answer(top | {"files": rows}, as_json=True)
