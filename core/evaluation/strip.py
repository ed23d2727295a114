"""Which few images show best what cuts of a dense network cost: chosen once, whatever the cut.

Spread over the dense network's confidence most are sure, and a slight cut changes none of them. So
those take turns that fall first, that the network nearly gets right, that fall later, and sure ones
(docs/decisions/0200).
"""

from collections.abc import Iterator, Sequence

import numpy as np

STRIP_IMAGES = 24
FIRST, ALMOST, LATER, SURE = "falls first", "almost right", "falls later", "sure"
TURNS = (FIRST, ALMOST, LATER, FIRST, SURE)  # of the images of a class


def strip_rows(
    before: np.ndarray,
    labels: np.ndarray,
    falls: np.ndarray | None = None,
    count: int = STRIP_IMAGES,
) -> np.ndarray:
    """Return the rows of the strip, class by class, the surest answer of each class first.

    before: (n, classes) probabilities of the dense network. falls: (n,) how early an image falls
    when the network is cut: the number of cuts of growing depth that leave it right, without them
    only the distance to the dense network's border counts. Classes take turns, so each has as many
    images as the others, if it has so many.
    """
    sureness = before[np.arange(len(labels)), labels]
    lead = _lead(before, labels)
    cuts = np.zeros(len(labels), int) if falls is None else falls
    classes = np.unique(labels)
    if len(classes) > count:  # more classes than images: classes from everywhere in the list
        classes = classes[np.linspace(0, len(classes) - 1, count).round().astype(int)]
    of_class = [np.flatnonzero(labels == c) for c in classes]
    quotas = _quotas([len(rows) for rows in of_class], count)
    chosen = [
        surest_first(_telling(rows, lead[rows], cuts[rows], quota), sureness)
        for rows, quota in zip(of_class, quotas, strict=True)
    ]
    return np.concatenate(chosen) if chosen else np.zeros(0, np.int64)


def surest_first(rows: np.ndarray, sureness: np.ndarray) -> np.ndarray:
    """Return the rows in the order of their sureness (n,), the largest first."""
    return np.asarray(rows[np.argsort(-sureness[rows], kind="stable")])


def survived(labels: np.ndarray, after: Sequence[np.ndarray]) -> np.ndarray:
    """Return how many cuts, of growing depth, each image is right after before it falls.

    labels: (n,). after: of each cut, (n, classes) probabilities.
    """
    right = np.stack([np.ones(len(labels), bool), *(p.argmax(axis=1) == labels for p in after)])
    return np.asarray(np.logical_and.accumulate(right).sum(axis=0) - 1)


def _lead(before: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how far the true class leads the most probable other one; below 0 it is mistaken."""
    own = np.arange(len(labels)), labels
    others = before.copy()
    others[own] = -1.0
    return np.asarray(before[own] - others.max(axis=1, initial=-1.0))


def _telling(rows: np.ndarray, lead: np.ndarray, falls: np.ndarray, quota: int) -> np.ndarray:
    """Return `quota` rows of one class, by turns from each list of TURNS; none twice."""
    lists = _lists(rows, lead, falls, quota)
    chosen: dict[int, None] = {}
    for turn in range(quota):
        own = lists[TURNS[turn % len(TURNS)]]
        every = (row for each in (own, *lists.values()) for row in each)
        chosen[next(row for row in every if row not in chosen)] = None
    return np.array(list(chosen), dtype=np.int64)


def _lists(
    rows: np.ndarray, lead: np.ndarray, falls: np.ndarray, quota: int
) -> dict[str, list[int]]:
    """Return the rows in the orders in which they are taken; together they have every row."""
    right = np.flatnonzero(lead > 0)
    order = rows[right[np.lexsort((lead[right], falls[right]))]]
    wrong = np.flatnonzero(~(lead > 0))  # a lead that is not a number is none
    sure = rows[right[np.argsort(-lead[right], kind="stable")]]
    middle = _middle(falls[right])
    return {
        FIRST: order.tolist(),
        ALMOST: rows[wrong[np.argsort(-lead[wrong], kind="stable")]].tolist(),
        LATER: [*order[middle:].tolist(), *order[:middle].tolist()],
        SURE: list(_spread(sure, max(1, quota // len(TURNS)))),
    }


def _middle(falls: np.ndarray) -> int:
    """Return the place of the middle one of the images that fall at all, of all where none does."""
    falling = int((falls < falls.max(initial=0)).sum())
    return (falling or len(falls)) // 2


def _spread(rows: np.ndarray, quota: int) -> Iterator[int]:
    """Yield `quota` rows at the middles of as many equal parts of the list."""
    middles = (np.arange(quota) + 0.5) * len(rows) / quota
    yield from rows[middles.astype(int)].tolist() if len(rows) else ()


def _quotas(sizes: Sequence[int], count: int) -> list[int]:
    """Return how many images each class gives when classes take turns until `count` are there."""
    quotas = [0] * len(sizes)
    while sum(quotas) < min(count, sum(sizes)):
        for place, size in enumerate(sizes):
            if quotas[place] < size and sum(quotas) < count:
                quotas[place] += 1
    return quotas
