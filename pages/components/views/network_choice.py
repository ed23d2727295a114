"""Which network to train: the reference, one of the catalogue, of keras.applications, or a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.data.store import StoredDataset
from core.errors import LabError
from core.figures.architecture.drawing import COLORS, architecture_map
from core.names import unmarked
from core.networks.applications import NAMES, PREFIX
from core.networks.catalogue import CATALOGUE
from core.networks.graph import Network
from core.networks.groups.description import kept_whole, layer_rows, training_bytes
from core.networks.groups.unit_groups import unit_groups
from core.networks.keras_files.reader import read_network
from core.networks.network_store import keep_network, kept_network
from core.networks.pixels import PIXELS, guess_pixels
from core.networks.prepare import preparation_note
from core.text import plural, size
from pages.components.address_state import choose
from pages.components.error_box import plain
from pages.components.live_chart import live_chart
from pages.components.session import recall, remember, workspace
from pages.components.upload_errors import forget_upload_error, keep_upload_error, show_upload_error

REFERENCE, APPLICATIONS, OWN = "reference", "applications", "own"
LABELS = {
    REFERENCE: "Reference network",
    APPLICATIONS: "Of keras.applications…",
    OWN: "Your own file…",
}
USUAL_SIDE = 96
MOST_SHOWN = 3
LONGEST_NAME = 80


@dataclass(frozen=True)
class ChosenNetwork:
    """A network other than the reference, as a training is told of it."""

    network: str
    name: str
    pixels: str = "0..1"
    last_layer: str = "keep"
    input_shape: tuple[int, int, int] | None = None


def choose_network(label: str = "Network", key: str = "network", made: bool = True) -> str:
    """Ask for the kind of network or its name in the catalogue; the reference at first.

    key: of the address. made: those that Keras makes when a training starts are offered too.
    """
    names = [REFERENCE, *(name for name in CATALOGUE if name != REFERENCE)]
    names += [APPLICATIONS, OWN] if made else [OWN]
    return choose(label, names, key, lambda name: LABELS.get(name, name), REFERENCE, unsaid=True)


def network_form(name: str, data: StoredDataset, batch_size: int) -> ChosenNetwork | None:
    """Show what there is to say and to choose of a network; None until a file is there.

    name: as `choose_network` returned it, but the reference.
    """
    if name == APPLICATIONS:
        return _application(data)
    if name == OWN:
        return _own(data, batch_size)
    network = CATALOGUE[name].network(data.image_shape, len(data.class_names))
    st.caption(plain(f"{CATALOGUE[name].about.capitalize()}. {CATALOGUE[name].paper}"))
    architecture(network, batch_size, data.image_shape)
    return ChosenNetwork(keep_network(workspace().networks, network), name)


def _application(data: StoredDataset) -> ChosenNetwork:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Model", NAMES, NAMES.index("MobileNetV2"), key="application")
        side = st.number_input("Side of an image", 32, 512, USUAL_SIDE, key="application-side")
    st.caption(
        f"Made without weights for {plural(len(data.class_names), 'class', 'classes')}. Keras "
        "builds it when the training starts."
    )
    shape = (int(side), int(side), data.image_shape[2])
    _say_preparation(data.image_shape, shape)
    return ChosenNetwork(f"{PREFIX}{name}", name, input_shape=shape)


def _own(data: StoredDataset, batch_size: int) -> ChosenNetwork | None:
    number = st.session_state.setdefault("network-uploads", 0)
    file = st.file_uploader(
        "Network",
        key=f"network-file:{number}",
        max_upload_size=500,
        help="A .keras or whole-model .h5 file. Nothing in it is executed.",
    )
    show_upload_error("network")
    if file is not None:
        _read(file.name, file.getvalue(), data)
    digest = recall("network-file")
    name = unmarked(recall("network-name") or "network.keras")[:LONGEST_NAME]
    if not digest or not (workspace().networks / f"{Path(digest).name}.npz").is_file():
        return None
    network, weights = kept_network(workspace().networks, digest)
    st.caption(plain(f"{name}:"))
    architecture(network, batch_size, data.image_shape)
    guessed = list(PIXELS).index(guess_pixels(network, weights))
    pixels = st.selectbox(
        "Pixel values",
        list(PIXELS),
        guessed,
        format_func=PIXELS.__getitem__,
        key=f"pixels:{digest}",  # with a fixed key another file would keep the first one's
    )
    return ChosenNetwork(digest, name, pixels, _last_layer(network, data))


def _last_layer(network: Network, data: StoredDataset) -> str:
    classes = len(data.class_names)
    if network.shapes[network.output.name] == (classes,):
        return "keep"
    st.info(
        f"The network tells {network.classes:,} classes apart, the data has {classes}: it gets a "
        "new last layer, which is trained with the others.",
        icon=":material/swap_horiz:",
    )
    return "new"


def _read(name: str, content: bytes, data: StoredDataset) -> None:
    forget_upload_error("network")
    try:
        with st.spinner("Reading"):
            found = read_network(content, input_shape=data.image_shape, scratch=workspace().scratch)
        remember("network-file", keep_network(workspace().networks, found.network, found.weights))
        remember("network-name", name[:LONGEST_NAME])  # beside it, for when the page is reloaded
    except LabError as error:
        keep_upload_error("network", str(error))
    st.session_state["network-uploads"] += 1
    st.rerun()


def _say_preparation(images: Sequence[int], network: Sequence[int]) -> None:
    """Say what will be done to the images before the network reads them."""
    if note := preparation_note(images, network):
        st.caption(note)


def architecture(network: Network, batch_size: int, images: Sequence[int]) -> None:
    """Show a network's numbers, what of it cannot be cut, and its layers when asked.

    images: (height, width, channels) of the data.
    """
    groups = unit_groups(network)
    memory = size(training_bytes(network, batch_size))
    st.markdown(
        f"{plural(network.parameters, 'parameter')}, {network.multiply_adds / 1e6:,.1f} M "
        f"multiply-adds an image, {plural(len(groups.free), 'group')} of units that can be cut. "
        f"Training takes about {memory} of memory."
    )
    _say_preparation(images, network.input_shape)
    for sentence in kept_whole(network)[:MOST_SHOWN]:
        st.caption(plain(f"{sentence}."))
    below = st.expander("Layers", key="architecture", type="compact", on_change="rerun")
    if not below.open:
        return
    with below:
        live_chart(architecture_map(network), "architecture-map", 220, table=False)
        st.caption(f"{COLORS} The size is that of the kernels.")
        st.dataframe(
            [
                {
                    "Layer": row.name,
                    "Kind": row.kind,
                    "Output": " × ".join(map(str, row.output)),
                    "Parameters": row.parameters,
                    "Multiply-adds": row.multiply_adds,
                }
                for row in layer_rows(network)
            ],
            hide_index=True,
        )
