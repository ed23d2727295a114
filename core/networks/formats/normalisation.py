"""Which layer each BatchNormalization of a file stands behind: no file says it outright.

Files list layers as they were made, which need not be how they are run, or by name. Told are it by
the numbers in a Sequential, by the block that holds both, by numbers in the names (bn2 behind
conv2), and by the order of the file; where two of these disagree, nothing is guessed.
"""

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from core.errors import WeightsError
from core.networks.formats.hdf5_checks import shown

PLACE = re.compile(r"(?:^|[./])(\d+)$")
NUMBERED = re.compile(r"(\d+)$")


class Named(Protocol):
    """A layer or a normalisation, as far as its place is concerned."""

    @property
    def name(self) -> str:
        """Its name in the file."""

    @property
    def is_normalisation(self) -> bool:
        """Tell whether this is a BatchNormalization."""

    def fits(self, layer: "Named") -> bool:
        """Tell whether a normalisation has as many units as a layer."""


Behind = dict[str, Named]  # name of a normalisation -> the layer before it


def behind(modules: Sequence[Named]) -> Behind:
    """Return the layer that each normalisation stands behind.

    modules: layers and normalisations in the order of the file. Raises WeightsError where that
    cannot be told for certain.
    """
    normalisations = [module for module in modules if module.is_normalisation]
    layers = [module for module in modules if not module.is_normalisation]
    if not normalisations:
        return {}
    blocks = {_block(module.name) for module in normalisations}
    if all(PLACE.search(module.name) for module in modules if _block(module.name) in blocks):
        return _at_next_place(normalisations, layers)
    by_block = _by(normalisations, layers, _one_in_block)
    if by_block is not None:
        return by_block
    by_number, in_order = _by(normalisations, layers, _same_number), _in_order(modules)
    if by_number is not None and (in_order is None or _same(by_number, in_order)):
        return by_number
    if in_order is None or by_number is not None:
        raise not_foldable(normalisations[0], "the file does not say which layer it is behind")
    return in_order


def not_foldable(module: Named, why: str) -> WeightsError:
    """Return the refusal of a normalisation that is no part of a layer."""
    return WeightsError(
        f"{shown(module.name)} is a BatchNormalization that cannot be folded into a layer: {why}. "
        "Fold it yourself, or train the course's network without it, and upload that."
    )


Match = Callable[[Named, Named], bool]


def _at_next_place(normalisations: Sequence[Named], layers: Sequence[Named]) -> Behind:
    found: Behind = {}
    for module in normalisations:
        right = [layer for layer in layers if _next_place(module, layer)]
        if not right:
            before = [layer for layer in layers if _place(layer) < _place(module)]
            last = shown(max(before, key=_place).name) if before else "any layer"
            raise not_foldable(module, f"it is not right behind {last}")
        found[module.name] = right[0]
    return found


def _by(normalisations: Sequence[Named], layers: Sequence[Named], match: Match) -> Behind | None:
    """Return the one layer that matches each normalisation, None if any has none or several."""
    found: Behind = {}
    for module in normalisations:
        matching = [layer for layer in layers if match(module, layer) and module.fits(layer)]
        if len(matching) != 1:
            return None
        found[module.name] = matching[0]
    return found if _are_apart(found) else None


def _in_order(modules: Sequence[Named]) -> Behind | None:
    """Return the layer before each in the file, None if one has none, or two the same."""
    found: Behind = {}
    before: Named | None = None
    for module in modules:
        if not module.is_normalisation:
            before = module
        elif before is None:
            return None
        else:
            found[module.name] = before
    return found if _are_apart(found) else None


def _are_apart(found: Behind) -> bool:
    return len({layer.name for layer in found.values()}) == len(found)


def _same(one: Behind, other: Behind) -> bool:
    return {n: layer.name for n, layer in one.items()} == {n: at.name for n, at in other.items()}


def _block(name: str) -> str:
    return re.split(r"[./][^./]*$", name)[0] if re.search(r"[./]", name) else ""


def _place(module: Named) -> int:
    """Return a module's number in its Sequential, -1 if it is in none."""
    found = PLACE.search(module.name)
    return int(found[1]) if found else -1


def _next_place(module: Named, layer: Named) -> bool:
    is_next = 0 <= _place(layer) == _place(module) - 1
    return is_next and _block(module.name) == _block(layer.name)


def _one_in_block(module: Named, layer: Named) -> bool:
    return _block(module.name) == _block(layer.name) != ""


def _same_number(module: Named, layer: Named) -> bool:
    numbers = [NUMBERED.search(each.name) for each in (module, layer)]
    both = [int(number[1]) if number else 0 for number in numbers]
    return both[0] == both[1] and _block(module.name) == _block(layer.name)
