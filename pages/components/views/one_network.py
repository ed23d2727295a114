"""Prune one network: every setting of the recipe and of the method."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.lessons.method_cards import explained
from core.pruning.graphs.reach import Reach
from core.pruning.methods import METHODS
from core.pruning.plan import REFERENCE_ONLY, PrunePlan
from core.pruning.spec import PruneSpec
from core.runs.activity import finished_dense
from core.runs.titles import short_title
from core.settings import describe, from_dict, to_dict
from pages.components.address_state import distinct
from pages.components.drafts import begun
from pages.components.error_box import error_box, plain
from pages.components.session import remember, say_done, start, store
from pages.components.settings_form import settings_form
from pages.components.views.reach_view import within_reach

NOT_HERE = (
    "Keeping weights connected, pruning units of the wide dense layer, regrowth by gradient and "
    "least-squares reconstruction are made for the reference network; they are not asked here."
)
AGAIN = "Already run; its card is shown below. Change the seed for another network."


def one_network(
    data: str, dense: str, is_reference: bool = True, reach: Reach | None = None
) -> None:
    """Ask for a plan and start it; its dot appears on the frontier below.

    is_reference: another network is not asked for what has no effect on it. reach: how far
    cutting its single weights reaches.
    """
    names = list(METHODS)
    method = st.selectbox(
        "Method",
        names,
        names.index(begun("plan-method", names[0])),
        format_func=lambda name: METHODS[name].label,
        key="plan-method",
    )
    rule = METHODS[method]
    st.caption(plain(f"{explained(rule.doc, rule.settings, rule.paper)}\n\n{rule.paper}"))
    recipe, own = st.columns([2, 1], gap="large")
    with recipe:
        usual = PrunePlan(method=method)
        first = reach.first(usual) if reach else usual
        hidden = ("method", "label", *(() if is_reference else REFERENCE_ONLY))
        plan = settings_form(PrunePlan, f"plan:{method}", first, hidden=hidden)
        if not is_reference:
            st.caption(f"{NOT_HERE} Dropout is a share of the network's own.")
        plan = within_reach(reach, plan)
    with own:
        st.caption("Method settings")
        begin: Any = from_dict(rule.settings, rule.new_settings)
        settings = settings_form(rule.settings, f"plan-own:{method}", begin, columns=1)
        if not describe(rule.settings):
            st.caption("This method has no settings.")
        seed = st.number_input("Seed", 0, 2**31 - 1, begun("plan-seed", 0), key="plan-seed")
        teachers = _teachers(data)
    begin = st.button(
        "Start", type="primary", icon=":material/play_arrow:", disabled=plan is None, key="plan"
    )
    if begin and plan is not None:
        wanted = replace(plan, settings=to_dict(settings))
        with error_box():
            spec = PruneSpec(data=data, dense=dense, plan=wanted, teachers=teachers)
            remember("point", start(spec, int(seed), AGAIN))
            st.rerun()
    say_done()


def _teachers(data: str) -> tuple[str, ...]:
    """Ask whose answers distillation mixes in, where there are several networks to choose from."""
    found = {job.id: job for job in finished_dense(store(), data)}
    if len(found) < 2:
        return ()
    labels = distinct(list(found), lambda id: short_title(found[id]))
    chosen = st.multiselect(
        "Teachers",
        list(found),
        format_func=labels.__getitem__,
        placeholder="The network itself",
        help="Networks whose mean answer distillation mixes in, instead of that of the network "
        "that is pruned. They read images of the same size.",
        key="plan-teachers",
    )
    return tuple(chosen)
