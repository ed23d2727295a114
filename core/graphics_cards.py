"""Graphics cards that TensorFlow can compute with here, found without importing it.

Each run gets one card to itself; all other processes are told of none.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

VISIBLE = "CUDA_VISIBLE_DEVICES"
LIBRARY = "nvidia-cudnn-cu12"  # of those that requirements-gpu.txt adds to TensorFlow's package
NONE = "-1"
SECONDS = 10


@dataclass(frozen=True)
class Card:
    """number: what CUDA calls it. name: what people call it."""

    number: str
    name: str


@lru_cache(maxsize=1)
def graphics_cards() -> tuple[Card, ...]:
    """Return the cards of this machine; none where TensorFlow's libraries for them are missing."""
    tool = shutil.which("nvidia-smi")
    if tool is None or not _has_libraries():
        return ()
    command = [tool, "--query-gpu=index,name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):  # no driver, or one that hangs
        return ()
    return listed_cards(done.stdout, os.environ.get(VISIBLE))


def listed_cards(text: str, visible: str | None) -> tuple[Card, ...]:
    """Return the cards in nvidia-smi's lines "number, name" that a user's variable allows.

    visible: numbers separated by commas, None for all. As in CUDA, the first that is no card's
    number ends the list.
    """
    lines = [line.partition(",") for line in text.splitlines() if "," in line]
    cards = {number.strip(): Card(number.strip(), name.strip()) for number, _, name in lines}
    if visible is None:
        return tuple(cards.values())
    allowed: list[Card] = []
    for number in map(str.strip, visible.split(",")):
        if number not in cards:
            break
        allowed.append(cards[number])
    return tuple(allowed)


def first_free(cards: Iterable[Card], taken: Iterable[str]) -> str:
    """Return the number of the first card that is not taken, "" if there is none."""
    busy = set(taken)
    return next((card.number for card in cards if card.number not in busy), "")


def variables(card: str) -> dict[str, str]:
    """Return the environment of a process that computes with one card, or with none ("").

    Memory is taken as it is needed, and operations repeat to the bit, as on the processor. Where
    no card is known nothing is said, so that a TensorFlow built at home uses what it finds.
    """
    if not card:
        return {VISIBLE: NONE} if graphics_cards() else {}
    return {VISIBLE: card, "TF_FORCE_GPU_ALLOW_GROWTH": "true", "TF_DETERMINISTIC_OPS": "1"}


def has_card() -> bool:
    """Return whether this process was given a card."""
    return os.environ.get(VISIBLE, NONE) not in ("", NONE)


def on_a_card() -> str:
    """Return " on …" with the name of the card that the next run gets, "" where there is none."""
    names = [card.name for card in graphics_cards()]
    return f" on {names[0]}" if names else ""


def _has_libraries() -> bool:
    try:
        return bool(version(LIBRARY))
    except PackageNotFoundError:
        return False
