"""Federate: choose a question or a run of your own, watch it converge or fail to, see why."""

from collections.abc import Sequence

import streamlit as st

from core.data.partition import Partition
from core.data.uploads.leaf_store import LEAF_PREFIX, leaf_file
from core.federated.algorithms import ALGORITHMS
from core.federated.federate import load_clients
from core.federated.presets import PRESETS, QUESTIONS, TITLES, comparison
from core.federated.self_check.identities import self_check
from core.federated.spec import FederatedSpec, RunSettings
from core.jobs.store.job import Job
from core.runs.federated_runs import KINDS, client_classes, of_question, question_of
from core.runs.finished.samples import sample_histories
from core.runs.labels import data_label
from core.settings import digest, to_dict
from pages.components.error_box import error_box, plain
from pages.components.session import (
    get_ready,
    recall,
    remember,
    say_done,
    start,
    store,
    title,
    workspace,
)
from pages.components.settings_form import settings_form
from pages.components.views.federated_views import (
    choose_axis,
    cost_table,
    curves_view,
    federated_run,
    federations_view,
    show_conclusion,
)
from pages.components.views.federation_form import data_form, network_form, stored
from pages.components.views.job_progress import watch
from pages.components.views.run_views import choose_run, missing_run

OWN = "own"
ASKED = "Already run; the saved result is shown."
AGAIN = "Already run; the saved result is shown. Change the seed for another run."
NAMES = {**TITLES, OWN: "Custom run"}
KEY = "federated-question"


def main() -> None:
    """Draw the page."""
    st.title("Federated learning", anchor=False)
    st.markdown(
        "Clients train on data that never leaves them; the server averages the models they send. "
        "Four questions are prepared, each of which takes under a minute."
    )
    with error_box():
        question = _choose()
        say_done()
        _watch(question)
        _self_check()
    get_ready()


def _choose() -> str:
    with st.container(border=True):
        st.session_state[KEY] = _asked()
        name = str(
            st.pills(
                "Question",
                [*PRESETS, OWN],
                format_func=NAMES.__getitem__,
                key=KEY,
                required=True,
                on_change=_remember_question,
            )
        )
        remember("question", name)
        if name == OWN:
            _own_run()
            return OWN
        wanted = PRESETS[name]
        st.markdown(QUESTIONS[name])
        below = st.expander("Client data", key="federated-data", on_change="rerun")
        if below.open:
            with below:
                _federations(list({run.data: run for run in wanted}.values()), 0)
        if st.button(
            "Start",
            type="primary",
            icon=":material/play_arrow:",
            key="start-preset",
            shortcut="mod+enter",
        ):
            # Under a minute: it goes before what is queued, a sweep of an hour for instance.
            remember("run", start(comparison(name), 0, ASKED, priority=1))
            st.rerun()
    return name


def _asked() -> str:
    """Return the question that the address names, else that of the run it names."""
    wanted = recall("question")
    if wanted in NAMES:
        return str(wanted)
    run = recall("run")
    if run and store().exists(run) and (job := store().get(run)).kind in KINDS:
        return question_of(job) or OWN
    return OWN if recall("start") else next(iter(PRESETS))


def _remember_question() -> None:
    if KEY in st.session_state:  # else buttons that are no longer drawn
        remember("question", st.session_state[KEY])


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
    spec = FederatedSpec(
        **vars(run),
        **chosen._asdict(),
        **network._asdict(),
        algorithm=algorithm,
        algorithm_settings=to_dict(own),
    )
    below = st.expander("Client data", key="own-data", on_change="rerun")
    if below.open:
        with below:
            _federations([spec], int(seed))
    if st.button(
        "Start", type="primary", icon=":material/play_arrow:", key="start-own", shortcut="mod+enter"
    ):
        remember("run", start(spec, int(seed), AGAIN))
        st.rerun()


def _federations(runs: Sequence[FederatedSpec], seed: int) -> None:
    """Show the clients' data of each run; their sizes once where they are the same."""
    shown = []
    for spec in runs:
        counts = _label_counts(spec.data, spec.partition, spec.drawn_with(seed))
        names = client_classes(workspace(), spec.data, len(counts[0]))
        shown.append((data_label(spec.data), names, counts))
    federations_view(shown, digest({"runs": [spec.to_json() for spec in runs], "seed": seed}))


@st.cache_data(show_spinner=False, max_entries=20, hash_funcs={Partition: repr})
def _label_counts(data: str, partition: Partition | None, seed: int) -> list[list[int]]:
    if data.startswith(LEAF_PREFIX):
        data = str(leaf_file(workspace().datasets, data))
    spec = FederatedSpec(data=data, partition=partition)
    counts: list[list[int]] = load_clients(spec, seed, load=stored).label_counts().tolist()
    return counts


def _watch(question: str) -> None:
    st.subheader(NAMES[question], anchor=False)
    found = of_question(store(), None if question == OWN else question)
    wanted = recall("run")
    if wanted and (why := missing_run(wanted)):
        st.warning(plain(why), icon=":material/link_off:")
    over = choose_axis("federated-over")
    if not found:
        _sample(question, over)
        return
    job = found[0] if len(found) == 1 else choose_run(found, _name)
    if job is None:
        return
    watch(lambda: [store().get(job.id)], lambda jobs: _run(jobs[0], over, question))


def _run(job: Job, over: str, question: str) -> None:
    """Show a run, and the sample below it until it has finished its first round."""
    if not federated_run(job, over, question) and question != OWN:
        _sample(question, over)


def _sample(question: str, over: str) -> None:
    histories = sample_histories(question)
    if not histories:
        st.caption("Press Start: the curves appear here after the first round.")
        return
    st.caption("Bundled result of the same question; your own run replaces it:")
    show_conclusion(question, histories)
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
        st.caption("Each identity is computed in two ways, just now, in float64.")
        rows = [
            {"identity": name, "largest difference": f"{difference:.1e}", "holds": passed}
            for name, difference, passed in self_check()
        ]
        st.dataframe(rows, hide_index=True, width="stretch")


main()
