"""What a LEAF document or archive says, read in the limited child process: users' x and y."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from core.archives import archive
from core.archives.child import Source
from core.errors import UploadError
from core.names import plain_name
from core.text import plural

# What a folder or a word of a file name says of the samples; LEAF's test is our validation.
PARTS = {
    **dict.fromkeys(("train", "training", "mytrain"), "train"),  # FedProx's are mytrain, mytest
    **dict.fromkeys(("test", "testing", "mytest", "val", "validation", "eval"), "test"),
}
Users = dict[str, tuple[np.ndarray, np.ndarray]]  # user -> (x, y)


def parse(source: Source) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: return ({users by part, notes}, x, y and offsets by part).

    Raises UploadError for a client in two files.
    """
    notes: list[str] = []
    users: dict[str, list[str]] = {}
    arrays: dict[str, np.ndarray] = {}
    for part, contents in _documents(source, notes).items():
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
    return {"users": users, "notes": notes}, arrays


def _documents(source: Source, notes: list[str]) -> dict[str, list[tuple[str, memoryview]]]:
    """Return part -> (label, JSON text) of the file itself or of an archive's members.

    Where files say that they are for training, those that say nothing are left out: LEAF keeps
    all_data and sampled_data, from which it made train and test, beside them.
    """
    packed = archive.unpack(source)
    if packed is None:
        return {"train": [("The file", memoryview(source.read()))]}
    documents = [m for m in packed.members if m.name.lower().endswith(".json")]
    parts = {member.name: _part(member.name.lower()) for member in documents}
    if "train" not in parts.values():
        parts = {name: part or "train" for name, part in parts.items()}
    found: dict[str, list[tuple[str, memoryview]]] = {}
    for member in documents:
        if part := parts[member.name]:
            found.setdefault(part, []).append((member.shown, member.content))
    if "train" not in found:
        raise UploadError(
            "The archive holds no training JSON. Pack train/….json and test/….json as LEAF does."
        )
    left = [member for member in documents if not parts[member.name]]
    if left:
        folders = sorted({"/".join(member.parts[:-1]) or member.shown for member in left})
        notes.append(
            f"Skipped {plural(len(left), 'file')} that are neither in train nor in test: "
            f"{', '.join(map(plain_name, folders[:10]))}."
        )
    return dict(sorted(found.items(), reverse=True))


def _part(name: str) -> str | None:
    """Return "train", "test" or None: by the innermost folder named so, else by the file."""
    *folders, file = name.split("/")
    words = re.findall("[a-z]+", file)
    told = [PARTS[word] for word in (*reversed(folders), *reversed(words)) if word in PARTS]
    return told[0] if told else None


def check_alike(filled: Sequence[np.ndarray]) -> None:
    """Raise UploadError when samples of two clients differ in shape; filled: none is empty."""
    shapes = {x.shape[1:] for x in filled}
    if len(shapes) > 1:
        raise UploadError(
            f"Clients have samples of different lengths ({sorted(shapes)[:3]}). "
            "Export all clients with the same features."
        )


def _joined(part: str, samples: Users) -> dict[str, np.ndarray]:
    filled = [x for x, y in samples.values() if len(y)]
    check_alike(filled)
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


def _numbers(values: list[Any], refusal: str) -> np.ndarray:
    try:
        return np.array(values, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise UploadError(refusal) from error


def _features(x: list[Any], shown: str) -> np.ndarray:
    features = _numbers(
        x,
        f"The samples of client {shown} are ragged or no numbers. "
        "Every sample must be a list of the same number of numbers.",
    )
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
    labels = _numbers(y, f"The labels of client {shown} are no numbers. Number the classes from 0.")
    is_class = labels.ndim == 1 and (labels == np.floor(labels)).all() and (labels >= 0).all()
    if not is_class or labels.max() >= 10_000:
        raise UploadError(
            f"The labels of client {shown} are not class numbers from 0. Number the classes from 0."
        )
    return labels.astype(np.int64)
