"""One computed sentence that answers each prepared question of federated learning."""

import math
from collections.abc import Callable, Sequence

from core.runs.learning_curves import (
    SGD,
    best,
    common_target,
    final,
    is_iid,
    mean,
    reached,
    work_per_round,
)
from core.runs.results import History
from core.text import percent, plural


def conclusion(question: str, histories: Sequence[History]) -> str:
    """Return what these runs answer to a prepared question, "" when they cannot.

    question: name of a preset.
    """
    measured = [h for h in histories if len(h.rows) > 1 and math.isfinite(best(h))]
    answer = ANSWERS.get(question)
    return answer(measured) if answer and len(measured) > 1 else ""


def _sgd_and_fedavg(histories: Sequence[History]) -> str:
    groups = [
        [h for h in histories if h.algorithm == SGD],
        [h for h in histories if h.algorithm != SGD],
    ]
    if not all(groups):
        return ""
    target = common_target([max(group, key=best) for group in groups])
    quick, slow = sorted(
        (min(group, key=lambda h: reached(h, target)) for group in groups),
        key=lambda h: reached(h, target),
    )
    return (
        f"To reach {percent(target, 0)} validation accuracy, {_name(quick)} needs "
        f"{_rounds(quick, target)} and {_name(slow)} needs {_rounds(slow, target)}; counted in "
        f"passes over the data, {_epochs(quick, target)} and {_epochs(slow, target)}."
    )


def _local_steps(histories: Sequence[History]) -> str:
    target = common_target(histories)
    least, most = (choose(histories, key=work_per_round) for choose in (min, max))
    rounds = max(final(least, "round"), final(most, "round"))
    return (
        f"In {plural(rounds, 'round')}, {_name(least)} reaches {percent(best(least))} validation "
        f"accuracy and {_name(most)} reaches {percent(best(most))}. For {percent(target, 0)}, they "
        f"need {_rounds(least, target)} and {_rounds(most, target)}; counted in passes over the "
        f"data, {_epochs(least, target)} and {_epochs(most, target)}."
    )


def _heterogeneity(histories: Sequence[History]) -> str:
    even = [h for h in histories if is_iid(h)]
    mixed = [h for h in histories if not is_iid(h)]
    if not even or not mixed:
        return ""
    worst = min(mixed, key=best)
    return (
        f"FedAvg reaches {percent(max(map(best, even)))} validation accuracy on IID clients and "
        f"between {percent(best(worst))} and {percent(max(map(best, mixed)))} on heterogeneous "
        f"clients; the lowest is on {_name(worst)}."
    )


def _drift(histories: Sequence[History]) -> str:
    ended = [h for h in histories if math.isfinite(final(h, "train_loss"))]
    if len(ended) < 2:
        return ""
    low, high = (choose(ended, key=lambda h: final(h, "train_loss")) for choose in (min, max))
    return (
        f"The final training loss is lowest with {_name(low)} ({final(low, 'train_loss'):.3g}"
        f"{_mean_drift(low)}) and highest with {_name(high)} ({final(high, 'train_loss'):.3g}"
        f"{_mean_drift(high)})."
    )


def _name(history: History) -> str:
    return f"“{history.label}”"


def _mean_drift(history: History) -> str:
    drift = mean(history, "drift")
    return f", mean client drift {drift:.3g}" if math.isfinite(drift) else ""


def _rounds(history: History, target: float) -> str:
    needed = reached(history, target)
    known = math.isfinite(needed)
    return plural(needed, "server iteration") if known else "more rounds than it ran"


def _epochs(history: History, target: float) -> str:
    needed = reached(history, target, "epoch")
    return plural(needed, "epoch") if math.isfinite(needed) else "not reached"


ANSWERS: dict[str, Callable[[Sequence[History]], str]] = {
    "sgd_and_fedavg": _sgd_and_fedavg,
    "local_steps": _local_steps,
    "iid_and_heterogeneous": _heterogeneity,
    "drift": _drift,
}
