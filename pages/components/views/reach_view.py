"""How far cutting single weights of a network reaches, in the forms that ask for a sparsity."""

from contextlib import suppress

import streamlit as st

from core.errors import LabError
from core.pruning.graphs.reach import Reach
from core.pruning.plan import PrunePlan
from core.runs.finished.contents import reach_of
from core.runs.finished.network_files import weights_path
from core.runs.finished.networks import Network
from pages.components.error_box import error_box
from pages.components.session import workspace


def known_reach(network: Network | None) -> Reach | None:
    """Return it for another network than the reference; None, too, where its file is unreadable."""
    if network is None or network.is_reference:
        return None
    with suppress(LabError):  # the run that would read the file says why it cannot
        path = weights_path(network, workspace())
        return _read(str(path), path.stat().st_mtime_ns, network)
    return None


@st.cache_resource(max_entries=64, show_spinner="Reading the network")
def _read(path: str, changed: int, _network: Network) -> Reach | None:
    return reach_of(_network, workspace())


def within_reach(reach: Reach | None, plan: PrunePlan | None) -> PrunePlan | None:
    """Say how far it reaches; return the plan, or None after saying why it cannot be carried out.

    plan: None is one that is not valid for another reason.
    """
    if reach is None:
        return plan
    st.caption(reach.sentence)
    with error_box():
        reach.check_plans([plan] if plan else [])
        return plan
    return None
