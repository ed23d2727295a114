"""The clients' data: synthetic, a stored data set partitioned among them, or their own files."""

from typing import NamedTuple

import streamlit as st

from core.data import store as dataset_store
from core.data.dataset import Dataset
from core.data.partition import PARTITIONS, Partition
from core.federated.spec import CNN, HIDDEN, MLP
from core.runs.finished.networks import measured_networks
from core.runs.titles import short_title
from pages.components.address_state import choose
from pages.components.session import recall, store, workspace
from pages.components.settings_form import settings_form
from pages.components.views.client_files import uploaded_clients
from pages.components.views.data_views import choose_data
from pages.components.views.run_views import missing_run

FRESH = "fresh"  # weights instead of a run's
SOURCES = {
    "iid": "Synthetic, IID",
    "synthetic": "Synthetic, heterogeneous",
    "stored": "My images, partitioned",
    "clients": "My clients (LEAF)",
}


class ClientData(NamedTuple):
    """Where the clients' data come from, and how a stored data set is divided."""

    data: str
    partition: Partition | None = None


class Network(NamedTuple):
    """Which network the clients train, and what it begins with."""

    network: str = MLP
    hidden: tuple[int, ...] = (HIDDEN,)
    start: str | None = None
    keep_zeros: bool = False


def data_form() -> ClientData | None:
    """Ask for the federation's data."""
    source = st.segmented_control(
        "Data",
        list(SOURCES),
        default="stored" if recall("start") else "clients" if recall("clients") else "iid",
        format_func=SOURCES.__getitem__,
        key="federated-source",
        required=True,
        wrap=True,
    )
    if source == "iid":
        return ClientData("iid")
    if source == "synthetic":
        return _synthetic()
    if source == "clients":
        data = uploaded_clients()
        return ClientData(data) if data else None
    return _stored()


def _synthetic() -> ClientData:
    alpha = st.slider(
        "α: how much the clients' models differ", 0.0, 2.0, 0.5, 0.1, key="federated-alpha"
    )
    beta = st.slider(
        "β: how much the clients' inputs differ", 0.0, 2.0, 0.5, 0.1, key="federated-beta"
    )
    return ClientData(f"synthetic:{alpha:g},{beta:g}")


def _stored() -> ClientData | None:
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
    return None if partition is None else ClientData(chosen.digest, partition)


def network_form(data: ClientData | None) -> Network:
    """Ask which network the clients train; images may also have the pruning part's CNN."""
    images = data.data if data is not None and data.partition is not None else ""
    kind = st.segmented_control(
        "Network",
        [MLP, CNN] if images else [MLP],
        default=CNN if images and recall("start") else MLP,
        format_func={MLP: "MLP (NumPy)", CNN: "CNN (the network that is pruned)"}.__getitem__,
        key=f"federated-network:{bool(images)}",
        required=True,
    )
    if kind == MLP:
        hidden = st.number_input(
            "Hidden units", 0, 4096, HIDDEN, help="0 is multinomial logistic regression."
        )
        return Network(hidden=(int(hidden),))
    return _start(images)


def _start(data: str) -> Network:
    measured = measured_networks(store(), data)
    found = {network.job.id: network for network in measured}
    start = choose(
        "Initial weights",
        [FRESH, *found],
        "start",
        lambda id: "Fresh weights" if id == FRESH else short_title(found[id].job),
        unsaid=True,
        missing=missing_run,
    )
    if start == FRESH:
        return Network(CNN)
    keep = st.toggle("Keep its zeros", True, help="A pruned network stays exactly as sparse.")
    return Network(CNN, start=start, keep_zeros=keep)


def stored(digest: str) -> Dataset:
    """Return a stored data set for looking at, without reading it twice to verify it."""
    return dataset_store.load(workspace(), digest, verify=False)
