"""Federated settings with every default said, so that what was left out is no difference."""

from dataclasses import replace
from typing import Any

from core.errors import SettingsError
from core.federated.algorithms import ALGORITHMS
from core.federated.federate import HIDDEN, synthetic_settings
from core.federated.run_settings import RunSettings
from core.runs.results import History
from core.settings import from_dict, to_dict


def filled(history: History) -> History:
    """Return the history with the settings it really had; see `filled_settings`."""
    return replace(history, settings=filled_settings(history.settings, history.seed))


def filled_settings(settings: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return the settings of a federated run with the defaults of what they leave out."""
    cnn = settings.get("network") == "cnn"
    network: dict[str, Any] = {"network": "cnn"} if cnn else {"network": "mlp", "hidden": HIDDEN}
    known = {**to_dict(RunSettings()), **network, "data_seed": seed, **settings}
    if family(known) != "synthetic":
        known["partition"] = {"name": "iid"} | (settings.get("partition") or {})
    return known | {"algorithm_settings": _algorithm_settings(settings)}


def _algorithm_settings(settings: dict[str, Any]) -> dict[str, Any]:
    own = settings.get("algorithm_settings") or {}
    try:
        return to_dict(from_dict(ALGORITHMS[str(settings.get("algorithm", ""))], own))
    except (KeyError, SettingsError):  # of another version of this program
        return dict(own)


def family(settings: dict[str, Any]) -> str:
    """Return what the data have in common with others that they may be compared with.

    Synthetic federations differ in how alike the clients are, and that is what is compared;
    stored data sets are other tasks.
    """
    data = str(settings.get("data", ""))
    try:
        return "synthetic" if synthetic_settings(data) else data
    except SettingsError:
        return data
