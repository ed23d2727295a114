"""What a LEAF document or archive says, read in the limited child process: users' x and y."""

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from core.archives import archive
from core.archives.child import Source
from core.archives.members import Member
from core.data.uploads.leaf_samples import samples_of
from core.errors import UploadError
from core.names import plain_name
from core.text import plural

# What a folder or a word of a name says of the samples; LEAF's test is our validation, and
# files for validation are preferred to it.
TRAIN, TEST, VALIDATION = "train", "test", "validation"
PARTS = {
    **dict.fromkeys(("train", "training", "trainset", "traindata"), TRAIN),
    **dict.fromkeys(("test", "testing", "testset", "testdata"), TEST),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev"), VALIDATION),
    **dict.fromkeys(("eval", "evaluation", "holdout"), VALIDATION),
    **{"mytrain": TRAIN, "mytest": TEST},  # FedProx's
}


class NoClientsError(UploadError):
    """JSON, but nothing of LEAF's."""


Users = dict[str, tuple[np.ndarray, np.ndarray]]  # user -> (x, y)


def parse(source: Source) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: return ({users by part, notes}, x, y and offsets by part).

    Raises UploadError for a client in two files.
    """
    notes: list[str] = []
    users: dict[str, list[str]] = {}
    arrays: dict[str, np.ndarray] = {}
    for part, contents in _documents(source, notes).items():
        samples = _together(contents, notes)
        users[part] = list(samples)
        arrays |= _joined(part, samples)
    return {"users": users, "notes": notes}, arrays


def _together(contents: Sequence[tuple[str, memoryview]], notes: list[str]) -> Users:
    """Return the users of some documents; other JSON beside them is left out and named."""
    samples: Users = {}
    others: dict[str, NoClientsError] = {}
    for label, content in contents:
        try:
            found = _users(content, label)
        except NoClientsError as error:
            others[label] = error
            continue
        for user, xy in found.items():
            if user in samples:
                raise UploadError(
                    f"The client {plain_name(user)} appears in two files. Leave one out, or call "
                    "their folders train and test."
                )
            samples[user] = xy
    if len(others) == len(contents):
        raise UploadError(str(next(iter(others.values()))))
    if others:
        shown = ", ".join(list(others)[:10])
        notes.append(f"Skipped {plural(len(others), 'JSON file')} without clients: {shown}.")
    return samples


def _documents(source: Source, notes: list[str]) -> dict[str, list[tuple[str, memoryview]]]:
    """Return part -> (label, JSON text) of the file itself or of an archive's members.

    Where files say that they are for training, those that say nothing are left out: LEAF keeps
    all_data and sampled_data, from which it made train and test, beside them.
    """
    packed = archive.unpack(source)
    if packed is None:
        return {TRAIN: [("The file", memoryview(source.read()))]}
    documents = [m for m in packed.members if m.name.lower().endswith(".json")]
    parts = {member.name: _part(member.name.lower()) for member in documents}
    if TRAIN not in parts.values():
        parts = {name: part or TRAIN for name, part in parts.items()}
    by_part: dict[str | None, list[Member]] = {}
    for member in documents:
        by_part.setdefault(parts[member.name], []).append(member)
    if TRAIN not in by_part:
        raise UploadError(
            "The archive holds no training JSON. Pack train/….json and test/….json as LEAF does."
        )
    if VALIDATION in by_part and TEST in by_part:
        left = by_part.pop(TEST)
        notes.append(
            f"The validation accuracy comes from {_where(by_part[VALIDATION])}; {_where(left)} "
            f"({plural(len(left), 'file')}) was left out."
        )
    if None in by_part:
        left = by_part.pop(None)
        notes.append(
            f"Skipped {plural(len(left), 'file')} that are neither in train nor in test: "
            f"{_where(left)}."
        )
    held = by_part.pop(VALIDATION, None) or by_part.get(TEST)
    kept = {TRAIN: by_part[TRAIN]} | ({TEST: held} if held else {})
    return {
        part: [(each.shown, each.content) for each in members] for part, members in kept.items()
    }


def _where(members: Sequence[Member]) -> str:
    """Return the folders of some files, or the files that lie in none."""
    folders = sorted({"/".join(member.parts[:-1]) or member.shown for member in members})
    return ", ".join(map(plain_name, folders[:10]))


def _part(name: str) -> str | None:
    """Return what a path says of its samples, None if nothing.

    The innermost folder that is called so decides, else the last word of the file's name, else of
    its folders' names.
    """
    *folders, file = name.split("/")
    words = [re.findall("[a-z]+", each) for each in (file, *reversed(folders))]
    told = (*reversed(folders), *(word for of_one in words for word in reversed(of_one)))
    return next((PARTS[word] for word in told if word in PARTS), None)


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
        raise NoClientsError(
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
    samples = {str(user): samples_of(data[str(user)], str(user)) for user in users}
    _check_counts(document.get("num_samples"), samples, label)
    return samples


def _is_text(name: str) -> bool:
    """Tell whether the name can be stored: JSON's \\ud800 alone is no character."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _json(content: memoryview, label: str) -> Any:
    try:
        encoding = json.detect_encoding(bytes(content[:4]))  # Windows writes UTF-16 as well
        return json.loads(
            str(content, encoding),
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_repetition,
        )
    except RecursionError as error:
        raise UploadError(
            f"{label} is nested far too deeply to be LEAF JSON. Export it again."
        ) from error
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            raise UploadError(
                f"{label} holds several JSON documents, one after the other. Join the clients into "
                "one document, or pack one file a document as .zip."
            ) from error
        where = f"{plain_name(error.msg, longest=60)}, in line {error.lineno}"
        raise UploadError(f"{label} is no valid JSON ({where}). Export it again.") from error
    except ValueError as error:  # bytes that are no text
        raise UploadError(f"{label} is no valid JSON in UTF-8. Export it again.") from error


def _refuse_constant(text: str) -> NoReturn:
    raise UploadError(
        f"The file contains {text}, which is no number. Replace it and upload the file again."
    )


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's entries; of two of one name, JSON's reader would drop the first."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise UploadError(
                f"The file has the entry {plain_name(name)} twice in one place. Export it again."
            )
        found[name] = value
    return found


def _check_counts(counts: Any, samples: Users, label: str) -> None:
    if counts is None:
        return
    if isinstance(counts, dict):  # by user instead of in their order
        counts = [counts.get(user) for user in samples]
    there = [len(y) for _, y in samples.values()]
    if counts == there or (isinstance(counts, list) and counts == list(map(str, there))):
        return
    told = counts if isinstance(counts, list) and len(counts) == len(there) else []
    of_one = [
        f" (client {plain_name(user)}: {str(said)[:20]} instead of {count})"
        for user, said, count in zip(samples, told, there, strict=False)
        if said != count
    ]
    raise UploadError(
        f"{label}: num_samples disagrees with the samples that are there{''.join(of_one[:1])}. "
        "Export it again."
    )
