"""LEAF's JSON of client data: {"users", "num_samples", "user_data": {user: {"x", "y"}}}.

Source: Caldas et al. 2018, arXiv:1812.01097; the files of FedProx, Li et al. 2020, are the same.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from core.data import sandbox, tar, zips
from core.data.child import Source
from core.data.limits import CLIENT_LIMITS, Limits
from core.data.names import counted, plain_name
from core.data.sandbox import Content
from core.errors import UploadError
from core.randomness import generator

VALIDATION_SHARE = 0.1
LISTED = 10
# What a folder or a word of a file name says of the samples; LEAF's test is our validation.
PARTS = {
    **dict.fromkeys(("train", "training", "mytrain"), "train"),  # FedProx's are mytrain, mytest
    **dict.fromkeys(("test", "testing", "mytest", "val", "validation", "eval"), "test"),
}
ClientArrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Users = dict[str, tuple[np.ndarray, np.ndarray]]  # user -> (x, y)


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

    test: LEAF's second file; without one, a tenth of each client's samples is for validation.
    Parsed in a limited child. Raises UploadError naming the user and the remedy.
    """
    parts, notes = _parse_in_child(content, limits, scratch)
    if test is not None:
        others, more = _parse_in_child(test, limits, scratch)
        parts, notes = {"train": parts["train"], "test": others["train"]}, notes + more
    train = {user: xy for user, xy in parts["train"].items() if len(xy[1])}
    _note_users(notes, "without training samples, kept out", parts["train"], train)
    if not train:
        raise UploadError("No client has any samples. Export the data again.")
    if "test" in parts:
        _note_users(notes, "only in the test file, kept out", parts["test"], train)
    clients = tuple(_client(user, train[user], parts.get("test")) for user in train)
    _check_alike(train, [(c[2], c[3]) for c in clients])
    return Leaf(tuple(train), clients, tuple(notes))


def _client(user: str, train: tuple[np.ndarray, np.ndarray], test: Users | None) -> ClientArrays:
    x, y = train
    if test is not None:
        held_x, held_y = test.get(user, (x[:0], y[:0]))
        # A client whose list is empty has no features to count: its own training samples tell.
        return (x, y, held_x, held_y) if len(held_y) else (x, y, x[:0], y[:0])
    order = generator(0, "leaf", user).permutation(len(y))
    held, kept = np.split(order, [int(VALIDATION_SHARE * len(y))])
    return x[np.sort(kept)], y[np.sort(kept)], x[np.sort(held)], y[np.sort(held)]


def _note_users(notes: list[str], what: str, users: Users, kept: Users) -> None:
    left = [plain_name(user) for user in users if user not in kept]
    if left:
        shown = ", ".join(left[:LISTED]) + (", …" if len(left) > LISTED else "")
        notes.append(f"{counted(len(left), 'client')} {what}: {shown}.")


def _check_alike(train: Users, validation: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
    pairs = [*train.values(), *validation]
    shapes = {x.shape[1:] for x, y in pairs if len(y)}
    if len(shapes) > 1:
        raise UploadError(
            f"Clients have samples of different lengths ({sorted(shapes)[:3]}). "
            "Export all clients with the same features."
        )


def _parse_in_child(
    content: Content, limits: Limits, scratch: Path | None
) -> tuple[dict[str, Users], list[str]]:
    answer = sandbox.run("core.data.leaf:parse", content, {}, limits=limits, scratch=scratch)
    parts: dict[str, Users] = {}
    for part, users in answer.fields["users"].items():
        edges = answer.arrays[f"{part}_offsets"][1:-1]
        xs = np.split(answer.arrays[f"{part}_x"], edges)
        ys = np.split(answer.arrays[f"{part}_y"], edges)
        parts[part] = dict(zip(users, zip(xs, ys, strict=True), strict=True))
    return parts, list(answer.fields["notes"])


def parse(source: Source) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: return ({users by part, notes}, x, y and offsets by part)."""
    documents = _documents(source)
    users: dict[str, list[str]] = {}
    arrays: dict[str, np.ndarray] = {}
    for part, contents in documents.items():
        samples: Users = {}
        for label, content in contents:
            for user, xy in _users(content, label).items():
                if user in samples:
                    raise UploadError(
                        f"The client {plain_name(user)} appears in two files. Leave one out."
                    )
                samples[user] = xy
        users[part] = list(samples)
        arrays |= _joined(part, samples)
    return {"users": users, "notes": []}, arrays


def _documents(source: Source) -> dict[str, list[tuple[str, memoryview]]]:
    """Return part -> (label, JSON text) of the file itself or of an archive's members."""
    head = source.read(512)
    source.seek(0)
    if head[:2] == b"\x1f\x8b" or tar.is_header(head):
        packed = tar.unpack(source, compressed=head[:2] == b"\x1f\x8b")
    elif head[:4] == b"PK\x03\x04":
        packed = zips.unpack(source)
    else:
        return {"train": [("The file", memoryview(source.read()))]}
    parts: dict[str, list[tuple[str, memoryview]]] = {}
    for member in packed.members:
        if member.name.lower().endswith(".json"):
            part = _part(member.name.lower())
            parts.setdefault(part, []).append((member.shown, member.content))
    if "train" not in parts:
        raise UploadError(
            "The archive holds no training JSON. Pack train/….json and test/….json as LEAF does."
        )
    return dict(sorted(parts.items(), reverse=True))


def _part(name: str) -> str:
    """Return "train" or "test": by the innermost folder of such a name, else by the file's name."""
    *folders, file = name.split("/")
    words = re.findall("[a-z]+", file)
    told = [PARTS[word] for word in (*reversed(folders), *reversed(words)) if word in PARTS]
    return told[0] if told else "train"


def _joined(part: str, samples: Users) -> dict[str, np.ndarray]:
    filled = [x for x, y in samples.values() if len(y)]
    shapes = {x.shape[1:] for x in filled}
    if len(shapes) > 1:
        raise UploadError(
            f"Clients have samples of different lengths ({sorted(shapes)[:3]}). "
            "Export all clients with the same features."
        )
    sizes = [len(y) for _, y in samples.values()]
    return {
        f"{part}_x": np.concatenate(filled) if filled else np.empty((0, 0), np.float32),
        f"{part}_y": np.concatenate([np.empty(0, np.int64), *(y for _, y in samples.values())]),
        f"{part}_offsets": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
    }


def _users(content: memoryview, label: str) -> Users:
    """Return user -> (x, y) of one LEAF document, every contradiction refused."""
    document = _json(content, label)
    data = document.get("user_data") if isinstance(document, dict) else None
    users = document.get("users") if isinstance(document, dict) else None
    if not isinstance(data, dict) or not isinstance(users, list):
        raise UploadError(
            f'{label} is not LEAF JSON: it needs "users", "num_samples" and "user_data". '
            "Export the clients in LEAF's format."
        )
    if len(users) != len(data) or {str(user) for user in users} != set(data):
        odd = sorted({str(user) for user in users} ^ set(data))[:3] or ["a repeated name"]
        raise UploadError(
            f"{label}: users and user_data disagree ({', '.join(map(plain_name, odd))}). "
            "Export both from the same run."
        )
    if not all(map(_is_text, data)):
        raise UploadError(
            f"{label}: a user's name holds half a character (an unpaired surrogate), which no text "
            "has. Rename that user and export the clients again."
        )
    samples = {str(user): _samples(data[str(user)], str(user)) for user in users}
    _check_counts(document.get("num_samples"), samples, label)
    return samples


def _is_text(name: str) -> bool:
    """Tell whether the name can be stored: JSON's \\ud800 alone is no character."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _json(content: memoryview, label: str) -> Any:
    try:
        return json.loads(str(content, "utf-8-sig"), parse_constant=_refuse_constant)
    except RecursionError as error:
        raise UploadError(
            f"{label} is nested far too deeply to be LEAF JSON. Export it again."
        ) from error
    except ValueError as error:
        raise UploadError(
            f"{label} is no valid JSON ({plain_name(str(error), longest=80)}). Export it again."
        ) from error


def _refuse_constant(text: str) -> NoReturn:
    raise UploadError(
        f"The file contains {text}, which is no number. Replace it and upload the file again."
    )


def _check_counts(counts: Any, samples: Users, label: str) -> None:
    if counts is None:
        return
    if counts != [len(y) for _, y in samples.values()]:
        raise UploadError(
            f"{label}: num_samples disagrees with the samples that are there. Export it again."
        )


def _samples(entry: Any, user: str) -> tuple[np.ndarray, np.ndarray]:
    shown = plain_name(user)
    x, y = (entry.get(key) if isinstance(entry, dict) else None for key in "xy")
    if not isinstance(x, list) or not isinstance(y, list) or len(x) != len(y):
        raise UploadError(
            f"The client {shown} needs a list x and a list y of the same length. Export it again."
        )
    if not x:
        return np.empty((0, 0), np.float32), np.empty(0, np.int64)
    return _features(x, shown), _labels(y, shown)


def _features(x: list[Any], shown: str) -> np.ndarray:
    try:
        features = np.array(x, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise UploadError(
            f"The samples of client {shown} are ragged or no numbers. "
            "Every sample must be a list of the same number of numbers."
        ) from error
    if features.ndim < 2 or features.size == 0 or math.prod(features.shape[1:]) > 1_000_000:
        raise UploadError(
            f"The samples of client {shown} have the shape {features.shape[1:]}. "
            "Every sample must be a list of the same number of numbers."
        )
    with np.errstate(over="ignore"):
        converted = features.astype(np.float32)
    if not np.isfinite(converted).all():
        raise UploadError(
            f"The samples of client {shown} contain NaN or infinite values. Replace them."
        )
    return converted


def _labels(y: list[Any], shown: str) -> np.ndarray:
    try:
        labels = np.array(y, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise UploadError(
            f"The labels of client {shown} are no numbers. Number the classes from 0."
        ) from error
    is_class = labels.ndim == 1 and (labels == np.floor(labels)).all() and (labels >= 0).all()
    if not is_class or labels.max() >= 10_000:
        raise UploadError(
            f"The labels of client {shown} are not class numbers from 0. Number the classes from 0."
        )
    return labels.astype(np.int64)


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
