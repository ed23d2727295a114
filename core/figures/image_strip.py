"""Images that two networks see, as tiles: what each was called before the cut and after it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.evaluation.behaviour import Change
from core.evaluation.forgetting import NEVER, Curve
from core.evaluation.forgotten import (
    BOTH_RIGHT,
    BOTH_WRONG,
    KINDS,
    NEWLY_RIGHT,
    NEWLY_WRONG,
    Forgotten,
    kind_of,
)
from core.text import exact_percent, percent, plural, some_of

# Colours that have a contrast of 3 to either theme's background, and of 4.5 to the white sign.
COLORS: Mapping[str, str] = {
    BOTH_RIGHT: "#15803d",
    NEWLY_WRONG: "#d1342b",
    NEWLY_RIGHT: "#2563eb",
    BOTH_WRONG: "#6b7780",
}
SIGNS: Mapping[str, str] = {BOTH_RIGHT: "✓", NEWLY_WRONG: "✗", NEWLY_RIGHT: "+", BOTH_WRONG: "–"}


@dataclass(frozen=True)
class Bar:
    """A network's most probable class and its probability."""

    network: str
    name: str
    share: float


@dataclass(frozen=True)
class Tile:
    """One image. alt: all that the tile shows, in words. pick: what a click tells, "" for none."""

    row: int
    kind: str
    color: str
    sign: str
    alt: str
    bars: tuple[Bar, ...]
    pick: str = ""
    note: str = ""


@dataclass(frozen=True)
class Legend:
    """One kind of change, and how many images are of it."""

    kind: str
    color: str
    sign: str
    count: int


def tiles(changes: Sequence[Change], names: Sequence[str]) -> list[Tile]:
    """Return a tile for each image, with the two networks' top classes as bars."""
    return [_tile(change, names) for change in changes]


def _tile(change: Change, names: Sequence[str]) -> Tile:
    kind = kind_of(change)
    before = Bar("dense", names[change.before], change.before_confidence)
    after = Bar("pruned", names[change.after], change.after_confidence)
    said = " and ".join(f"the {b.network} network says {b.name}, {percent(b.share, 0)}"
                        for b in (before, after))  # fmt: skip
    alt = f"{names[change.label]}: {kind}; {said}"
    return Tile(change.row, kind, COLORS[kind], SIGNS[kind], alt, (before, after))


def falling_tiles(
    curve: Curve, rows: Iterable[int], level: int, names: Sequence[str]
) -> list[Tile]:
    """Return a tile for each image at a level; it says where it falls, and a click picks that."""
    return [_falling(curve, int(row), level, names) for row in rows]


def _falling(curve: Curve, row: int, level: int, names: Sequence[str]) -> Tile:
    tile, first = _tile(curve.change(row, level), names), int(curve.first[row])
    if first == NEVER:
        stays = curve.before[row] == curve.labels[row]
        return replace(tile, note="stays right" if stays else "wrong from the start")
    sparsity = float(curve.levels[first])
    falls = f"falls at {exact_percent(sparsity)}"
    return replace(tile, note=falls, alt=f"{tile.alt}; {falls}", pick=repr(sparsity))


def forgetting_sentence(curve: Curve, level: int) -> str:
    """Return how many images have fallen up to a level, of those the dense network gets right."""
    at, fallen = exact_percent(float(curve.levels[level])), curve.fallen(level)
    last = exact_percent(float(curve.levels[-1]))
    never = curve.right - curve.fallen(len(curve.levels) - 1)
    return (
        f"Of {plural(curve.right, 'image')} that the dense network classifies correctly, "
        f"{fallen:,} {'has' if fallen == 1 else 'have'} fallen by {at}; {never:,} "
        f"{'stays' if never == 1 else 'stay'} right up to {last}."
    )


def legend(found: Forgotten) -> list[Legend]:
    """Return how many of all images are of each kind, in the order of the kinds."""
    pairs = zip(KINDS, found.counts, strict=True)
    return [Legend(kind, COLORS[kind], SIGNS[kind], count) for kind, count in pairs]


def lost_sentence(found: Forgotten, total: int = 0) -> str:
    """Return what the shown images are: those the pruned network lost, the surest first.

    total: validation images that there are, where it is known.
    """
    lost = found.counts[KINDS.index(NEWLY_WRONG)]
    seen = some_of(found.looked_at, total, "validation image")
    if not lost:
        return f"Of {seen} the pruned network lost none that the dense one classified correctly."
    shown = len(found.exemplars)
    which = (
        "This is it"
        if lost == 1
        else "These are they"
        if shown == lost
        else (f"These are the {shown} of which the dense network was surest")
    )
    return (
        f"Of {seen}, {lost:,} {'is' if lost == 1 else 'are'} wrong now and "
        f"{'was' if lost == 1 else 'were'} right before. {which}."
    )


def forgotten_sentence(found: Forgotten, total: int = 0) -> str:
    """Return in one sentence what the cut cost, on the images that were looked at.

    total: validation images that there are, where it is known.
    """
    lost, gained = (found.counts[KINDS.index(kind)] for kind in (NEWLY_WRONG, NEWLY_RIGHT))
    seen = f"Of {some_of(found.looked_at, total, 'validation image')}"
    if not lost and not gained:
        return f"{seen}, none changed sides: the pruned network is right where the dense one is."
    return (
        f"{seen}, {lost:,} {'is' if lost == 1 else 'are'} newly wrong and {gained:,} newly right."
    )
