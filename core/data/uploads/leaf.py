"""LEAF's JSON of client data: {"users", "num_samples", "user_data": {user: {"x", "y"}}}.

Source: Caldas et al. 2018, arXiv:1812.01097; the files of FedProx, Li et al. 2020, are the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.archives import sandbox
from core.archives.limits import CLIENT_LIMITS, Limits
from core.archives.sandbox import Content
from core.data.uploads import leaf_checks
from core.data.uploads.leaf_json import Users, check_alike
from core.errors import UploadError
from core.names import plain_name
from core.randomness import generator
from core.text import plural

VALIDATION_SHARE = 0.1
LISTED = 10
ClientArrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Leaf:
    """Client data as read: one entry of `clients` a user, and what was left out or converted.

    clients: (train x (n, …) float32, train y (n,) int64, validation x, validation y) of each.
    """

    users: tuple[str, ...]
    clients: tuple[ClientArrays, ...]
    notes: tuple[str, ...]


def read(
    content: Content,
    test: Content | None = None,
    *,
    limits: Limits = CLIENT_LIMITS,
    scratch: Path | None = None,
) -> list[ClientArrays]:
    """Return (train x, train y, validation x, validation y) of every client with samples."""
    return list(inspect(content, test, limits=limits, scratch=scratch).clients)


def inspect(
    content: Content,
    test: Content | None = None,
    *,
    limits: Limits = CLIENT_LIMITS,
    scratch: Path | None = None,
) -> Leaf:
    """Return the clients of a LEAF file, or of a zip or tar with a train and a test folder.

    test: LEAF's second file; without one, a tenth of each client's samples, and at least one of
    two, is for validation. Labels are numbered from 0. Parsed in a limited child.
    Raises UploadError naming the user and the remedy.
    """
    parts, notes = _parse_in_child(content, limits, scratch)
    if test is not None:
        others, more = _parse_in_child(test, limits, scratch)
        parts, notes = {"train": parts["train"], "test": others["train"]}, notes + more
    parts = _numbered_from_zero(parts, notes)
    train = {user: xy for user, xy in parts["train"].items() if len(xy[1])}
    _note_users(notes, "without training samples, kept out", parts["train"], train)
    if not train:
        raise UploadError("No client has any samples. Export the data again.")
    if "test" in parts:
        _note_users(notes, "only in the test file, kept out", parts["test"], train)
    tested = any(len(y) for user, (_, y) in parts.get("test", {}).items() if user in train)
    if not tested and parts.pop("test", None) is not None:
        notes.append("Warning: no client has both training and test samples.")
    clients = tuple(_client(user, train[user], parts.get("test")) for user in train)
    held = [client[2] for client in clients if len(client[3])]
    check_alike([x for x, _ in train.values()] + held)
    if len(held) < len(clients) or "test" not in parts:
        notes.append(_validated(len(held), len(clients), "test" in parts))
    notes += leaf_checks.warnings(clients)
    return Leaf(tuple(train), clients, tuple(notes))


def _numbered_from_zero(parts: dict[str, Users], notes: list[str]) -> dict[str, Users]:
    """Return labels 1..k as 0..k-1, in all parts together: else there is a class of nothing."""
    none = [np.empty(0, np.int64)]
    labels = np.concatenate(none + [y for users in parts.values() for _, y in users.values()])
    lowest, highest = (int(labels.min()), int(labels.max())) if len(labels) else (0, 0)
    if lowest == 0:
        return parts
    notes.append(
        f"Warning: the labels go from {lowest} to {highest}; they were renumbered from 0, so that "
        f"class {lowest} is 0 here."
    )
    return {
        part: {user: (x, y - lowest) for user, (x, y) in users.items()}
        for part, users in parts.items()
    }


def _client(user: str, train: tuple[np.ndarray, np.ndarray], test: Users | None) -> ClientArrays:
    x, y = train
    if test is not None:
        held_x, held_y = test.get(user, (x[:0], y[:0]))
        # A client whose list is empty has no features to count: its own training samples tell.
        return (x, y, held_x, held_y) if len(held_y) else (x, y, x[:0], y[:0])
    order = generator(0, "leaf", user).permutation(len(y))
    held, kept = np.split(order, [_held(len(y))])
    return x[np.sort(kept)], y[np.sort(kept)], x[np.sort(held)], y[np.sort(held)]


def _held(samples: int) -> int:
    """Return how many of a client's samples are for validation: none of a single one."""
    return max(int(VALIDATION_SHARE * samples), 1) if samples > 1 else 0


def _validated(validated: int, clients: int, has_test: bool) -> str:
    """Return the sentence that says whose samples the validation accuracy comes from."""
    their = "their" if clients > 1 else "its"
    where = (
        f"from {their} test samples"
        if has_test
        else f"from a tenth of {their} samples, at least one"
    )
    if validated == clients:
        whose = f"All {clients:,} clients are" if clients > 1 else "The client is"
        return f"{whose} validated, {where}."
    return (
        f"Warning: only {validated:,} of {plural(clients, 'client')} are validated, {where}; "
        f"the others have {'none' if has_test else 'a single sample'}."
    )


def _note_users(notes: list[str], what: str, users: Users, kept: Users) -> None:
    left = [plain_name(user) for user in users if user not in kept]
    if left:
        shown = ", ".join(left[:LISTED]) + (", …" if len(left) > LISTED else "")
        notes.append(f"{plural(len(left), 'client')} {what}: {shown}.")


def _parse_in_child(
    content: Content, limits: Limits, scratch: Path | None
) -> tuple[dict[str, Users], list[str]]:
    answer = sandbox.run(
        "core.data.uploads.leaf_json:parse", content, {}, limits=limits, scratch=scratch
    )
    parts: dict[str, Users] = {}
    for part, users in answer.fields["users"].items():
        edges = answer.arrays[f"{part}_offsets"][1:-1]
        xs = np.split(answer.arrays[f"{part}_x"], edges)
        ys = np.split(answer.arrays[f"{part}_y"], edges)
        # Of nobody, splitting makes one empty part.
        parts[part] = dict(zip(users, zip(xs, ys, strict=True), strict=True)) if users else {}
    return parts, list(answer.fields["notes"])


def export(clients: Sequence[ClientArrays], users: Sequence[str] | None = None) -> dict[str, bytes]:
    """Return {"train": …, "test": …}: two LEAF documents; reading them back is bit-exact."""
    names = list(users) if users is not None else [f"f_{k:05d}" for k in range(len(clients))]
    pairs = {"train": (0, 1), "test": (2, 3)}
    return {
        part: _document({n: (c[i], c[j]) for n, c in zip(names, clients, strict=True)})
        for part, (i, j) in pairs.items()
    }


def _document(samples: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> bytes:
    content = {
        "users": list(samples),
        "num_samples": [len(y) for _, y in samples.values()],
        "user_data": {u: {"x": x.tolist(), "y": y.tolist()} for u, (x, y) in samples.items()},
    }
    return json.dumps(content, allow_nan=False).encode()
