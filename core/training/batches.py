"""The images of every step: order and augmentation, both from streams named by epoch.

Nothing is carried from one epoch to the next, so a resumed run needs no state from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.data.dataset import Split
from core.randomness import generator
from core.training.recipe import Recipe


@dataclass(frozen=True)
class Batches:
    """Batches of one training split under one recipe. classes: of the labels, for mixup."""

    split: Split
    recipe: Recipe
    seed: int
    classes: int = 0

    @property
    def per_epoch(self) -> int:
        """Number of steps in an epoch."""
        return steps_per_epoch(len(self.split), self.recipe.batch_size)

    def epoch(self, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (images, labels) of every step of this epoch; with mixup (n, classes) labels."""
        order = generator(self.seed, "order", epoch).permutation(len(self.split))
        rng = generator(self.seed, "augment", epoch)
        blends = generator(self.seed, "mixup", epoch)
        starts = self.recipe.batch_size * np.arange(1, self.per_epoch)
        for rows in np.split(order, starts):
            images = augment(self.split.images[rows], self.recipe, rng)
            labels = self.split.labels[rows]
            yield self._mixed(images, labels, blends) if self.recipe.mixup else (images, labels)

    def _mixed(
        self, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        return mixed(images, one_hot(labels, self.classes), self.recipe.mixup, rng)


def steps_per_epoch(images: int, batch_size: int) -> int:
    """Return the number of batches; the last may be smaller, or larger by one image.

    A last batch of a single image joins the one before: it has no variance to normalise by.
    """
    whole, rest = divmod(images, batch_size)
    return whole if whole and rest == 1 else whole + bool(rest)


def augment(images: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Return a batch shifted, mirrored and cut out as the recipe says."""
    if recipe.crop:
        images = shift(images, rng.integers(0, 2 * recipe.crop + 1, (len(images), 2)), recipe.crop)
    if recipe.flips:
        mirrored = rng.random(len(images)) < 0.5
        images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
    if recipe.cutout:
        images = cut_out(images, rng.integers(0, images.shape[1:3], (len(images), 2)), recipe)
    return images


def shift(images: np.ndarray, offsets: np.ndarray, margin: int) -> np.ndarray:
    """Return each image cropped at its offset from itself with a reflected margin.

    offsets: (n, 2) rows and columns from 0 to 2 * margin; `margin` means not moved.
    """
    height, width = images.shape[1:3]
    sides = ((0, 0), (margin, margin), (margin, margin), (0, 0))
    padded = np.pad(images, sides, mode="reflect")
    result = np.empty_like(images)
    for index, (down, right) in enumerate(offsets):
        result[index] = padded[index, down : down + height, right : right + width]
    return result


def cut_out(images: np.ndarray, centres: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return images with a grey square at each centre. DeVries & Taylor 2017, arXiv:1708.04552."""
    half = recipe.cutout // 2
    result = images.copy()
    for index, (row, column) in enumerate(centres):
        top, left = max(row - half, 0), max(column - half, 0)
        result[index, top : row + half, left : column + half] = 0.5
    return result


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return (n, classes) float32 targets of (n,) labels."""
    return np.asarray(np.eye(classes, dtype=np.float32)[labels])


def mixed(
    images: np.ndarray, targets: np.ndarray, alpha: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return x = s x_i + (1 - s) x_j and y = s y_i + (1 - s) y_j, with one s ~ Beta(alpha, alpha).

    images: (n, ...); targets: (n, classes). j is a permutation of the batch, as in the authors'
    code. Source: Zhang et al. 2018, mixup, arXiv:1710.09412.
    """
    share = np.float32(rng.beta(alpha, alpha))
    others = rng.permutation(len(images))
    rest = np.float32(1) - share
    return share * images + rest * images[others], share * targets + rest * targets[others]
