"""Federate: choose a question or a run of your own, watch it converge or fail to, see why."""

from typing import Any

import streamlit as st

from core.federated.algorithms import ALGORITHMS
from core.federated.federate import load_clients, run_settings
from core.federated.presets import PRESETS, QUESTIONS, TITLES
from core.federated.run_settings import RunSettings
from core.federated.self_check import self_check
from core.jobs.store.job import Job
from core.runs import results
from core.runs.federated_runs import KINDS
from core.settings import to_dict
from pages.components.error_box import error_box, plain
from pages.components.session import get_ready, recall, remember, say_done, start, store, title
from pages.components.settings_form import settings_form
from pages.components.views.federated_views import (
    choose_axis,
    cost_table,
    curves_view,
    federated_run,
    federation_charts,
)
from pages.components.views.federation_form import data_form, network_form, stored
from pages.components.views.job_progress import watch
from pages.components.views.run_views import choose_run

OWN = "own"
ASKED = "This question has been answered already: here it is."
AGAIN = "This has been run already: here it is. Change the seed for another."
NAMES = {**TITLES, OWN: "A run of my own"}


def main() -> None:
    """Draw the page."""
    st.title("Federated learning", anchor=False)
    st.markdown(
        "Clients train on data that never leaves them; the server averages what they send. "
        "Four questions are prepared; each takes under a minute."
    )
    with error_box():
        question = _choose()
        say_done()
        _watch(question)
        _self_check()
    get_ready()


def _choose() -> str:
    with st.container(border=True):
        names = [*PRESETS, OWN]
        name = st.pills(
            "Question",
            names,
            default=OWN if recall("start") else names[0],
            format_func=lambda key: NAMES.get(key, key),
            key="federated-question",
            required=True,
        )
        if name == OWN:
            _own_run()
            return name
        wanted = PRESETS[name]
        st.markdown(QUESTIONS[name])
        below = st.expander("Who has what", key="federated-data", on_change="rerun")
        if below.open:
            with below:
                for data, run in {str(run["data"]): run for run in wanted}.items():
                    st.caption(data)
                    _federation(run, 0)
        if st.button("Start", type="primary", icon=":material/play_arrow:", key="start-preset"):
            settings = {"preset": name, "runs": list(wanted)}
            remember("run", start("federate_compare", settings, 0, ASKED))
            st.rerun()
    return str(name)


def _own_run() -> None:
    data, work = st.columns(2, gap="large")
    with data:
        chosen = data_form()
    with work:
        algorithm = st.selectbox(
            "Algorithm",
            list(ALGORITHMS),
            format_func=lambda key: ALGORITHMS[key].label,
            key="federated-algorithm",
        )
        st.caption(plain(ALGORITHMS[algorithm].paper))
        own = settings_form(ALGORITHMS[algorithm], f"algorithm:{algorithm}")
        run = settings_form(RunSettings, "federated-run", RunSettings(rounds=50))
        network = network_form(chosen)
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="federated-seed")
    if chosen is None or own is None or run is None:
        return
    settings = {**chosen, **to_dict(run), **network, "algorithm": algorithm}
    settings["algorithm_settings"] = to_dict(own)
    below = st.expander("Who has what", key="own-data", on_change="rerun")
    if below.open:
        with below:
            _federation(settings, int(seed))
    if st.button("Start", type="primary", icon=":material/play_arrow:", key="start-own"):
        run_settings(settings)
        kind = "federate_network" if settings.get("network") == "cnn" else "federate"
        remember("run", start(kind, settings, int(seed), AGAIN))
        st.rerun()


def _federation(settings: dict[str, Any], seed: int) -> None:
    drawn_with = int(settings.get("data_seed", seed))
    counts = _label_counts(str(settings["data"]), settings.get("partition"), drawn_with)
    federation_charts(counts, str((drawn_with, *sorted(settings.items(), key=str))))


@st.cache_data(show_spinner=False, max_entries=20)
def _label_counts(data: str, partition: dict[str, Any] | None, seed: int) -> list[list[int]]:
    settings = {"data": data, "partition": partition}
    counts: list[list[int]] = load_clients(settings, seed, load=stored).label_counts().tolist()
    return counts


def _watch(question: str) -> None:
    found = sorted(
        (job for kind in KINDS for job in store().jobs(kind=kind, limit=50) if not job.parent),
        key=lambda job: -job.sequence,
    )
    job = choose_run(found, _name)
    if job is None:
        _sample(question)
        return
    over = choose_axis("federated-over")
    watch(lambda: [store().get(job.id)], lambda jobs: federated_run(jobs[0], over))


def _sample(question: str) -> None:
    histories = results.sample_histories(question)
    if not histories:
        st.caption("Press Start: the curves appear here after the first round.")
        return
    st.caption("Nothing has run yet. This is a finished run of the same question:")
    over = choose_axis("federated-over")
    curves_view(histories, over, f"sample:{question}")
    cost_table(histories)


def _name(job: Job) -> str:
    return f"{title(job)} · {job.shown_state}"


def _self_check() -> None:
    below = st.expander(
        "Self-check: exact identities", key="self-check", icon=":material/rule:", on_change="rerun"
    )
    if not below.open:
        return
    with below:
        st.caption("Two ways to the same numbers, computed just now in float64.")
        rows = [
            {"identity": name, "largest difference": f"{difference:.1e}", "holds": passed}
            for name, difference, passed in self_check()
        ]
        st.dataframe(rows, hide_index=True, width="stretch")


main()
