"""What the store needs of a job's spec; the specs themselves belong to the sciences."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from core.records import FORMAT, JsonObject


class JobSpec(Protocol):
    """What one job is told: a frozen record that knows its kind and its form as JSON."""

    @property
    def kind(self) -> str:
        """Kind of the job: the name of its task."""
        ...

    @property
    def resources(self) -> str:
        """What a runner of it needs of a machine: a name in `core.jobs.resources`."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return the settings for JSON; their digest, with kind and seed, is the job's id."""
        ...


@dataclass(frozen=True)
class StoredSpec:
    """The spec of a job that is in a store, or in the zip of a run, taken as it is.

    format: the form of its JSON; runs of version 0.1 do not say it and have the first.
    """

    kind: str
    settings: JsonObject = field(default_factory=dict)
    resources: str = "numpy"
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        """Return the settings as they were stored."""
        return dict(self.settings)


def format_of(spec: JobSpec) -> int:
    """Return the form of a spec's JSON."""
    return spec.format if isinstance(spec, StoredSpec) else FORMAT
