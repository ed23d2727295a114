"""Which rows of the table of runs are shown: words, states, kinds, data, tags; as an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from core.runs.finished.dataset_names import DIGEST
from core.runs.labels import data_label
from core.runs.table.row import RunRow

SEPARATOR = ","
STATES = ("running", "queued", "done", "failed", "stopped", "abandoned")
ALSO = {"stopping": "running"}  # a state of a row -> the state by which it is found


@dataclass(frozen=True)
class RunFilter:
    """What somebody looks for; nothing chosen means everything. data: digests or names.

    words: every one of them must be found in a row. parts: runs that other runs asked for, too.
    """

    words: str = ""
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    parts: bool = False

    def chosen(self, rows: Sequence[RunRow], names: Mapping[str, str]) -> list[RunRow]:
        """Return the rows that are found, in their order. names: what data are called, by id."""
        words = self.words.casefold().split()
        found = [row for row in rows if self._fits(row)]
        return [row for row in found if all(word in _text(row, names) for word in words)]

    def _fits(self, row: RunRow) -> bool:
        return (
            (self.parts or not row.is_part)
            and (not self.states or ALSO.get(row.state, row.state) in self.states)
            and (not self.kinds or row.kind in self.kinds)
            and (not self.data or row.data in self.data)
            and (not self.tags or bool(set(self.tags) & set(row.tags)))
        )

    def to_address(self) -> dict[str, str]:
        """Return the parameters of an address that says what is looked for."""
        said = {
            "q": self.words,
            "state": SEPARATOR.join(self.states),
            "kind": SEPARATOR.join(self.kinds),
            "on": "|".join(self.data),  # names of synthetic data hold commas
            "tag": SEPARATOR.join(self.tags),
            "parts": "yes" if self.parts else "",
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def from_address(cls, parameters: Mapping[str, str]) -> "RunFilter":
        """Return what the parameters of an address ask for; states that are none are left out."""
        lists = {name: _split(parameters.get(name, "")) for name in ("state", "kind", "tag")}
        return cls(
            words=parameters.get("q", ""),
            states=tuple(state for state in lists["state"] if state in STATES),
            kinds=lists["kind"],
            data=_split(parameters.get("on", ""), "|"),
            tags=lists["tag"],
            parts=parameters.get("parts") == "yes",
        )

    @property
    def is_empty(self) -> bool:
        """Whether it hides nothing but parts."""
        return not any(getattr(self, one.name) for one in fields(self) if one.name != "parts")


def data_called(data: str, names: Mapping[str, str]) -> str:
    """Return what the data of a run are called. names: of the stored data sets, by digest."""
    if not data:
        return ""
    if data in names:
        return names[data]
    if DIGEST.fullmatch(data):
        return f"deleted data set {data[:8]}"
    return data_label(data)


def _split(text: str, separator: str = SEPARATOR) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in text.split(separator) if part))


def _text(row: RunRow, names: Mapping[str, str]) -> str:
    """Return everything of a row that words are looked for in."""
    parts = (row.name, row.title, row.state, data_called(row.data, names), row.network)
    return " ".join((*parts, row.method, *row.tags, row.note, row.started_by, row.id)).casefold()
