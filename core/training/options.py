"""Settings that a training recipe and a pruning plan share, with what they refuse."""

from typing import Any

from core.errors import SettingsError
from core.settings import setting

STEADY, CYCLIC = "constant", "cyclic"


def cutout_setting(**how: Any) -> Any:
    """Return the setting of covered squares. Source: DeVries & Taylor 2017, arXiv:1708.04552.

    how: whether it is `advanced` and `omitted`, see `setting`.
    """
    text = "Side of a grey square over each training image, 0 for none"
    return setting(0, low=0, high=16, unit="pixels", help=text, **how)


def smoothing_setting(**how: Any) -> Any:
    """Return the setting of softer labels. Source: Szegedy et al. 2016, arXiv:1512.00567."""
    text = "Share of every label spread over all classes"
    return setting(0.0, low=0.0, high=0.5, help=text, advanced=True, **how)


def mixup_setting() -> Any:
    """Return the setting of blended images. Source: Zhang et al. 2018, arXiv:1710.09412."""
    return setting(
        0.0,
        low=0.0,
        high=8.0,
        help="Alpha of mixup: blends images in pairs, and their labels with them; 0 for none",
        why="The share of the blend is drawn from Beta(alpha, alpha), once a step. Small alphas "
        "leave most images nearly as they are.",
        advanced=True,
        omitted=True,
    )


def swa_setting() -> Any:
    """Return the setting of averaged weights. Source: Izmailov et al. 2018, arXiv:1803.05407."""
    return setting(
        0.0,
        low=0.0,
        high=0.9,
        help="Share of the epochs, at the end, whose weights are averaged (SWA), 0 for none",
        why="The mean of networks along the way lies in a flatter place than its last one. It is "
        "kept, whichever epoch did best.",
        advanced=True,
        omitted=True,
    )


def swa_rate_setting() -> Any:
    """Return the setting of the step size while weights are averaged."""
    return setting(
        0.25,
        low=0.0,
        high=1.0,
        help="Step size while weights are averaged, as a share of the largest one",
        advanced=True,
        omitted=True,
    )


def swa_schedule_setting() -> Any:
    """Return the setting of how the step size changes while weights are averaged."""
    return setting(
        STEADY,
        choices=(STEADY, CYCLIC),
        help="Step size while weights are averaged: constant, or falling anew in every epoch",
        advanced=True,
        omitted=True,
    )


def check_cutout(side: int) -> None:
    """Raise SettingsError for a square that cannot stand around a pixel."""
    if side % 2:
        raise SettingsError(f"cutout is {side}. Choose an even side.")


def check_averages(averaging: float, swa: float) -> None:
    """Raise SettingsError for two averages at once."""
    if averaging and swa:
        raise SettingsError(
            "averaging and swa are two averages of the same weights. Set one of them to 0."
        )
