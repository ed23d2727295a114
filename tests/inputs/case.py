"""One line of the list of inputs: what arrives, and what the person is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.archives.limits import LIMITS, Limits


@dataclass(frozen=True)
class Case:
    """A file and its outcome: `refused` is what the sentence says, else `noted` and `holds`.

    line: number in the list of inputs, as text. content: makes the file. holds: looks at what was
    read and returns True. reader: "data", "weights" or "leaf".
    """

    line: str
    what: str
    content: Callable[[], Any]
    refused: str = ""
    noted: str = ""
    holds: Callable[[Any], bool] = lambda result: True
    reader: str = "data"
    name: str = "dataset.tar.gz"
    limits: Limits = LIMITS
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.line}-{self.what.replace(' ', '_')}"
