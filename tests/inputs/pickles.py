"""Lines 31-45b: what pretends to be four pickled arrays."""

import os
import pickle
import struct
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.archives.limits import LIMITS
from tests.inputs import build
from tests.inputs.build import with_pickle
from tests.inputs.case import Case

MARKER = Path(tempfile.gettempdir()) / f"pareto-lab-was-run-{os.getpid()}"


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.parts = function, arguments

    def __reduce__(self):
        return self.parts


def called(function, *arguments):
    return lambda: with_pickle(pickle.dumps(Call(function, *arguments)))


def named(module, name, *arguments):
    """Return a protocol-2 pickle that calls module.name with texts, imported nowhere here."""
    texts = b"".join(b"X" + struct.pack("<I", len(a)) + a.encode() for a in arguments)
    content = b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"(" + texts + b"tR."
    return lambda: with_pickle(content)


def raw(content):
    return lambda: with_pickle(b"\x80\x04" + content)


def numpy1(value):
    """Return a protocol-2 pickle with the module names of NumPy 1."""
    content = pickle.dumps(value, protocol=2)
    return content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def python2(array):
    """Return the pickle that Python 2 wrote: byte strings instead of encoded texts."""
    shape = b"(" + b"".join(b"J" + struct.pack("<i", side) for side in array.shape) + b"t"
    data = array.tobytes()
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87R"
        b"(K\x01" + shape + b"cnumpy\ndtype\nq\x03U\x02u1K\x00K\x01\x87R"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + struct.pack("<i", len(data)) + data + b"tb."
    )


def declared(shape, data=b""):
    """Return the pickle of a uint8 array that declares a shape and holds `data`."""
    small = np.zeros((2, 1), np.uint8)
    content = pickle.dumps(small, protocol=2)
    before, after = b"K\x02K\x01\x86", b"(" + b"".join(_long(s) for s in shape) + b"t"
    assert content.count(before) == 1
    return content.replace(before, after)


def _long(value):
    return b"\x8a\x08" + value.to_bytes(8, "little")


def laughs(levels):
    """Return nested lists of ten references each: 10 ** levels numbers in a few bytes."""
    content = b"]q\x00(" + b"K\x01" * 10 + b"e"
    for level in range(levels):
        memo = struct.pack("<B", level)
        content += b"0]q" + struct.pack("<B", level + 1) + b"(" + (b"h" + memo) * 10 + b"e"
    return content + b"."


def nested_lists(**changed):
    lists = {name: value.tolist() for name, value in build.arrays().items()}
    return build.tar_gz({f"{n}.pkl": pickle.dumps(v) for n, v in (lists | changed).items()})


def permuted(array):
    """Return the same array as PyTorch's permute leaves it: its channels lie first in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, -1, -3)), -3, -1)


UNEVEN = build.images()


def permuted_list():
    lists = {name: list(value) for name, value in build.arrays(train_images=UNEVEN).items()}
    lists["train_images"] = [permuted(image) for image in UNEVEN]
    return build.tar_gz({f"{n}.pkl": pickle.dumps(v, 5) for n, v in lists.items()})


def with_axes(axes):
    """Return a protocol 5 pickle whose axes of transposition are any four opcodes."""
    content = pickle.dumps(permuted(UNEVEN), 5)
    before = b"(K\x00K\x02K\x03K\x01t"
    assert content.count(before) == 1
    return lambda: with_pickle(content.replace(before, b"(" + axes + b"t"))


def same_as_uneven(data):
    return np.array_equal(data.train.images, UNEVEN)


def same_as_arrays(data):
    return data.train.images.shape == (12, 6, 5, 3) and data.train.images.dtype == np.uint8


REFUSED_NAME = "asks for .*which is not an array. Nothing in it was run"

CASES = [
    Case("31", "os system", called(os.system, f"touch {MARKER}"), REFUSED_NAME),
    Case("31", "posix system by name", named("posix", "system", f"touch {MARKER}"), REFUSED_NAME),
    Case("31", "subprocess", named("subprocess", "call", "touch", str(MARKER)), REFUSED_NAME),
    Case("32", "eval", called(eval, f"open({str(MARKER)!r}, 'w')"), REFUSED_NAME),
    Case("32", "exec", called(exec, f"open({str(MARKER)!r}, 'w')"), REFUSED_NAME),
    Case("32", "getattr", named("builtins", "getattr", "a", "b"), REFUSED_NAME),
    Case("32", "import", named("builtins", "__import__", "os"), REFUSED_NAME),
    Case("32", "dotted name", named("numpy", "ndarray.__init__", "x"), REFUSED_NAME),
    Case("33", "f2py", named("numpy.f2py", "compile", "x"), REFUSED_NAME),
    Case("33", "numpy load", named("numpy", "load", "x"), REFUSED_NAME),
    Case(
        "33", "numpy testing", named("numpy.testing._private.utils", "runstring", "x"), REFUSED_NAME
    ),
    Case("34", "extension code 1", raw(b"\x82\x01."), "instruction 0x82"),
    Case("34", "extension code 2", raw(b"\x83\x01\x00."), "instruction 0x83"),
    Case("34", "extension code 4", raw(b"\x84\x01\x00\x00\x00."), "instruction 0x84"),
    Case("35", "nested loads", called(pickle.loads, pickle.dumps([1])), REFUSED_NAME),
    Case(
        "36",
        "object array",
        lambda: build.course(train_images=np.array([None, {}], dtype=object)),
        "holds Python objects",
    ),
    Case(
        "36",
        "labels that are texts as objects",
        lambda: build.course(train_labels=np.array(["ant", "bee", "cow"] * 4, dtype=object)),
        r"train_labels.pkl holds Python objects .O8.*labels.astype\(str\)",
    ),
    Case(
        "47",
        "labels that are texts converted as advised",
        lambda: build.course(
            train_labels=np.array(["ant", "bee", "cow"] * 4, dtype=object).astype(str),
            val_labels=np.array(["ant", "bee", "cow"] * 2, dtype=object).astype(str),
        ),
        holds=lambda d: d.class_names == ("ant", "bee", "cow"),
    ),
    Case(
        "36",
        "structured array",
        lambda: build.course(train_images=np.zeros(3, dtype=[("a", "u1")])),
        "instead of|structured|unusual element type",
    ),
    Case("37", "huge byte string", raw(b"\x8e" + struct.pack("<Q", 1 << 40) + b"x."), "cut short"),
    Case("37", "huge text", raw(b"\x8d" + struct.pack("<Q", 1 << 40) + b"x."), "cut short"),
    Case("37", "huge byte array", raw(b"\x96" + struct.pack("<Q", 1 << 63) + b"x."), "cut short"),
    Case("37", "negative length", raw(b"T" + struct.pack("<i", -5) + b"x."), "cut short"),
    Case("38", "memo index", raw(b"]r" + struct.pack("<I", 1 << 30) + b"."), "places in memory"),
    Case("39", "billion laughs", lambda: with_pickle(b"\x80\x02" + laughs(9)), "nested more than"),
    Case(
        "39",
        "laughs at an allowed depth",
        lambda: with_pickle(b"\x80\x02" + laughs(4)),
        "expands to 100,000 numbers",
        limits=replace(LIMITS, unpacked_bytes=500_000),
    ),
    Case("39", "a list that holds itself", raw(b"]q\x00h\x00a."), "contains itself"),
    Case(
        "40", "a million levels", raw(b"]" * 1_000_000 + b"a" * 999_999 + b"."), "nested more than"
    ),
    Case("40", "a million marks", raw(b"(" * 1_000_000 + b"."), "damaged or cut short"),
    Case("40", "a million tuples", raw(b")" + b"\x85" * 1_000_000 + b"."), "nested more than"),
    Case(
        "41",
        "three gibibytes declared",
        lambda: with_pickle(declared((3 << 30, 1))),
        "more than is accepted",
    ),
    Case(
        "41",
        "overflowing shape",
        lambda: with_pickle(declared((1 << 62, 1 << 62))),
        "more than is accepted",
    ),
    Case(
        "41",
        "too little data",
        lambda: with_pickle(declared((1000, 1))),
        "declares 1,000 bytes but 2",
    ),
    Case("42", "truncated", lambda: with_pickle(build.pickled(build.images())[:-200]), "cut short"),
    Case("42", "empty pickle", lambda: with_pickle(b""), "not a pickle"),
    Case("42", "text", lambda: with_pickle(b"hello"), "not a pickle of protocol 2 to 5"),
    Case("42", "protocol 0", lambda: with_pickle(pickle.dumps([1], 0)), "not a pickle of protocol"),
    Case(
        "43",
        "second pickle",
        lambda: with_pickle(build.pickled(build.images()) * 2),
        "after its end",
    ),
    Case(
        "44",
        "data frame",
        named("pandas.core.frame", "DataFrame"),
        "pandas table must be converted",
    ),
    Case("44", "torch", named("torch._utils", "_rebuild_tensor_v2"), "tensor must be converted"),
    Case(
        "44",
        "tensorflow",
        named("tensorflow.python.framework.ops", "x"),
        "tensor must be converted",
    ),
    Case(
        "44",
        "dictionary",
        lambda: with_pickle(pickle.dumps({"a": 1})),
        "holds a dictionary, not an array",
    ),
    Case(
        "45",
        "protocol 2 and NumPy 1",
        lambda: build.tar_gz({f"{n}.pkl": numpy1(v) for n, v in build.arrays().items()}),
        holds=same_as_arrays,
    ),
    Case(
        "45",
        "Python 2",
        lambda: build.tar_gz(
            {f"{n}.pkl": python2(v.astype(np.uint8)) for n, v in build.arrays().items()}
        ),
        holds=same_as_arrays,
    ),
    *(
        Case("45", f"protocol {protocol}", lambda p=protocol: build.course(p), holds=same_as_arrays)
        for protocol in (2, 3, 4, 5)
    ),
    Case(
        "45",
        "big-endian and Fortran order",
        lambda: build.course(
            train_labels=build.labels().astype(">i4"),
            train_images=np.asfortranarray(build.images()),
        ),
        holds=lambda d: d.train.labels.tolist() == [0, 1, 2] * 4,
    ),
    Case(
        "45",
        "protocol 5 and transposed images",
        lambda: build.course(5, train_images=permuted(UNEVEN)),
        holds=same_as_uneven,
    ),
    Case("45b", "list of transposed images", permuted_list, holds=same_as_uneven),
    *(
        Case("45", f"protocol 5 and axes that are {what}", with_axes(axes), "damaged or cut short")
        for what, axes in (
            ("repeated", b"K\x00K\x01K\x01K\x03"),
            ("beyond the last", b"K\x00K\x01K\x02K\x04"),
            ("not whole", b"K\x00K\x01K\x02\x88"),
        )
    ),
    Case("45b", "nested lists", nested_lists, holds=same_as_arrays),
    Case(
        "45b",
        "list of arrays and NumPy numbers",
        lambda: nested_lists(train_images=list(build.images()), train_labels=list(build.labels())),
        holds=same_as_arrays,
    ),
    Case(
        "45b",
        "ragged lists",
        lambda: nested_lists(train_images=[[[1, 2]], [[1]]]),
        "ragged",
    ),
]
