"""Something that is done every few seconds by a loop that turns faster."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Periodic:
    """Work and how often it is due."""

    every_seconds: float
    work: Callable[[], None]
    last: float = -1e9

    def run_if_due(self) -> None:
        """Do it when it is time."""
        if time.monotonic() - self.last >= self.every_seconds:
            self.last = time.monotonic()
            self.work()
