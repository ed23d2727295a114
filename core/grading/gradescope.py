"""Grades as the results.json that a Gradescope autograder writes.

Source: gradescope-autograders.readthedocs.io, "Autograder Specifications" and "Leaderboards".
"""

from collections.abc import Sequence
from typing import Any

from core.grading.grade import Grade


def results(grades: Sequence[Grade], threshold: float, points: float = 100.0) -> dict[str, Any]:
    """Return the JSON of results.json: three tests per file, and the best file's leaderboard row.

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


def _summary(best: Grade | None, threshold: float) -> str:
    if best is None:
        return "No weights file was handed in. Hand in my_model_weights.h5."
    if best.error is not None:
        return best.error
    return (
        f"Score {best.score:.4f}: the mean of accuracy {best.accuracy:.4f} and sparsity "
        f"{best.sparsity:.4f}, or 0 unless accuracy is above {threshold:g} and sparsity above 0."
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
    ]


def _test(name: str, passed: bool, output: str) -> dict[str, Any]:
    return {
        "name": name,
        "status": "passed" if passed else "failed",
        "output": output,
        "visibility": "visible",
    }


def _leaderboard(best: Grade) -> list[dict[str, Any]]:
    return [
        {"name": "Score", "value": round(best.score, 6)},
        {"name": "Accuracy", "value": round(best.accuracy or 0.0, 6)},
        {"name": "Sparsity", "value": round(best.sparsity or 0.0, 6)},
    ]
