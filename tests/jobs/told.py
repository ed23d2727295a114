"""Specs by kind and settings, as they are stored: for tests that need no science."""

from typing import Any

from core.jobs.store.spec import StoredSpec

RESOURCES = {
    **dict.fromkeys(("train", "prune"), "tensorflow"),
    **dict.fromkeys(("sweep", "compete", "federate_compare"), "light"),
    "preview": "interactive",
}


def told(kind: str, settings: dict[str, Any] | None = None) -> StoredSpec:
    """Return the spec of a job of this kind; kinds of the tests' own are one NumPy thread."""
    return StoredSpec(kind, settings or {}, RESOURCES.get(kind, "numpy"))
