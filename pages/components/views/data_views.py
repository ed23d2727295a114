"""A data set on a page: choose one, see its classes, read what was found."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import streamlit as st

from core.data import store as datasets
from core.data.builtin_datasets import BUILT_IN
from core.data.checks import Checks, ClassCheck, check
from core.data.store import StoredDataset
from core.figures.classes import balance
from core.runs.finished.dataset_names import shown_names
from core.text import percent, plural
from core.workspace import Workspace
from pages.components.address_state import choose, gone
from pages.components.error_box import plain
from pages.components.live_chart import live_chart
from pages.components.metric_row import metric_row
from pages.components.picture import picture_url
from pages.components.session import remember, workspace

GAP = 4  # pixels between thumbnails
MOST_STRIPS = 50
HIGHEST = 900  # pixels of the chart of classes: of very many, not every one is labelled


def choose_data() -> StoredDataset | None:
    """Ask for one of the stored data sets; without any, offer the sample and return None."""
    stored = {entry.digest: entry for entry in datasets.list_stored(workspace())}
    if not stored:
        st.info("No data set yet. Use the bundled sample, or upload your own on the Data page.")
        with st.container(horizontal=True):
            st.button("Use the sample", type="primary", on_click=use_built_in, args=("garments",))
            st.page_link("data.py", label="Upload a data set", icon=":material/upload:")
        return None
    chosen = choose(
        "Data set",
        list(stored),
        "data",
        lambda digest: _name(stored[digest]),
        missing=lambda digest: gone("data set", digest),
    )
    return stored[chosen]


def _name(entry: StoredDataset) -> str:
    return f"{entry.name} · {plural(entry.train, 'training image')}"


def use_built_in(name: str) -> None:
    """Store a built-in data set and make it the chosen one. Raises DownloadError."""
    remember("data", datasets.save(workspace(), BUILT_IN[name].load(workspace())))


@st.cache_data(max_entries=8, show_spinner="Checking every image…")
def _checks(root: Path, digest: str) -> Checks:
    return check(datasets.load(Workspace(root), digest, verify=False))


def checks_of(digest: str) -> Checks:
    """Return the findings on a stored data set; computed once per server."""
    found = _checks(workspace().root, digest)
    names = shown_names(workspace(), digest, [each.name for each in found.classes])
    renamed = zip(found.classes, names, strict=True)
    return replace(found, classes=tuple(replace(each, name=name) for each, name in renamed))


def show_counts(stored: StoredDataset, found: Checks) -> None:
    """Show the numbers a person asks first."""
    height, width, channels = stored.image_shape
    color = "grey" if channels == 1 else "colour"
    cells = (
        ("Training", f"{stored.train:,}", "Images that networks are trained on."),
        (
            "Validation",
            f"{stored.validation:,}",
            "Images that choices are made on, such as the best epoch.",
        ),
        ("Test", f"{stored.test:,}" if stored.test else "–", TEST_HELP),
        (
            "Image",
            f"{width} × {height}",
            f"Pixels, {color}. Resized to 25 × 25 × 3 for the network.",
        ),
        (
            "Balance",
            percent(found.balance, 0),
            "Smallest class / largest class, in training.",
        ),
    )
    metric_row("data", cells)


TEST_HELP = (
    "The holdout, on which results are reported: images that no choice has seen. Without a test "
    "set, half of the validation images are the holdout."
)


def show_classes(classes: tuple[ClassCheck, ...]) -> None:
    """Show a strip of images for each class, of many for those that are looked for."""
    for entry in classes if len(classes) <= MOST_STRIPS else _looked_for(classes):
        text, pictures = st.columns([1, 4], vertical_alignment="center", gap="small")
        text.markdown(f"**{plain(entry.name)}**  \n{entry.train:,}")
        if not len(entry.thumbnails):
            pictures.caption("No image of this class.")
            continue
        pictures.image(
            picture_url(strip(entry.thumbnails)),
            alt=f"{len(entry.thumbnails)} images of {entry.name}",
        )


def _looked_for(classes: tuple[ClassCheck, ...]) -> list[ClassCheck]:
    part = st.text_input("Find a class", key="find-class", placeholder="part of its name")
    found = [entry for entry in classes if part.casefold().strip() in entry.name.casefold()]
    shown = found[:MOST_STRIPS]
    st.caption(f"{len(shown)} of {plural(len(classes), 'class', 'classes')}.")
    return shown


def strip(thumbnails: np.ndarray) -> np.ndarray:
    """Return (n, side, side, 3) pictures side by side as one RGBA picture, gaps transparent."""
    count, side = len(thumbnails), thumbnails.shape[1]
    sheet = np.zeros((side, count * (side + GAP) - GAP, 4), np.uint8)
    for number, picture in enumerate(thumbnails):
        left = number * (side + GAP)
        sheet[:, left : left + side, :3] = picture
        sheet[:, left : left + side, 3] = 255
    return sheet


def show_findings(stored: StoredDataset, found: Checks) -> None:
    """Show each check of what is there with its outcome, then what was converted."""
    for sentence in found.warnings:
        st.warning(plain(sentence), icon=":material/warning:")
    lines = [
        f":{'orange' if count else 'green'}[:material/{'warning' if count else 'check'}:] "
        f"{count:,} {one if count == 1 else many}"
        for looked, count, one, many in _checks_in_words(stored, found)
        if looked
    ]
    st.markdown("  \n".join(lines))
    if found.conversions:
        with st.expander("What was converted", key="conversions", type="compact"):
            st.markdown("\n".join(f"* {plain(note)}" for note in found.conversions))


def _checks_in_words(stored: StoredDataset, found: Checks) -> list[tuple[bool, int, str, str]]:
    """Return (whether there was anything to check, findings, words for one, for many)."""
    also = "also a training image", "also training images"
    return [
        (bool(stored.validation), found.validation_overlap, f"validation image is {also[0]}",
         f"validation images are {also[1]}"),
        (bool(stored.test), found.test_overlap, f"test image is {also[0]}",
         f"test images are {also[1]}"),
        (bool(stored.validation or stored.test), found.near_duplicates,
         "validation or test image is nearly equal to a training image",
         "validation or test images are nearly equal to a training image"),
        (True, found.duplicates, "training image repeats an earlier one",
         "training images repeat an earlier one"),
        (True, found.conflicting, "image carries more than one label",
         "images carry more than one label"),
        (True, found.nearly_constant, "image has a single colour", "images have a single colour"),
    ]  # fmt: skip


def show_balance(found: Checks) -> None:
    """Show the images per class as bars."""
    height = min(HIGHEST, 120 + 34 * len(found.classes))
    live_chart(balance(found.classes), "balance", height)
