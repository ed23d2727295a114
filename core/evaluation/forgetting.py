"""When each image is forgotten: the lowest level of a one-shot curve at which it is wrong.

An image that the dense network classifies correctly falls at the first level at which the cut
network does not. It may be right again at a higher level, by luck: a network with few weights left
says one class to nearly everything. Images that are wrong from the start cannot fall.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.evaluation.behaviour import Change
from core.evaluation.forgotten import KINDS, Answers, kinds, thumbnails

FORGETTING_FILE = "forgetting.npz"
NEVER = -1  # in `first`: right at every level, or wrong from the start


@dataclass(frozen=True)
class Curve:
    """What a network says of the same n images at each of its cuts.

    levels (l,): sparsity. labels (n,); before (n,), after (l, n): classes; before_sure (n,),
    after_sure (l, n): their probabilities.
    """

    levels: np.ndarray
    labels: np.ndarray
    before: np.ndarray
    before_sure: np.ndarray
    after: np.ndarray
    after_sure: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """The place in `levels` at which each image falls, or NEVER. Shape (n,)."""
        wrong = (self.after != self.labels) & (self.before == self.labels)
        return np.where(wrong.any(axis=0), wrong.argmax(axis=0), NEVER)

    @property
    def right(self) -> int:
        """How many images the dense network classifies correctly."""
        return int((self.before == self.labels).sum())

    def fallen(self, level: int) -> int:
        """Return how many images have fallen up to a level, that one included."""
        first = self.first
        return int(((first != NEVER) & (first <= level)).sum())

    def nearest(self, sparsity: float) -> int:
        """Return the place of the level nearest to a sparsity."""
        return int(np.abs(self.levels - sparsity).argmin())

    def change(self, row: int, level: int) -> Change:
        """Return what the dense network and a cut say of one image."""
        return Change(
            row=row,
            label=int(self.labels[row]),
            before=int(self.before[row]),
            after=int(self.after[level, row]),
            before_confidence=float(self.before_sure[row]),
            after_confidence=float(self.after_sure[level, row]),
        )

    def rows(self, level: int, label: int | None = None, kind: str | None = None) -> np.ndarray:
        """Return images, the first to fall first, of a class and of one of KINDS at a level.

        None is all. Of those that fall together the dense network's surest come first.
        """
        wanted = np.ones(len(self.labels), bool)
        if label is not None:
            wanted &= self.labels == label
        if kind is not None:
            wanted &= kinds(self.labels, self.before, self.after[level]) == KINDS.index(kind)
        order = np.where(self.first == NEVER, len(self.levels), self.first)
        rows = np.flatnonzero(wanted)
        return np.asarray(rows[np.lexsort((-self.before_sure[rows], order[rows]))])

    def confusions(self, level: int, most: int = 8) -> list[tuple[int, int, int, int]]:
        """Return (true class, said class, images now, images before) where mistakes grew most."""
        now, before = (
            Counter(zip(self.labels.tolist(), said.tolist(), strict=True))
            for said in (self.after[level], self.before)
        )
        found = [
            (true, said, count, before[true, said])
            for (true, said), count in sorted(now.items())
            if true != said and count > before[true, said]
        ]
        return sorted(found, key=lambda each: each[3] - each[2])[:most]


def curve_of(levels: Sequence[float], answers: Sequence[Answers]) -> Curve:
    """Return the curve of the answers at each level; all of the same images."""
    first = answers[0]
    return Curve(
        levels=np.array(levels),
        labels=first.labels,
        before=first.before.argmax(axis=1),
        before_sure=first.before.max(axis=1),
        after=np.stack([each.after.argmax(axis=1) for each in answers]),
        after_sure=np.stack([each.after.max(axis=1) for each in answers]),
    )


def write_curve(folder: Path, curve: Curve, images: np.ndarray) -> str:
    """Write a curve and small pictures of its images; return the file's name."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / FORGETTING_FILE, **vars(curve), pictures=thumbnails(images))
    return FORGETTING_FILE


def read_curve(path: Path | str) -> tuple[Curve, np.ndarray]:
    """Return a curve and its pictures (n, h, w, c) uint8."""
    with np.load(path, allow_pickle=False) as stored:
        arrays = dict(stored)
    pictures = arrays.pop("pictures")
    return Curve(**arrays), pictures
