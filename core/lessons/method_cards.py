"""Methods and algorithms as cards: everything from their own tables, docstrings and settings."""

import inspect
import re
from dataclasses import dataclass, replace

from core.federated.algorithm import EQUAL, SAMPLES, Algorithm
from core.federated.algorithms import ALGORITHMS
from core.pruning.methods import METHODS
from core.settings import describe

OBJECTIVES = {
    SAMPLES: "Minimises the mean loss over all samples.",
    EQUAL: "Minimises the mean of the clients' losses, each counting alike, as long as "
    "the weighting is not by samples.",
}
SHORT = 110  # characters: a docstring's paragraph that cites and says no more than its title


@dataclass(frozen=True)
class CardSetting:
    """A setting as a card lists it, all in words."""

    setting: str
    default: str
    limits: str
    help: str


@dataclass(frozen=True)
class Card:
    """One method or algorithm; formula (LaTeX) and link (to the paper) may be ""."""

    name: str
    label: str
    text: str
    paper: str
    link: str
    formula: str
    structured: bool
    settings: tuple[CardSetting, ...]


def method_cards() -> list[Card]:
    """Return one card per pruning method, in the order of the table."""
    return [
        _card(name, m.label, m.doc, m.paper, m.settings, m.formula, m.structured)
        for name, m in METHODS.items()
    ]


def algorithm_cards() -> list[Card]:
    """Return one card per federated algorithm, in the order of the table."""
    return [_algorithm_card(name, algorithm) for name, algorithm in ALGORITHMS.items()]


def _algorithm_card(name: str, row: type[Algorithm]) -> Card:
    card = _card(name, row.label, "", row.paper, row, row.formula, False)
    return replace(card, text=f"{card.text}\n\n{OBJECTIVES[row().objective]}")


def _card(
    name: str, label: str, doc: str, paper: str, settings: type, formula: str, structured: bool
) -> Card:
    rows = tuple(
        CardSetting(
            setting=field.label,
            default=str(field.default),
            limits=_limits(field.low, field.high, field.choices),
            help=" ".join(part for part in (field.help, field.why) if part),
        )
        for field in describe(settings)
    )
    text = explained(doc, settings, paper)
    return Card(name, label, text, paper, _link(paper), formula, structured, rows)


def explained(doc: str, settings: type, paper: str) -> str:
    """Return a method's sentence and its settings' docstring as paragraphs, nothing said twice.

    Citations of its paper are left out: it stands beside the text. So are the backticks of code,
    which pages and reports show as they are.
    """
    paragraphs = [
        " ".join(part.replace("`", "").split()).removeprefix(f"{paper}. ")
        for text in (doc, inspect.getdoc(settings) or "")
        for part in re.split(r"\n\s*\n", inspect.cleandoc(text))
    ]
    kept = dict.fromkeys(part for part in paragraphs if part)
    first = next(iter(kept), "")
    return "\n\n".join(part for part in kept if part == first or not _only_cites(part))


def _only_cites(paragraph: str) -> bool:
    return len(paragraph) < SHORT and re.search(r"arXiv:|doi:", paragraph) is not None


def _link(paper: str) -> str:
    arxiv = re.search(r"arXiv:(\d{4}\.\d{4,5})", paper)
    doi = re.search(r"doi:(\S+)", paper)
    if arxiv:
        return f"https://arxiv.org/abs/{arxiv[1]}"
    return f"https://doi.org/{doi[1]}" if doi else ""


def _limits(low: float | None, high: float | None, choices: tuple[str, ...]) -> str:
    if choices:
        return ", ".join(choices)
    if low is None and high is None:
        return ""
    return f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}"
