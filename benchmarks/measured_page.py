"""The section of docs/networks.md on two trained networks, ours beside Torch-Pruning's."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.measured_cuts import (
    BARS,
    GLOBAL,
    JUDGED_ON,
    LEVELS,
    NETWORKS,
    OURS,
    PEER,
    TRAINED_ON,
    UNIFORM,
    Cut,
    alike,
    cuts,
)
from benchmarks.results_page import table
from core.evaluation.paired import Lead, lead_of
from core.text import exact_percent, listed, percent, thousands

Row = Mapping[str, Any]
Rows = Mapping[str, Row]
NAMES = {"l1_filter": "L1 filter", "taylor": "Taylor", "magnitude": "Magnitude"}
SCOPES = {UNIFORM: "every group the same share", GLOBAL: "all units in one ranking"}


def lines(measured: Mapping[str, Rows]) -> Iterator[str]:
    """Yield the section; measured: network -> key of a cut, or "dense" -> row."""
    yield "## ResNet-20 and VGG-16, trained, beside Torch-Pruning\n"
    yield (
        "Made by `python -m benchmarks.measured_networks --data FILE --install` (the peer gets an "
        "environment of its own below `PARETO_LAB_PEERS`). Two networks of "
        f"the catalogue are trained on {thousands(TRAINED_ON)} animal photographs of 25 × 25 "
        "pixels and five classes, pruned and trained on: "
        f"{listed(_epochs())}. Accuracy is that on {thousands(JUDGED_ON)} other photographs, "
        "by which nothing was chosen; epochs are chosen on 2,500 more. One "
        "seed. ±: one standard error of the difference, by the number of photographs.\n"
    )
    yield (
        f"{PEER} (`GroupNormPruner`, group magnitude importance, cut in 400 steps as in its own "
        "reproduction script) gets our dense weights; its logits agree to 1e-4 before it cuts. "
        "Its network and ours then see the same batches, to the bit, with the same optimizer, step "
        "sizes and epochs, without distillation. Both cut at least the stated share of the "
        "multiply-adds. Further down are our default recipe, with distillation, and magnitude.\n"
    )
    for name in NETWORKS:
        found = measured.get(name, {})
        yield f"### {name}\n"
        yield from (_network(found) if "dense" in found else ["Not measured yet.\n"])


def _epochs() -> list[str]:
    return [
        f"{name} for {each.dense} epochs and {each.pruned} after a cut"
        for name, each in NETWORKS.items()
    ]


def _network(rows: Rows) -> Iterator[str]:
    dense = rows["dense"]
    yield (
        f"Dense: accuracy {percent(dense['accuracy'])}, {thousands(dense['multiply_adds'])} "
        f"multiply-adds, {thousands(dense['parameters'])} parameters.\n"
    )
    yield from _versus(rows)
    header = ["Network", "Recipe", "Accuracy", "Points lost", "Multiply-adds", "of dense"]
    header += ["Parameters left", "Zeros"]
    made = [_cells(cut, rows[cut.key], dense) for cut in cuts() if cut.key in rows]
    yield from table(header, made)
    if lacks := sum(cut.key not in rows for cut in cuts()):
        yield f"Not measured yet: {lacks} of {len(list(cuts()))} rows.\n"


def _versus(rows: Rows) -> Iterator[str]:
    """Yield the table of what was cut alike, and for the bars whether they hold."""
    header = ["Multiply-adds cut", "Ranking", OURS, PEER, "Difference in points"]
    made = [
        [exact_percent(level), SCOPES[scope], *(percent(each["accuracy"]) for each in pair),
         difference(lead)]
        for level in sorted(LEVELS)
        for scope in (UNIFORM, GLOBAL)
        if (pair := _pair(rows, level, scope)) and (lead := _lead(*pair))
    ]  # fmt: skip
    yield from table(header, made) if made else []
    for level in BARS:
        yield from _bar(rows, level)


def _bar(rows: Rows, level: float) -> Iterator[str]:
    """Yield whether the better of our two is at least as accurate as the better of the peer's."""
    lead = best_lead(rows, level)
    if lead is None:
        return
    if lead.is_clear or lead.is_behind:
        word = f"is **{'more' if lead.is_clear else 'less'} accurate than** {PEER}'s"
    else:
        word = f"and {PEER}'s differ by less than two standard errors"
    yield (
        f"At {exact_percent(level)} fewer multiply-adds our better network {word}, each chosen on "
        f"validation: {difference(lead)} points.\n"
    )


def best_lead(rows: Rows, level: float) -> Lead | None:
    """Return the lead of our better network over the peer's, None before all four are measured.

    rows: of one network, key of a cut -> row. level: share of the multiply-adds that went.
    """
    best = [_best(rows, who, level) for who in (OURS, PEER)]
    return _lead(*best) if all(best) else None


def _best(rows: Rows, who: str, level: float) -> Row:
    found = [rows.get(alike(who, level, scope).key, {}) for scope in (UNIFORM, GLOBAL)]
    return max(found, key=lambda row: row["validation_accuracy"]) if all(found) else {}


def _pair(rows: Rows, level: float, scope: str) -> list[Row]:
    keys = [alike(who, level, scope).key for who in (OURS, PEER)]
    return [rows[key] for key in keys] if all(key in rows for key in keys) else []


def _lead(ours: Row, theirs: Row) -> Lead:
    found = lead_of([((ours["accuracy"], JUDGED_ON), (theirs["accuracy"], JUDGED_ON))])
    assert found is not None
    return found


def difference(lead: Lead) -> str:
    """Return a lead and its standard error in points."""
    return f"{100 * lead.mean:+.1f} ± {100 * lead.error:.1f}"


def _cells(cut: Cut, row: Row, dense: Row) -> list[str]:
    recipe = "default" if cut.distillation else f"no distillation, {SCOPES[cut.allocation]}"
    zeros = dense["parameters"] - row["left"]
    name = NAMES[cut.method] if cut.who == OURS else PEER
    return [
        f"{name} {exact_percent(cut.level)}",
        recipe,
        percent(row["accuracy"]),
        f"{100 * (dense['accuracy'] - row['accuracy']):.1f}",
        thousands(row["multiply_adds"]),
        percent(row["multiply_adds"] / dense["multiply_adds"]),
        thousands(row["left"]),
        f"{thousands(zeros)} ({percent(zeros / dense['parameters'])})",
    ]
