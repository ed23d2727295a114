"""Choices that the address keeps: what was chosen last is chosen, however often it changes."""

from collections import Counter
from collections.abc import Callable, Sequence

import streamlit as st

from pages.components.session import recall, remember


def choose(
    label: str,
    options: Sequence[str],
    name: str,
    called: Callable[[str], str],
    usual: str | None = None,
    unsaid: bool = False,
    some: bool = False,
    help: str | None = None,
) -> str:
    """Ask for one of the options; the address keeps it as `name`.

    called: what an option is called. usual: chosen at first, else the first option; unsaid: the
    address leaves it out. some: there are others, which another page may have chosen; then to show
    one of these does not choose it.
    """
    start = options[0] if usual is None else usual
    wanted = recall(name)
    # The address decides, and a click changes the address before the page is drawn (`_keep`):
    # an index that follows the address would make a new widget, which forgets the next click.
    key = f"choose-{name}"
    st.session_state[key] = wanted if wanted in options else start
    without = start if unsaid else None
    labels = distinct(options, called)
    st.selectbox(
        label,
        options,
        format_func=labels.__getitem__,
        key=key,
        on_change=_keep,
        args=(name, key, without),
        help=help,
    )
    if not some or wanted is None or wanted in options:
        _keep(name, key, without)
    return str(st.session_state[key])


def _keep(name: str, key: str, without: str | None) -> None:
    chosen = str(st.session_state[key])
    remember(name, None if chosen == without else chosen)


def distinct(options: Sequence[str], called: Callable[[str], str]) -> dict[str, str]:
    """Return option -> what it is called; equal names are told apart by the options' beginnings.

    A browser answers with the name: of equal ones Streamlit would take the last.
    """
    labels = {option: called(option) for option in options}
    times = Counter(labels.values())
    return {
        option: f"{label} ({option[:4]})" if times[label] > 1 else label
        for option, label in labels.items()
    }
