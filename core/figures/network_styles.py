"""How a network is drawn: in its method's colour, told from others of its method by a pattern."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.figures import colors

PATTERNS = ("", "/", "x", ".", "\\", "+")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


@dataclass(frozen=True)
class Look:
    """A colour (of the method), and what tells networks of one method apart.

    pattern: of a bar's filling, "" for a plain one. dash: of a line.
    """

    color: str
    pattern: str
    dash: str

    @property
    def bar(self) -> dict[str, Any]:
        """The marker of a bar."""
        shape = {"shape": self.pattern, "solidity": 0.4} if self.pattern else {"shape": ""}
        return {"color": self.color, "pattern": shape, "line": {"color": self.color, "width": 1}}


def looks(methods: Sequence[str]) -> list[Look]:
    """Return one look a network; methods: of each network, in the order in which they are drawn."""
    seen: Counter[str] = Counter()
    found = []
    for method in methods:
        place = seen[method] % len(PATTERNS)
        found.append(Look(colors.color(method), PATTERNS[place], DASHES[place]))
        seen[method] += 1
    return found
