"""Learn: one filter pruned, one round of FedAvg, and every method with formula, picture, paper."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
import streamlit as st

from core.federated.algorithms import ALGORITHMS
from core.federated.algorithms.fedavg import FedAvg
from core.figures.lessons import norm_bars, paths_of, removal_picture, round_map
from core.figures.weights import filter_picture, mask_picture
from core.lessons.method_cards import Card, algorithm_cards, method_cards
from core.lessons.one_filter import Lesson, lesson
from core.lessons.supported_layers import layer_markdown
from core.lessons.toy_federation import Federation, play, server_path
from core.networks.network import LAYERS
from core.networks.topology import CHANNEL_LAYERS, READER
from pages.components.error_box import error_box, plain
from pages.components.live_chart import live_chart
from pages.components.picture import picture_url
from pages.components.session import recall, remember

TOPICS = ("Prune one filter", "One round of FedAvg", "Pruning methods", "Federated algorithms")
FILTER_STEPS = ("Score", "Cut", "Its readers", "Smaller network")
ROUND_STEPS = ("Send", "Train locally", "Average", "Repeat")


def main() -> None:
    """Draw the page."""
    st.title("Learn", anchor=False)
    start = recall("topic")
    topic = st.segmented_control(
        "Topic",
        TOPICS,
        default=start if start in TOPICS else TOPICS[0],
        key="learn-topic",
        label_visibility="collapsed",
        required=True,
    )
    remember("topic", topic)
    shown: dict[str, Callable[[], None]] = dict(
        zip(TOPICS, (_filter, _round, _methods, _algorithms), strict=True)
    )
    with error_box():
        shown[topic]()


def _step(names: Sequence[str], key: str) -> int:
    """Ask which step to show; steps go on with one click."""
    name = st.segmented_control("Step", names, default=names[0], key=key, required=True)
    return names.index(name)


def _filter() -> None:
    left, right = st.columns([1, 1], gap="large")
    with left:
        layer = st.selectbox("Layer", CHANNEL_LAYERS)
        step = _step(FILTER_STEPS, "filter-step")
    seen = lesson(layer=layer)
    texts = (_score_text, _cut_text, _readers_text, _smaller_text)
    with left:
        st.markdown(texts[step](seen))
        if step == 0:
            st.markdown(r"$\displaystyle s_j = \sum \lvert F_j \rvert$")
    with right:
        _filter_picture(seen, step)


def _score_text(seen: Lesson) -> str:
    return (
        f"Each of the {len(seen.norms)} filters of {seen.layer} gets a score: the sum of its "
        "absolute weights. A filter with small weights can only say little. The weights here are "
        "fresh ones; after training they differ more. (Li et al. 2016, arXiv:1608.08710)"
    )


def _cut_text(seen: Lesson) -> str:
    return (
        f"Filter {seen.cut[0]} has the smallest sum, {seen.norms[seen.cut[0]]:.2f}. Its weights "
        f"and its bias become zero: {seen.own_zeros:,} new zeros in {seen.layer}."
    )


def _readers_text(seen: Lesson) -> str:
    return (
        f"The filter's output is now zero everywhere, so the weights of {READER[seen.layer]} that "
        f"read it multiply nothing. They become zero as well: {seen.reader_zeros:,} more. "
        "Forgetting them, and the bias, is the commonest mistake."
    )


def _smaller_text(seen: Lesson) -> str:
    saved = seen.multiply_adds_before - seen.multiply_adds_after
    return (
        f"Rows and columns of zeros can go: the network has {seen.parameters_after:,} instead of "
        f"{seen.parameters_before:,} parameters and saves {saved / 1e6:.2f} M of "
        f"{seen.multiply_adds_before / 1e6:.2f} M multiply-adds per image, with the same "
        "answers. Single zeros scattered over a matrix save no time on ordinary hardware."
    )


def _filter_picture(seen: Lesson, step: int) -> None:
    shown = READER[seen.layer] if step >= 2 else seen.layer
    if step == 0:
        live_chart(norm_bars(seen.norms, seen.cut, seen.layer), "lesson-norms", 360)
        return
    kernel = seen.after[f"{shown}/kernel"]
    cut = f"{shown} after the cut: one row an input, one column a filter; blue is left"
    st.image(picture_url(mask_picture(kernel)), cut, width="stretch", alt=cut)
    if shown == LAYERS[0]:
        filters = "The filters; the dark one is cut"
        st.image(picture_url(filter_picture(kernel)), filters, width="stretch", alt=filters)


def _round() -> None:
    left, right = st.columns([1, 1], gap="large")
    with left:
        step = _step(ROUND_STEPS, "round-step")
        local = st.slider("Local steps", 1, 40, 8, help="SGD steps of a client in one round.")
        mixed = st.slider("Heterogeneity", 0.0, 1.0, 1.0, 0.1, help="0: all clients are alike.")
        rounds = st.slider("Rounds", 1, 40, 12) if step == 3 else 1
    federation = Federation(mixed)
    played = play(FedAvg(), federation, rounds, local)
    path = server_path(played)
    optimum = federation.optimum()
    with left:
        st.markdown(_round_text(step, local, path, optimum))
        if step == 2:
            st.markdown(r"$\displaystyle w \leftarrow \sum_k \tfrac{n_k}{n}\, w_k$")
    with right:
        paths = played[-1].paths if step else np.zeros((0, 1, 2))
        shown = path if step >= 2 else path[:1]
        chart = round_map(paths, shown, federation.loss, optimum, federation.centres(), True)
        live_chart(chart, "lesson-round", 520)


def _round_text(step: int, local: int, path: np.ndarray, optimum: np.ndarray) -> str:
    away = float(np.linalg.norm(path[-1] - optimum))
    texts = (
        "The server sends its model (the large dot) to the clients. The rings are the mean loss of "
        "all clients; the star is its lowest point. Nobody knows where it is.",
        f"Each client takes {local} steps down **its own** loss, towards its own optimum (×). The "
        "more steps, and the more the clients differ, the further they drift apart.",
        "The server averages the models. (McMahan et al. 2017, arXiv:1602.05629)",
        f"After {len(path) - 1} rounds the server is {away:.2f} from the star. With alike clients "
        "or one local step it gets there, if it has rounds enough; otherwise FedAvg comes near in "
        "fewer rounds and settles beside it.",
    )
    return texts[step]


def _methods() -> None:
    st.caption("From the methods' own docstrings and settings: what you read here is what runs.")
    for card in method_cards():
        _card(card, removal_picture(card.structured))
    st.subheader("Layers that a network may have", anchor=False)
    st.markdown(layer_markdown())


def _algorithms() -> None:
    st.caption(
        "Twelve rounds of 25 local steps on the lesson's three clients, by the code of real runs."
    )
    federation = Federation()
    base = server_path(play(FedAvg(), federation, 12, 25))
    chosen = st.multiselect(
        "Compare with FedAvg",
        [name for name in ALGORITHMS if name != FedAvg.name],
        default=["scaffold"],
        format_func=lambda name: ALGORITHMS[name].label,
    )
    paths = {FedAvg.name: base} | {
        name: server_path(play(ALGORITHMS[name](), federation, 12, 25)) for name in chosen
    }
    live_chart(paths_of(paths, federation.loss, federation.optimum()), "lesson-paths", 480)
    for card in algorithm_cards():
        _card(card, None)


def _card(card: Card, picture: np.ndarray | None) -> None:
    with st.container(border=True):
        text, side = st.columns([5, 1], gap="medium")
        with text:
            st.subheader(plain(card.label), anchor=False)
            st.markdown(plain(card.text))
            if card.formula:
                st.markdown(rf"$\displaystyle {card.formula}$")
            st.markdown(f"[{plain(card.paper)}]({card.link})" if card.link else plain(card.paper))
        if picture is not None:
            kind = "Whole channels go" if card.structured else "Single weights go"
            side.image(picture_url(picture), kind, width="stretch", alt=kind)
        if card.settings:
            with st.expander("Settings"):
                st.dataframe([asdict(each) for each in card.settings], hide_index=True)


main()
