"""How important each setting of a search was, and whether more than chance says so."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.importance.fanova import Share, parameters_of, shares, unexplained
from core.evaluation.importance.ped_anova import ped_shares
from core.evaluation.importance.tries import Factor, Try, factor
from core.randomness import generator
from core.text import listed, percent, plural

FEWEST = 8
SPARE = 4  # tries beyond the numbers that the additive model learns
MANY = 100  # from here on the best tenth is ten tries or more
PERMUTATIONS = 999
CHANCE = 0.05  # of calling any setting important where none is
FANOVA, PED_ANOVA = "fANOVA", "PED-ANOVA"
SOURCES = {
    FANOVA: "main effects of a functional ANOVA, Hutter et al. 2014",
    PED_ANOVA: "what tells the best tenth from all, Watanabe et al. 2023, arXiv:2304.10255",
}


@dataclass(frozen=True)
class Importance:
    """One setting. share: of what is explained, in [0, 1]. is_clear: more than chance."""

    setting: str
    share: float
    p_value: float
    is_clear: bool


@dataclass(frozen=True)
class Importances:
    """The settings of a search, most important first.

    evaluator: "" where nothing can be told, and `too_few` says why. together: settings that
    changed only with others and cannot be told from them. rest: share of the variance that no
    single setting explains, None for PED-ANOVA.
    """

    tries: int
    settings: tuple[Importance, ...] = ()
    evaluator: str = ""
    together: tuple[str, ...] = ()
    rest: float | None = None
    too_few: str = ""

    @property
    def said(self) -> str:
        """What was found, in a sentence or two."""
        return self.too_few or " ".join(part for part in _sentences(self) if part)


def importances(tries: Sequence[Try], seed: int = 0) -> Importances:
    """Return what the tries say of their settings; the same tries always say the same.

    Fewer than MANY tries are judged by the functional ANOVA of an additive model, more by
    PED-ANOVA. A setting is clear where chance alone gives as much in fewer than CHANCE of all
    cases, divided by the number of settings (Bonferroni).
    """
    tries = [each for each in tries if math.isfinite(each.value)]
    names = list(tries[0].settings) if tries else []
    if not names:
        return Importances(len(tries), too_few="All tries have the same settings.")
    values = np.array([each.value for each in tries])
    columns = [(name, [each.settings[name] for each in tries]) for name in names]
    factors = [factor(name, column) for name, column in columns]
    if said := _too_few(factors, values):
        return Importances(len(tries), too_few=said)
    rng = generator(seed, "importance")
    if len(tries) >= MANY:
        return _ranked(tries, ped_shares(columns, values, PERMUTATIONS, rng), PED_ANOVA, None)
    found = shares(factors, values, PERMUTATIONS, rng)
    return _ranked(tries, found, FANOVA, unexplained(factors, values))


def _too_few(factors: Sequence[Factor], values: np.ndarray) -> str:
    tries = len(values)
    if np.ptp(values) == 0:
        return "All tries have the same result: no setting made a difference."
    needed = max(FEWEST, parameters_of(factors, tries) + SPARE)
    if tries >= needed:
        return ""
    return (
        f"{plural(tries, 'try', 'tries')} cannot tell which of {plural(len(factors), 'setting')} "
        f"mattered: {needed} are needed. Run more sparsities, methods or seeds."
    )


def _ranked(
    tries: Sequence[Try], found: Sequence[Share], evaluator: str, rest: float | None
) -> Importances:
    judged = [(each, each.p_value) for each in found if each.p_value is not None]
    limit = CHANCE / max(len(judged), 1)
    rows = [Importance(each.name, each.share, p, p <= limit) for each, p in judged]
    together = tuple(each.name for each in found if each.p_value is None)
    ranked = tuple(sorted(rows, key=lambda row: -row.share))
    return Importances(len(tries), ranked, evaluator, together, rest)


def _sentences(found: Importances) -> list[str]:
    clear = [row for row in found.settings if row.is_clear]
    unclear = [row.setting for row in found.settings if not row.is_clear]
    tries = plural(found.tries, "try", "tries")
    shown = listed(f"{row.setting} ({percent(row.share, 0)})" for row in clear)
    first = (
        f"Over {tries}, {shown} {'matters' if len(clear) == 1 else 'matter'}."
        if clear
        else f"Over {tries}, no setting stands out from chance."
    )
    second = f"{listed(unclear).capitalize()} cannot be told from chance." if clear else ""
    third = f"{listed(found.together).capitalize()} changed only together with others."
    rest = found.rest
    last = f"{percent(rest or 0, 0)} of the variance is chance, or settings acting together."
    return [first, second if unclear else "", third if found.together else "", last if rest else ""]
