"""What several chosen runs take together: stop, delete, compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import LabError
from core.jobs import housekeeping
from core.jobs.store.store import Store
from core.pruning.spec import PruneSpec
from core.runs.selection import MOST
from core.runs.table.row import RunRow
from core.text import plural
from core.workspace import Workspace

LAID_OVER = 12  # runs in one overlay
OTHER_DATA = (
    "The selected networks are of several data sets: accuracies on different images do not compare."
)
CROWDED = "fit side by side. Frontier shows them all."


@dataclass(frozen=True)
class Deletion:
    """What deleting runs means. ids: those that have ended. living: how many have not.

    parts: runs that only they need, which go too. made_from: runs that start from what goes.
    """

    ids: tuple[str, ...]
    living: int
    parts: int
    made_from: int

    def sentences(self) -> list[str]:
        """Return what goes, what stays, and why."""
        said = [
            f"{plural(len(self.ids), 'run')}{self._with_parts()}: weights, histories and logs are "
            "deleted. This cannot be undone."
        ]
        if self.made_from:
            stays = "stays" if self.made_from == 1 else "stay"
            said.append(
                f"{plural(self.made_from, 'other run')} started from these networks and {stays}, "
                "without the network to compare with."
            )
        if self.living:
            said.append(f"{plural(self.living, 'run')} still at work will stay. Stop them first.")
        return said

    def _with_parts(self) -> str:
        return f" and {plural(self.parts, 'part')} that nothing else needs" if self.parts else ""


def deletion_of(store: Store, rows: Sequence[RunRow], ids: Sequence[str]) -> Deletion:
    """Return what deleting these runs means. rows: of all runs."""
    wanted, families = set(ids), store.families()
    chosen = [row for row in rows if row.id in wanted]
    ended = tuple(row.id for row in chosen if row.ended)
    # Most of thousands have no parts: a question to the store for each would take half a minute.
    parents = [id for id in ended if id in families]
    parts = set(store.own_family(*parents)) - set(ended)
    doomed = {*ended, *parts}
    made_from = [row for row in rows if row.source in doomed and row.id not in doomed]
    return Deletion(ended, len(chosen) - len(ended), len(parts), len(made_from))


def delete_all(store: Store, workspace: Workspace, ids: Sequence[str]) -> list[str]:
    """Delete ended runs; return why some could not be, once for each reason.

    Those that start from others go first; parts that went with another are passed over.
    """
    refused: dict[str, None] = {}
    for id in _heirs_first(store, ids):
        if not store.exists(id):
            continue
        try:
            housekeeping.delete_run(store, workspace, id)
        except LabError as error:
            refused[str(error)] = None
    return list(refused)


def _heirs_first(store: Store, ids: Sequence[str]) -> list[str]:
    return [job.id for job in sorted(store.jobs(ids=ids), key=lambda job: -job.sequence)]


def stop_all(store: Store, rows: Sequence[RunRow]) -> int:
    """Ask every run that has not ended to stop; return how many those are."""
    living = [row for row in rows if not row.ended]
    for row in living:
        store.stop(row.id)
    return len(living)


@dataclass(frozen=True)
class Comparison:
    """What Frontier would compare. ids: two to six networks, or none, and then `reason` says why.

    data: of the networks, "" without any.
    """

    ids: tuple[str, ...] = ()
    data: str = ""
    reason: str = ""


def comparison_of(
    rows: Sequence[RunRow],
    every: Sequence[RunRow] = (),
    families: Mapping[str, Sequence[str]] | None = None,
) -> Comparison:
    """Return what of the chosen runs can be compared; a sweep stands for what it pruned.

    every: all runs, families: parent -> parts; both are read where a run with parts is chosen.
    """
    if not rows:
        return Comparison(reason="Select two to six networks, or a sweep.")
    parts = {part for row in rows for part in (families or {}).get(row.id, ())}
    pruned = [row for row in every if row.id in parts and row.kind == PruneSpec.kind]
    found = list({row.id: row for row in (*rows, *pruned) if row.has_point}.values())
    data = {row.data for row in found}
    if len(found) < 2:
        count = plural(len(found), "measured network")
        return Comparison(reason=f"{count} selected: two or more can be compared.")
    if len(data) > 1:
        return Comparison(reason=OTHER_DATA)
    if len(found) > MOST:
        return Comparison(reason=f"{len(found)} networks selected: at most {MOST} {CROWDED}")
    return Comparison(tuple(row.id for row in found), *data)


def overlaid(rows: Sequence[RunRow]) -> list[str]:
    """Return the ids of the chosen runs that have curves, at most as many as a chart takes."""
    return [row.id for row in rows if row.has_curves][:LAID_OVER]
