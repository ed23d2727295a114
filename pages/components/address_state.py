"""Choices that the address keeps: what was chosen last is chosen, however often it changes."""

from collections import Counter
from collections.abc import Callable, Sequence

import streamlit as st

from pages.components.error_box import plain
from pages.components.session import VISIT, recall, remember

MISSING = f"{VISIT}missing:"


def choose(
    label: str,
    options: Sequence[str],
    name: str,
    called: Callable[[str], str],
    usual: str | None = None,
    unsaid: bool = False,
    some: bool = False,
    help: str | None = None,
    missing: Callable[[str], str] | None = None,
    version: int = 0,
) -> str:
    """Ask for one of the options; the address keeps it as `name`.

    called: what an option is called. usual: chosen at first, else the first option; unsaid: the
    address leaves it out. some: there are others, which another page may have chosen; then to show
    one of these does not choose it. missing: why the address names something that is not among the
    options, "" for no reason to say anything; it is shown until something else is chosen.
    version: another one makes another box. Whoever changes the address in other ways counts it up:
    a browser that lags would send what its box still shows, as if somebody had chosen that.
    """
    start = options[0] if usual is None else usual
    wanted = recall(name)
    if missing is not None and wanted is not None and wanted not in options:
        say_missing(name, missing(wanted))
    # The address decides, and a click changes the address before the page is drawn (`_keep`):
    # an index that follows the address would make a new widget, which forgets the next click.
    key = f"choose-{name}-{version}"
    st.session_state[key] = wanted if wanted in options else start
    without = start if unsaid else None
    st.session_state[f"asked-{name}"] = key
    labels = distinct(options, called)
    st.selectbox(
        label,
        options,
        format_func=labels.__getitem__,
        key=key,
        on_change=_choose,
        args=(name, key, without),
        help=help,
    )
    show_missing(name)
    if not some or wanted is None or wanted in options:
        _keep(name, key, without)
    return str(st.session_state[key])


def _choose(name: str, key: str, without: str | None) -> None:
    if st.session_state.get(f"asked-{name}") != key:  # a box that is no longer drawn
        return
    say_missing(name, "")
    _keep(name, key, without)


def _keep(name: str, key: str, without: str | None) -> None:
    if key not in st.session_state:
        return  # a box that is no longer drawn
    chosen = str(st.session_state[key])
    remember(name, None if chosen == without else chosen)


def gone(noun: str, id: str, instead: str = " Another one is shown instead.") -> str:
    """Return the sentence for an address that names something that is not in this workspace."""
    return (
        f"The {noun} in this address ({id[:8]}) is not in this workspace: it was deleted, or the "
        f"link comes from another workspace.{instead}"
    )


def say_missing(name: str, why: str) -> None:
    """Keep why the address's `name` is not shown, until something is chosen; "" forgets it."""
    if why:
        st.session_state[f"{MISSING}{name}"] = why
    else:
        st.session_state.pop(f"{MISSING}{name}", None)


def show_missing(name: str) -> None:
    """Show why the address's `name` is not shown, if it is not."""
    if why := st.session_state.get(f"{MISSING}{name}"):
        st.warning(plain(why), icon=":material/link_off:")


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
