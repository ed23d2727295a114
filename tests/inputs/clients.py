"""Lines 95-99 and 131-133: LEAF's JSON of client data."""

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
    return result.users == ("ann", "bob") and [len(c[1]) + len(c[3]) for c in result.clients] == [
        3,
        2,
    ]


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


def clients_of(counts, lowest=0, users="abcdefgh"):
    """Return a document of clients with so many samples each, labels going round three classes."""
    samples = {
        user: {"x": [[n, 1] for n in range(count)], "y": [lowest + n % 3 for n in range(count)]}
        for user, count in zip(users, counts, strict=False)
    }
    return json.dumps(
        {"users": list(samples), "num_samples": counts, "user_data": samples}
    ).encode()


LINES = {"131", "132", "133"}
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
    case("96", "texts", lambda: document(user_data=bob(["ab", "cd"], [0, 1])), "bob are texts"),
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
        "nobody at all",
        lambda: document(users=[], user_data={}, num_samples=[]),
        "No client has any samples",
    ),
    case(
        "99",
        "nobody in the test file",
        lambda: zipped(
            {
                "train/a.json": document(),
                "test/a.json": document(users=[], user_data={}, num_samples=[]),
            }
        ),
        noted="Warning: no client has both training and test samples.",
        holds=lambda r: r.users == ("ann", "bob"),
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
        noted="1 client only in the test file, kept out: eve. Warning: no client has both training",
        holds=lambda r: [len(r.clients[0][i]) for i in (1, 3)] == [1, 1],
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
        noted="no client has both training and test samples.*from a tenth of their samples",
        holds=lambda r: [c[2].shape for c in r.clients] == [(1, 2), (1, 2)],
    ),
    case(
        "99",
        "train and test in a tar",
        lambda: tar_gz({"data/train/a.json": document(), "data/test/a.json": document()}),
        holds=lambda r: (
            [len(c[1]) for c in r.clients] == [3, 2]
            and np.array_equal(r.clients[1][2], np.array([[7, 8], [9, 10]], np.float32))
        ),
    ),
    *(
        case(
            "131",
            f"{count} samples of a client",
            lambda count=count: clients_of([count, 20]),
            noted="All 2 clients are validated, from a tenth of their samples, at least one",
            holds=lambda r, held=held: [len(c[3]) for c in r.clients] == [held, 2],
        )
        for count, held in ((2, 1), (3, 1), (9, 1), (10, 1), (19, 1), (20, 2))
    ),
    case(
        "131",
        "clients with a single sample",
        lambda: clients_of([1, 2, 12, 1]),
        noted="Warning: only 2 of 4 clients are validated, .*the others have a single sample",
        holds=lambda r: [len(c[3]) for c in r.clients] == [0, 1, 1, 0],
    ),
    case(
        "131",
        "clients without test samples",
        packed(train="train/a.json", test="test/a.json"),
        noted="Warning: only 1 of 2 clients are validated, from their test samples; the others",
    ),
    *(
        case(
            "132",
            f"labels from {lowest}",
            lambda lowest=lowest: zipped(
                {
                    "train/a.json": clients_of([6, 6], lowest + 1, users="ab"),
                    "test/a.json": clients_of([4, 5], lowest, users="ab"),
                }
            ),
            noted=f"Warning: the labels go from {lowest} to {lowest + 3}; they were renumbered",
            holds=lambda r: (
                {int(y) for c in r.clients for i in (1, 3) for y in c[i]} == {0, 1, 2, 3}
            ),
        )
        for lowest in (1, 2, 5)
    ),
    case(
        "132",
        "labels with a gap but a zero",
        lambda: document(user_data=bob([[1, 2], [3, 4]], [5, 5]), num_samples=None),
        holds=lambda r: {int(y) for c in r.clients for i in (1, 3) for y in c[i]} == {0, 1, 5},
    ),
    *(
        case(
            "133",
            f"LEAF's whole data folder {number}",
            lambda names=names: zipped(
                {
                    names[0]: document(),
                    names[1]: document(),
                    names[2]: document(),
                    names[3]: document(users=["ann"], user_data=_only("ann"), num_samples=[2]),
                }
            ),
            noted="Skipped 2 files that are neither in train nor in test: all_data, sampled_data",
            holds=both_parts,
        )
        for number, names in enumerate(
            (
                (
                    "data/all_data/all_data_0.json",
                    "data/sampled_data/all_data_niid_05.json",
                    "data/train/all_data_niid_05_keep_0_train_9.json",
                    "data/test/all_data_niid_05_keep_0_test_9.json",
                ),
                (
                    "synthetic/data/all_data/data.json",
                    "synthetic/data/sampled_data/sampled.json",
                    "synthetic/data/train/data.json",
                    "synthetic/data/test/data.json",
                ),
            )
        )
    ),
    case(
        "133",
        "other JSON beside train and test",
        lambda: zipped({"train/a.json": document(), "meta/config.json": b"{}"}),
        noted="Skipped 1 file .* in train nor in test: meta",
        holds=both_kept,
    ),
]
