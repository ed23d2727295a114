"""Lines 95-99: LEAF's JSON of client data."""

import json

import numpy as np

from tests.inputs.build import tar_gz, zipped
from tests.inputs.case import Case


def document(**changed):
    good = {
        "users": ["ann", "bob"],
        "num_samples": [3, 2],
        "user_data": {
            "ann": {"x": [[1, 2], [3, 4], [5, 6]], "y": [0, 1, 0]},
            "bob": {"x": [[7, 8], [9, 10]], "y": [1, 1]},
        },
    }
    return json.dumps(good | changed).encode()


def bob(x, y):
    return {"ann": {"x": [[1, 2]] * 3, "y": [0, 1, 0]}, "bob": {"x": x, "y": y}}


def both_kept(result):
    return result.users == ("ann", "bob") and [len(c[1]) for c in result.clients] == [3, 2]


def case(line, what, content, refused="", **more):
    return Case(line, what, content, refused, reader="leaf", name="data.json", **more)


def _only(user):
    return {user: {"x": [[1, 2], [3, 4]], "y": [0, 1]}}


def packed(**names):
    """Return a zip of Ann's and Bob's samples (as train), and of Ann's alone (as test)."""
    contents = {
        "train": document(),
        "test": document(users=["ann"], user_data=_only("ann"), num_samples=[2]),
    }
    return lambda: zipped({name: contents[part] for part, name in names.items()})


def both_parts(result):
    return [[len(c[i]) for i in (1, 3)] for c in result.clients] == [[3, 2], [2, 0]]


CASES = [
    case("95", "good", document, holds=both_kept),
    case("95", "user without data", lambda: document(users=["ann", "bob", "eve"]), "disagree .eve"),
    case("95", "data without user", lambda: document(users=["ann"]), "disagree .bob"),
    case("95", "user twice", lambda: document(users=["ann", "ann"]), "disagree"),
    case("95", "counts", lambda: document(num_samples=[3, 9]), "num_samples disagrees"),
    case("95", "not LEAF", lambda: b'{"a": 1}', "not LEAF JSON"),
    case(
        "95",
        "x longer than y",
        lambda: document(user_data=bob([[1, 2], [3, 4]], [1]), num_samples=None),
        "client bob needs a list x and a list y of the same length",
    ),
    case("95", "byte order mark", lambda: b"\xef\xbb\xbf" + document(), holds=both_kept),
    case(
        "95",
        "user who is half a character",
        lambda: document().replace(b"bob", b"\\ud800"),
        "a user's name holds half a character",
    ),
    *(
        case("95", f"parts in {what}", packed(train=train, test=test), holds=both_parts)
        for what, train, test in (
            ("a folder with test in a word", "latest/train/a.json", "latest/test/a.json"),
            ("a folder called test", "test/train/a.json", "test/test/a.json"),
            ("train and validation", "contest/train/a.json", "contest/validation/a.json"),
            ("file names", "latest_train_9.json", "latest_test_9.json"),
            ("file names of FedProx", "mytrain.json", "mytest.json"),
        )
    ),
    case(
        "95",
        "only test within a word",
        packed(train="latest/contest.json"),
        holds=both_kept,
    ),
    case("96", "ragged", lambda: document(user_data=bob([[1], [2, 3]], [0, 1])), "bob are ragged"),
    case("96", "texts", lambda: document(user_data=bob(["ab", "cd"], [0, 1])), "bob are ragged"),
    case(
        "96",
        "another number of features",
        lambda: document(user_data=bob([[1], [2]], [0, 1])),
        "samples of different lengths",
    ),
    case("96", "labels", lambda: document(user_data=bob([[1, 2], [3, 4]], [-1, 0.5])), "labels of"),
    case("97", "NaN", lambda: document().replace(b"10]", b"NaN]"), "contains NaN, which is no"),
    case("97", "Infinity", lambda: document().replace(b"10]", b"-Infinity]"), "contains -Infinity"),
    case("97", "overflow", lambda: document().replace(b"10]", b"1e999]"), "NaN or infinite"),
    case("98", "brackets", lambda: b'{"users": ' + b"[" * 30_000_000, "nested far too deeply"),
    case("98", "bare brackets", lambda: b"[" * 30_000_000, "nested far too deeply"),
    case("98", "truncated", lambda: document()[:-9], "no valid JSON"),
    case(
        "99",
        "client without samples",
        lambda: document(user_data=bob([], []), num_samples=[3, 0]),
        noted="1 client without training samples, kept out: bob",
        holds=lambda r: r.users == ("ann",),
    ),
    case(
        "99",
        "nobody has samples",
        lambda: document(
            user_data={u: {"x": [], "y": []} for u in ("ann", "bob")}, num_samples=[0, 0]
        ),
        "No client has any samples",
    ),
    case(
        "99",
        "client only in the test file",
        lambda: zipped(
            {
                "train/a.json": document(users=["ann"], user_data=_only("ann"), num_samples=[2]),
                "test/a.json": document(users=["eve"], user_data=_only("eve"), num_samples=[2]),
            }
        ),
        noted="1 client only in the test file, kept out: eve",
        holds=lambda r: [len(r.clients[0][i]) for i in (1, 3)] == [2, 0],
    ),
    case(
        "99",
        "only an empty client in the test file",
        lambda: zipped(
            {
                "train/a.json": document(),
                "test/a.json": document(
                    users=["ann"], user_data={"ann": {"x": [], "y": []}}, num_samples=[0]
                ),
            }
        ),
        holds=lambda r: [c[2].shape for c in r.clients] == [(0, 2), (0, 2)],
    ),
    case(
        "99",
        "train and test in a tar",
        lambda: tar_gz({"data/train/a.json": document(), "data/test/a.json": document()}),
        holds=lambda r: (
            both_kept(r)
            and np.array_equal(r.clients[1][2], np.array([[7, 8], [9, 10]], np.float32))
        ),
    ),
]
