"""The clients' data: synthetic, or a stored data set partitioned among them."""

from typing import Any

import streamlit as st

from core.data import store as dataset_store
from core.data.dataset import Dataset
from core.data.partition import PARTITIONS
from core.federated.federate import HIDDEN
from core.runs import results
from core.runs.titles import short_title
from core.settings import to_dict
from pages.components.address_state import choose
from pages.components.session import recall, store, workspace
from pages.components.settings_form import settings_form
from pages.components.views.data_views import choose_data
from pages.components.views.run_views import missing_run

FRESH = "fresh"  # weights instead of a run's
SOURCES = {
    "iid": "Synthetic, IID",
    "synthetic": "Synthetic, heterogeneous",
    "stored": "My images, partitioned",
}


def data_form() -> dict[str, Any] | None:
    """Ask for the federation's data; return its part of a run's settings."""
    source = st.segmented_control(
        "Data",
        list(SOURCES),
        default="stored" if recall("start") else "iid",
        format_func=SOURCES.__getitem__,
        key="federated-source",
        required=True,
        wrap=True,
    )
    if source == "iid":
        return {"data": "iid"}
    if source == "synthetic":
        return _synthetic()
    return _stored()


def _synthetic() -> dict[str, Any]:
    alpha = st.slider(
        "α: how much the clients' models differ", 0.0, 2.0, 0.5, 0.1, key="federated-alpha"
    )
    beta = st.slider(
        "β: how much the clients' inputs differ", 0.0, 2.0, 0.5, 0.1, key="federated-beta"
    )
    return {"data": f"synthetic:{alpha:g},{beta:g}"}


def _stored() -> dict[str, Any] | None:
    chosen = choose_data()
    if chosen is None:
        return None
    name = st.selectbox(
        "Partition",
        list(PARTITIONS),
        format_func=lambda key: key.replace("_", " ").capitalize(),
        key="federated-partition",
    )
    partition = settings_form(PARTITIONS[name], f"partition:{name}")
    if partition is None:
        return None
    return {"data": chosen.digest, "partition": {"name": name, **to_dict(partition)}}


def network_form(data: dict[str, Any] | None) -> dict[str, Any]:
    """Ask which network the clients train; images may also have the pruning part's CNN."""
    images = data is not None and "partition" in data
    kind = st.segmented_control(
        "Network",
        ["mlp", "cnn"] if images else ["mlp"],
        default="cnn" if images and recall("start") else "mlp",
        format_func={"mlp": "MLP (NumPy)", "cnn": "CNN (the network that is pruned)"}.__getitem__,
        key=f"federated-network:{images}",
        required=True,
    )
    if kind == "mlp":
        hidden = st.number_input(
            "Hidden units", 0, 4096, HIDDEN, help="0 is multinomial logistic regression."
        )
        return {"hidden": int(hidden)}
    return {"network": "cnn", **_start(str((data or {})["data"]))}


def _start(data: str) -> dict[str, Any]:
    found = {network.job.id: network for network in results.networks(store(), data)}
    start = choose(
        "Initial weights",
        [FRESH, *found],
        "start",
        lambda id: "Fresh weights" if id == FRESH else short_title(found[id].job),
        unsaid=True,
        missing=missing_run,
    )
    if start == FRESH:
        return {}
    keep = st.toggle("Keep its zeros", True, help="The pruned weights stay exactly zero.")
    return {"start": start, "keep_zeros": keep}


def stored(digest: str) -> Dataset:
    """Return a stored data set for looking at, without reading it twice to verify it."""
    return dataset_store.load(workspace(), digest, verify=False)
