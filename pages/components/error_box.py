"""Errors as sentences: what was wrong and what to do, never a traceback."""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import LabError

log = logging.getLogger("pareto_lab.pages")


@contextmanager
def error_box() -> Iterator[None]:
    """Show what goes wrong inside as a message; the rest of the page goes on.

    A LabError is the user's to mend and is shown as it is. Anything else is ours: it goes to the
    server's log under a short id, and the id is what the page shows.
    """
    try:
        yield
    except LabError as error:
        show_error(str(error))
    except Exception:
        name = secrets.token_hex(3)
        log.exception("error %s on a page", name)
        show_error(
            "Something went wrong on our side. Your runs and data are safe. "
            f"Reload the page; if it happens again, look for “{name}” in the server's log."
        )


WORD_JOINER = "\u2060"
SEEN_BEHIND_ESCAPES = re.compile(
    r"(?<=www)(?=\.)|(?<=:)(?=//)|(?=@)|(?<=:)(?=material/|streamlit:)", re.IGNORECASE
)
LOG_FOLLOWS = "End of its log:"


def show_error(text: str) -> None:
    """Show cause and remedy; nothing is taken as markup. The end of a log folds away below."""
    sentence, _, log_end = text.partition(LOG_FOLLOWS)
    st.error(plain(sentence.strip()), icon=":material/error:")
    if log_end.strip():
        with st.expander("End of its log", type="compact"):
            st.code(log_end.strip(), language=None)


def plain(text: str) -> str:
    """Return text so that Markdown shows every character as it stands.

    File and class names come from strangers: no markup, no links, no formulas from them. Addresses,
    icons and logos are looked for behind the escapes: something invisible breaks them.
    """
    text = SEEN_BEHIND_ESCAPES.sub(WORD_JOINER, text)
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|~$:&" else c for c in text)
