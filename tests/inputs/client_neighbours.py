"""Line 134: neighbours of 95-99 and 131-133, as strangers' exporters write clients."""

from tests.inputs.build import zipped
from tests.inputs.clients import bob, both_kept, case, clients_of, document

LINES = {"134"}


def labelled(*labels):
    """Return a document whose clients have these labels, in turn, on samples of their own."""
    samples = {
        user: {
            "x": [[n, start] for n in range(6)],
            "y": [labels[n % len(labels)] for n in range(6)],
        }
        for start, user in enumerate(("ann", "bob"))
    }
    return document(user_data=samples, num_samples=None)


def known(*labels):
    """Return a look at clients: these labels are there, trained on or validated."""
    return lambda r: {int(y) for c in r.clients for i in (1, 3) for y in c[i]} == set(labels)


def parted(**names):
    """Return a zip of the same clients in parts, the first one larger; names: path by part."""
    return zipped(
        {
            path: clients_of([6 - 2 * n, 8 - 2 * n], users="ab")
            for n, path in enumerate(names.values())
        }
    )


def of_sizes(*held):
    return lambda r: [[len(c[i]) for i in (1, 3)] for c in r.clients] == [list(h) for h in held]


ANN_TWICE = document().replace(b'"bob": {"x"', b'"ann": {"x"')
UNSEEN = {
    "train/a.json": clients_of([6, 6], users="ab"),
    "test/a.json": document(
        users=["a", "b"],
        num_samples={"a": 1, "b": 0},
        user_data={"a": {"x": [[9, 9]], "y": [4]}, "b": {"x": [], "y": []}},
    ),
}
CASES = [
    *(
        case(
            "134",
            f"labels {list(labels)}",
            lambda own=labels: labelled(*own),
            noted=noted,
            holds=holds,
        )
        for labels, noted, holds in (
            ((0, 4), "no sample has the labels 1, 2, 3. The network has 5 outputs", known(0, 4)),
            ((0, 1, 3), "no sample has the label 2. The network has 4 outputs", known(0, 1, 3)),
            ((0, 9000), r"labels 1, 2, .*10, …\. .* 9,001 outputs", known(0, 9000)),
            (([1, 0], [0, 1]), "", known(0, 1)),
            (([0], [1]), "", known(0, 1)),
            (("0", "1"), "", known(0, 1)),
            ((True, False), "", known(0, 1)),
        )
    ),
    *(
        case("134", f"labels {list(labels)} refused", lambda own=labels: labelled(*own), refused)
        for labels, refused in (
            ((3, 3), "belong to one class, so there is nothing to tell apart"),
            ((-1, 1), r"client ann are not class numbers from 0 .found -1.\. Number"),
            (("cat", "dog"), "client ann are no numbers .found _cat_."),
            ((0.25, 1), "not class numbers from 0 .found 0.25."),
            (([0.5, 0.5], [1, 0]), "not class numbers from 0 .found _0.5, 0.5_."),
            ((0, None), "not class numbers from 0 .found null."),
            ((0, 20_000), "go up to 20,000; at most 10,000 classes"),
        )
    ),
    *(
        case(
            "134", f"samples that are {what}", lambda x=x: document(user_data=bob(x, [0, 1])), said
        )
        for what, x, said in (
            (
                "lists of texts",
                [["id", "date"], ["id", "date"]],
                "bob are texts; clients are trained",
            ),
            ("single numbers", [1, 2], "bob are single numbers"),
            ("empty", [[], []], "bob are empty"),
            ("null", [[1, None], [1, 2]], "bob contain null, NaN or infinite"),
        )
    ),
    *(
        case(
            "134",
            f"num_samples as {what}",
            lambda n=counts: document(num_samples=n),
            holds=both_kept,
        )
        for what, counts in (
            ("an object", {"bob": 2, "ann": 3}),
            ("texts", ["3", "2"]),
            ("floats", [3.0, 2.0]),
        )
    ),
    case(
        "134",
        "num_samples that says whose are missing",
        lambda: document(num_samples=[3, 9]),
        r"num_samples disagrees .* \(client bob: 9 instead of 2\)",
    ),
    case("134", "hierarchies", lambda: document(hierarchies=["h", "h"]), holds=both_kept),
    case(
        "134",
        "users that are numbers",
        lambda: (
            document()
            .replace(b'["ann", "bob"]', b"[1, 2]")
            .replace(b'"ann"', b'"1"')
            .replace(b'"bob"', b'"2"')
        ),
        holds=lambda r: r.users == ("1", "2"),
    ),
    case(
        "134",
        "a user twice in user_data",
        lambda: ANN_TWICE,
        "has the entry ann twice in one place",
    ),
    case("134", "UTF-16", lambda: document().decode().encode("utf-16"), holds=both_kept),
    case("134", "Latin-1", lambda: document().replace(b"bob", b"b\xf6b"), "no valid JSON in UTF-8"),
    case("134", "lines", lambda: document() + b"\n" + document(), "holds several JSON documents"),
    *(
        case(
            "134",
            f"parts called {names['train']} and {names['test']}",
            lambda n=names: parted(**n),
            holds=of_sizes((6, 4), (8, 6)),
        )
        for names in (
            {"train": "train_data/a.json", "test": "test_data/a.json"},
            {"train": "d/data-train/a.json", "test": "d/data-test/a.json"},
            {"train": "trainset/a.json", "test": "testset/a.json"},
            {"train": "trainData.json", "test": "testData.json"},
            {"train": "train/a.json", "test": "valid/a.json"},
            {"train": "train/a.json", "test": "dev/a.json"},
            {"train": "TRAIN/A.JSON", "test": "HOLDOUT/A.JSON"},
            {"train": "d\\train\\a.json", "test": "d\\test\\a.json"},
        )
    ),
    case(
        "134",
        "train, val and test",
        lambda: parted(train="train/a.json", val="val/a.json", test="test/a.json"),
        noted=r"validation accuracy comes from val; test \(1 file\) was left out",
        holds=of_sizes((6, 4), (8, 6)),
    ),
    case(
        "134",
        "the same clients in folders of no meaning",
        lambda: parted(one="tr/a.json", two="te/a.json"),
        "appears in two files. Leave one out, or call their folders train and test",
    ),
    case(
        "134",
        "the same file for training and testing",
        lambda: zipped({"train/a.json": document(), "test/a.json": document()}),
        noted="5 of 5 validation samples equal a training sample of the same client",
    ),
    case(
        "134",
        "a class that only the test shows",
        lambda: zipped(UNSEEN),
        noted="no sample has the label 3.*include the label 4, which no client trains on",
    ),
    case(
        "134",
        "other JSON beside the clients",
        lambda: zipped({"a.json": document(), "args.json": b'{"rate": 1}'}),
        noted="Skipped 1 JSON file without clients: args.json",
        holds=both_kept,
    ),
    case(
        "134",
        "a single client",
        lambda: clients_of([10], users="a"),
        noted="The client is validated, from a tenth of its samples",
        holds=of_sizes((9, 1)),
    ),
    case(
        "134",
        "two thousand clients",
        lambda: clients_of([2] * 2000, users=[f"u{n}" for n in range(2000)]),
        noted="All 2,000 clients are validated",
        holds=of_sizes(*[(1, 1)] * 2000),
    ),
    case(
        "134",
        "images as samples",
        lambda: document(
            user_data=bob([[[1, 2], [3, 4]]] * 2, [0, 1])
            | {"ann": {"x": [[[5, 6], [7, 8]]] * 3, "y": [0, 1, 0]}}
        ),
        holds=lambda r: r.clients[0][0].shape[1:] == (2, 2),
    ),
]
