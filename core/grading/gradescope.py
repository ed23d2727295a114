"""Grades as the results.json that a Gradescope autograder writes, one for each person.

Source: gradescope-autograders.readthedocs.io, "Autograder Specifications" and "Leaderboards".
"""

import io
import json
import math
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from core.errors import SettingsError
from core.grading.grade import Grade, without_others

POINTS, FEWEST_POINTS, MOST_POINTS = 100.0, 0.01, 1e6
SEPARATORS = re.compile(r"[/\\:]+")  # of folders, on any system
# What Windows takes for a device, whatever follows a full stop.
DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)
ZIP_DATE = (2000, 1, 1, 0, 0, 0)  # the same results, the same bytes


def checked_points(points: float) -> float:
    """Return what a score of 1.0 is worth.

    Raises SettingsError unless it is a number that Gradescope can show.
    """
    if not (math.isfinite(points) and FEWEST_POINTS <= points <= MOST_POINTS):
        raise SettingsError(
            f"{points:,.12g} points cannot be given. Give what the assignment is worth, from "
            f"{FEWEST_POINTS:g} to {MOST_POINTS:,.0f}, as 20."
        )
    return points


def persons(grades: Sequence[Grade]) -> dict[str, list[Grade]]:
    """Return name -> that person's grades, in the order given."""
    found: dict[str, list[Grade]] = {}
    for each in grades:
        found.setdefault(each.name, []).append(each)
    return found


def results(grades: Sequence[Grade], threshold: float, points: float = POINTS) -> dict[str, Any]:
    """Return the JSON of one person's results.json: three tests per file, the best one's score.

    points: what a score of 1.0 is worth. The tests for the architecture and the threshold carry
    no points of their own: the rule's score is the grade.
    """
    best = max(grades, key=lambda g: (g.error is None, g.score), default=None)
    return {
        "score": round(points * best.score, 4) if best else 0.0,
        "output": _summary(best, threshold),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [test for each in grades for test in _tests(each, threshold, points, best)],
        "leaderboard": _leaderboard(best) if best else [],
        "extra_data": {"grades": [each.to_dict() for each in grades]},
    }


def to_json(grades: Sequence[Grade], threshold: float, points: float = POINTS) -> str:
    """Return one person's results.json as text."""
    return json.dumps(results(grades, threshold, points), indent=2)


def results_zip(grades: Sequence[Grade], threshold: float, points: float = POINTS) -> bytes:
    """Return a zip with name/results.json for each person, none of whom is in another's file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, held in _folders(persons(grades)).items():
            entry = zipfile.ZipInfo(f"{folder}/results.json", ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            own = [without_others(each) for each in held]
            archive.writestr(entry, to_json(own, threshold, points))
    return target.getvalue()


def _folders(people: dict[str, list[Grade]]) -> dict[str, list[Grade]]:
    """Return folder -> grades; names that differ in case only would be one folder on many disks."""
    folders: dict[str, list[Grade]] = {}
    taken: set[str] = set()
    for name, held in people.items():
        folder = plain = _on_windows_too(_one_folder(name))
        number = 2
        while folder.casefold() in taken:
            folder, number = f"{plain} ({number})", number + 1
        taken.add(folder.casefold())
        folders[folder] = held
    return folders


def _one_folder(name: str) -> str:
    """Return a name as that of one folder, which leads nowhere else when it is unpacked."""
    return SEPARATORS.sub(" - ", name).strip(" .") or "unnamed"


def _on_windows_too(folder: str) -> str:
    is_device = folder.partition(".")[0].strip().casefold() in DEVICES
    return f"{folder}_" if is_device else folder


def _summary(best: Grade | None, threshold: float) -> str:
    if best is None:
        return "No weights file was handed in. Hand in my_model_weights.h5."
    notes = "".join(f"\n{line}" for line in best.told)
    if best.error is not None:
        return best.error + notes
    return (
        f"Score {best.score:.4f}: the mean of accuracy {best.accuracy:.4f} and sparsity "
        f"{best.sparsity:.4f}, or 0 unless accuracy is above {threshold:g} and sparsity above 0."
        f"{notes}"
    )


def _tests(
    each: Grade, threshold: float, points: float, best: Grade | None
) -> list[dict[str, Any]]:
    fits = each.parameters is not None
    above = each.accuracy is not None and each.accuracy > threshold
    shown = f"{each.zeros:,} of {each.parameters:,} parameters are exactly zero." if fits else ""
    accuracy = f"Accuracy {each.accuracy:.4f}." if each.accuracy is not None else ""
    return [
        _test(f"{each.name}: architecture", fits, shown or each.error or ""),
        _test(f"{each.name}: accuracy above {threshold:g}", above, accuracy or each.error or ""),
        _test(f"{each.name}: score", each.score > 0, each.error or f"Score {each.score:.4f}.")
        | {
            "score": round(points * each.score, 4) if each is best else 0.0,
            "max_score": points if each is best else 0.0,
        },
        *(_finding(each.name, line) for line in each.findings),
    ]


def _test(name: str, passed: bool, output: str) -> dict[str, Any]:
    return {
        "name": name,
        "status": "passed" if passed else "failed",
        "output": output,
        "visibility": "visible",
    }


def _finding(name: str, line: str) -> dict[str, Any]:
    """Return a test without points for one thing that the doctor found."""
    verdict, _, _ = line.partition(". ")
    return _test(f"{name}: {verdict}", False, line) | {"score": 0.0, "max_score": 0.0}


def _leaderboard(best: Grade) -> list[dict[str, Any]]:
    return [
        {"name": "Score", "value": round(best.score, 6)},
        {"name": "Accuracy", "value": round(best.accuracy or 0.0, 6)},
        {"name": "Sparsity", "value": round(best.sparsity or 0.0, 6)},
    ]
