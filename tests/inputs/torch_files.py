"""Hostile PyTorch containers, safetensors and arrays: 21.1 to 21.60, each a line of its own."""

import io
import json
import os
import pickle
import struct
import warnings
import zipfile

import numpy as np

from core.networks.formats import torch_writer
from core.networks.formats.torch_file import LEGACY_START
from tests.inputs.build import flipped, npy, npy_header, zipped
from tests.inputs.networks import REFERENCE, WEIGHTS, case, equal, with_value
from tests.inputs.pickles import MARKER, Call

SD = torch_writer.state_dict(WEIGHTS)
NAMES = list(SD)
FIRST = NAMES[0]
TABLE, END = b"\x80\x02ccollections\nOrderedDict\n)R(", b"u."
ASKED = "asks for the Python object .*Nothing in it was run"
DAMAGED = "damaged or cut short|is cut short"
LACKS = "lacks the numbers of storage|damaged or cut short"
RUN = f"open({str(MARKER)!r}, 'w')"


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def whole(number):
    if -(2**31) <= number < 2**31:
        return b"J" + struct.pack("<i", number)
    content = number.to_bytes((number.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(content)]) + content


def tuple_of(numbers):
    return b"(" + b"".join(map(whole, numbers)) + b"t"


def storage(key, size, kind="FloatStorage", view=b""):
    start = b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(str(key))
    return start + text("cpu") + whole(size) + view + b"tQ"


def tensor(key, shape, *, size=None, offset=0, strides=None, kind="FloatStorage", view=b""):
    """Return the pickled call that rebuilds a tensor; everything may lie."""
    size = int(np.prod(shape)) if size is None else size
    if strides is None:
        strides = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    arguments = storage(key, size, kind, view) + whole(offset) + tuple_of(shape)
    arguments += tuple_of(strides) + b"\x89N"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR"


def tensors(**changed):
    """Return name -> pickled tensor of the good network, with the n-th replaced: _0=…"""
    return {
        name: changed.get(f"_{number}", tensor(number, array.shape))
        for number, (name, array) in enumerate(SD.items())
    }


def table(entries):
    return TABLE + b"".join(text(name) + value for name, value in entries.items()) + END


def torch_zip(content=None, change=lambda members: None, method=zipfile.ZIP_STORED, root="x"):
    """Return a .pt of a pickle and the good network's storages; `change` may spoil the members."""
    members = {"data.pkl": table(tensors()) if content is None else content}
    members |= {"byteorder": b"little", "version": b"3\n"}
    members |= {f"data/{n}": a.astype("<f4").tobytes() for n, a in enumerate(SD.values())}
    change(members)
    return zipped({f"{root}/{name}": held for name, held in members.items()}, method)


def spoiled(**changed):
    return lambda: torch_zip(table(tensors(**changed)))


def changing(change, **more):
    return lambda: torch_zip(change=change, **more)


def put(name, value):
    return lambda members: members.update({name: value})


def asked(module, name, *arguments):
    """Return a pickle that calls module.name(arguments) as the first tensor."""
    call = f"c{module}\n{name}\n".encode() + b"(" + b"".join(map(text, arguments)) + b"tR"
    return table(tensors(_0=call))


def legacy(content=None, system=None, keys=None, runs=None):
    """Return a file in the legacy container; every part may be replaced."""
    arrays = list(SD.values())
    keys = [str(number) for number in range(len(arrays))] if keys is None else keys
    if system is None:
        system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
    if runs is None:
        runs = b"".join(struct.pack("<q", a.size) + a.astype("<f4").tobytes() for a in arrays)
    pickles = (pickle.dumps(1001, 2), pickle.dumps(system, 2), content or table(tensors()))
    return LEGACY_START + b"".join(pickles) + pickle.dumps(keys, 2) + runs


def in_legacy(**changed):
    return lambda: legacy(table(tensors(**changed)))


def run_of(count, content=b""):
    return struct.pack("<q", count) + content


def overlapping():
    """Return a zip whose second storage begins inside the first one's bytes."""
    content = bytearray(torch_zip())
    entry = content.index(b"PK\x01\x02")
    places = []
    while content[entry : entry + 4] == b"PK\x01\x02":
        name, extra, comment = struct.unpack("<HHH", content[entry + 28 : entry + 34])
        places.append(entry + 42)
        entry += 46 + name + extra + comment
    (at,) = struct.unpack("<I", content[places[3] : places[3] + 4])
    content[places[4] : places[4] + 4] = struct.pack("<I", at + 1)
    return bytes(content)


def bomb(members):
    for number in range(12):
        members[f"data/{number}"] = b"\0" * ((80 << 20) if number == 0 else 4)


def encrypted():
    content = bytearray(torch_zip())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def twice():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive, warnings.catch_warnings(action="ignore"):
        for entry in ("x/data.pkl", "x/version", "x/DATA.pkl", "x/version"):
            archive.writestr(zipfile.ZipInfo(entry), table(tensors()))
    return target.getvalue()


def laughs(levels=40):
    """Return a table of tables of tables, each twice the one before, by reference."""
    content = b"\x80\x02}q\x000"
    for level in range(levels):
        before, after = b"h" + bytes([level]), b"q" + bytes([level + 1])
        content += b"}(" + text("a") + before + text("b") + before + b"u" + after + b"0"
    return content + b"h" + bytes([levels]) + b"."


def laughing_lists(levels=40):
    """Return a list of lists of lists, each twice the one before, by reference."""
    content = b"\x80\x02]q\x000"
    for level in range(levels):
        content += b"](" + (b"h" + bytes([level])) * 2 + b"eq" + bytes([level + 1]) + b"0"
    return content + b"h" + bytes([levels]) + b"."


def deep(levels=200_000):
    return b"\x80\x02" + b"(" * levels + b"t" * levels + b"."


def safetensors(header, data=b"", length=None):
    content = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(content) if length is None else length) + content + data


def entry(shape, start, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def good_header(**changed):
    """Return the network's own header with entries replaced, and its data."""
    header, at = {}, 0
    for name, array in SD.items():
        header[name] = entry(list(array.shape), at, at + 4 * array.size)
        at += 4 * array.size
    data = b"".join(array.astype("<f4").tobytes() for array in SD.values())
    return header | changed, data


def changed_entry(**fields):
    def make():
        header, data = good_header()
        header[FIRST] |= fields
        return safetensors(header, data)

    return make


def with_data(change):
    header, data = good_header()
    return lambda: safetensors(header, change(data))


def of(weights):
    return lambda: torch_writer.to_pt(weights)


OBJECTS = np.array([{}, {}], dtype=object)
ODD = {"data_offsets": [0, 8], "shape": [2], "dtype": "F8_E4M3"}

LISTED = [
    # what a pickle may ask for
    ("os.system", lambda: torch_zip(asked("posix", "system", f"touch {MARKER}")), ASKED),
    ("os.system, legacy", lambda: legacy(asked("posix", "system", f"touch {MARKER}")), ASKED),
    ("eval by STACK_GLOBAL", lambda: torch_zip(b"\x80\x04" + b"\x8c\x08builtins\x8c\x04eval\x93"
                                               + text(RUN) + b"\x85R."), ASKED),
    ("a pickle in a storage", lambda: torch_zip(asked("torch.storage", "_load_from_bytes", "x")),
     ASKED),
    ("torch.load", lambda: torch_zip(asked("torch", "load", "/etc/passwd")), ASKED),
    ("torch.hub", lambda: torch_zip(asked("torch.hub", "load", "a/b")), ASKED),
    ("getattr", lambda: torch_zip(asked("__builtin__", "getattr", "x", "y")), ASKED),
    ("a dotted name", lambda: torch_zip(asked("torch._utils", "_rebuild_tensor_v2.__init__", "x")),
     ASKED),
    ("a whole model", lambda: torch_zip(asked("__main__", "Net")),
     r"object __main__\.Net.*state_d"),
    ("an extension code", lambda: torch_zip(b"\x80\x02\x82\x01."), "pickle instruction 0x82"),
    ("INST", lambda: torch_zip(b"\x80\x02(S'id'\nios\nsystem\n."), "pickle instruction 0x53"),
    ("OBJ", lambda: torch_zip(b"\x80\x02(cos\nsystem\no."), ASKED),
    ("NEWOBJ", lambda: torch_zip(b"\x80\x02ccollections\nOrderedDict\n)\x81."), "instruction 0x81"),
    ("PERSID", lambda: torch_zip(b"\x80\x02Pmodule\n."), "pickle instruction 0x50"),
    ("a reference to no storage", lambda: torch_zip(table(tensors(_0=b"(" + text("module")
                                                                    + b"tQ"))), DAMAGED),
    # storages and tensors that lie
    ("a storage that is missing", changing(lambda m: m.pop("data/3")), LACKS),
    ("a storage that is cut", changing(put("data/0", b"\0" * 8)), LACKS),
    ("a storage that is longer", changing(put("data/0", b"\0" * 99_999)), LACKS),
    ("a storage said to be small", spoiled(_0=tensor(0, SD[FIRST].shape, size=2)), LACKS),
    ("a storage of 2^60", spoiled(_0=tensor(0, (2,), size=1 << 60)), LACKS),
    ("an offset beyond the storage", spoiled(_0=tensor(0, SD[FIRST].shape, offset=7)), LACKS),
    ("strides beyond the storage",
     spoiled(_0=tensor(0, SD[FIRST].shape, strides=(864, 9, 3, 9))), LACKS),
    ("strides of nothing, 2^40 numbers",
     spoiled(_0=tensor(0, (1 << 20, 1 << 20), size=864, strides=(0, 0))), "Nothing was read"),
    ("a shape of 2^90", spoiled(_0=tensor(0, (1 << 30,) * 3, size=864, strides=(0, 0, 0))),
     "declares the shape.*Nothing was read"),
    ("a thousand axes", spoiled(_0=tensor(0, (1,) * 1000, size=864, strides=(0,) * 1000)),
     "declares the shape.*Nothing was read"),
    ("a negative side", spoiled(_0=tensor(0, (-1, 27), size=864, strides=(27, 1))), DAMAGED),
    ("a negative stride", spoiled(_0=tensor(0, (32, 27), size=864, strides=(-27, 1))), DAMAGED),
    ("a negative offset", spoiled(_0=tensor(0, SD[FIRST].shape, offset=-1)), DAMAGED),
    ("one storage as two kinds", spoiled(_1=tensor(0, (32,), size=864, kind="IntStorage")),
     DAMAGED),
    ("strides for another shape", spoiled(_0=tensor(0, (32, 27), size=864, strides=(1,))), DAMAGED),
    ("whole numbers", spoiled(_0=tensor(0, SD[FIRST].shape, kind="IntStorage")),
     "holds int32, not floating-point numbers"),
    ("eight bits", changing(put("data/0", b"\0" * 864),
                            content=table(tensors(_0=tensor(0, SD[FIRST].shape,
                                                            kind="CharStorage")))),
     "holds int8.*before they are quantized"),
    ("NaN", lambda: torch_writer.to_pt(with_value("conv3/bias", np.nan)), 
     "conv3/bias contains 1 NaN"),
    # the zip
    ("members that overlap", overlapping, "overlaps another one.*Save the weights again"),
    ("a member twice", twice, "holds version twice|damaged"),
    ("a path out of the zip", lambda: torch_zip(root="../x"), "points outside.*Save the weights"),
    ("encrypted", encrypted, "encrypted.*Save the weights again"),
    ("a bomb", changing(bomb, method=zipfile.ZIP_DEFLATED), "grows more than 300 times"),
    ("cut short", lambda: torch_zip()[:-500], "weights file is damaged or cut short"),
    ("a byte changed", lambda: flipped(torch_zip(), 900), "weights file is damaged"),
    ("big-endian", changing(put("byteorder", b"big")), "big-endian machine"),
    ("TorchScript", changing(put("constants.pkl", b"\x80\x02).")), "TorchScript program"),
    ("a zip of something else", lambda: zipped({"a/b.txt": b"x"}), "no .keras, .pt or .npz file"),
    # the legacy container
    ("legacy, big-endian", lambda: legacy(system={"little_endian": False}), "big-endian machine"),
    ("legacy, cut short", lambda: legacy()[:-9], LACKS),
    ("legacy, cut in its pickle", lambda: legacy()[:300], DAMAGED),
    ("legacy, 2^60 numbers", lambda: legacy(runs=run_of(1 << 60)), LACKS),
    ("legacy, fewer than none", lambda: legacy(runs=run_of(-1)), LACKS),
    ("legacy, a key twice", lambda: legacy(keys=["0"] * 12), LACKS),
    ("legacy, keys of nothing", lambda: legacy(keys=["x"]), LACKS),
    ("legacy, keys that are no list", lambda: legacy(keys={"a": 1}), "damaged or of an unknown"),
    # what takes for ever
    ("laughs", lambda: torch_zip(laughs()), "holds no tensors by name"),
    ("deep", lambda: torch_zip(deep()), "holds no tensors by name|no weights by name"),
    ("a place in memory of 2^31", lambda: torch_zip(b"\x80\x02Nr\xff\xff\xff\x7f."), "places in"),
    ("a text of 4 GiB", lambda: torch_zip(b"\x80\x02X\xff\xff\xff\xff"), "bytes were announced"),
    ("a number of 2^31 bytes", lambda: torch_zip(b"\x80\x02\x8b\xff\xff\xff\x7f"), "a whole num"),
    ("a checkpoint of nothing", lambda: torch_zip(b"\x80\x02}" + text("epoch") + b"K\x03s."),
     r"no tensors by name \(found: epoch\).*state_dict"),
    ("parts of another thing", lambda: torch_zip(table({"model.0.lora_A": tensor(0, (32, 27))})),
     "model.0.lora_A is no kernel and no bias"),
    # safetensors
    ("header of 2^60", lambda: safetensors(b"{}", length=1 << 60), "declares a header of 1,15"),
    ("header of 2^64 - 1", lambda: safetensors(b"{}", length=(1 << 64) - 1), "header of 18,446"),
    ("header beyond the file", lambda: safetensors(b"{}", length=3), "a header of 3 bytes"),
    ("header of a gigabyte", lambda: safetensors(b"{" + b" " * (2 << 20) + b"}"), "read at most"),
    ("header that is no JSON", lambda: safetensors(b"{'a': 1}"), "header is no JSON of tensors"),
    ("header of brackets", lambda: safetensors(b'{"a":' + b"[" * 500_000), "no JSON of tensors"),
    ("header with NaN", lambda: safetensors(b'{"a": NaN}'), "header is no JSON of tensors"),
    ("a name twice", lambda: safetensors(b'{"a": {}, "a": {}}'), "header is no JSON of tensors"),
    ("not UTF-8", lambda: safetensors(b'{"\xff": 1}'), "header is no JSON of tensors"),
    ("tensors that overlap", changed_entry(data_offsets=[4, 3460]), "overlaps another tensor"),
    ("tensors on each other", lambda: safetensors({"a": entry([2], 0, 8), "b": entry([2], 0, 8)},
                                                  b"\0" * 8), "overlaps another tensor"),
    ("a gap", lambda: safetensors({"a": entry([2], 8, 16)}, b"\0" * 16), "or leaves a gap"),
    ("bytes of no tensor", with_data(lambda data: data + b"hidden"), "6 bytes belong to no tensor"),
    ("data cut short", with_data(lambda data: data[:-4]), "model.16.bias is not where"),
    ("a place beyond the file", changed_entry(data_offsets=[0, 1 << 60]), "0.weight is not where"),
    ("a shape of another size", changed_entry(shape=[32, 3, 3, 4]), "model.0.weight is not where"),
    ("a shape of 2^120", changed_entry(shape=[1 << 60, 1 << 60]), "model.0.weight is not where"),
    ("a negative place", changed_entry(data_offsets=[-4, 3452]), "has no type, shape or place"),
    ("a place of floats", changed_entry(data_offsets=[0.0, 3456.0]), "no type, shape or place"),
    ("a place that is true", changed_entry(data_offsets=[False, 3456]), "no type, shape or place"),
    ("an unknown type", lambda: safetensors({"a": ODD}, b"\0" * 8), "holds 'F8_E4M3', which"),
    ("an entry that is a text", lambda: safetensors({"a": "b"}), "no type, shape or place"),
    ("nothing in it", lambda: safetensors({}), "The file lacks conv1/kernel"),
    # arrays
    ("npz of objects", lambda: zipped({"arr_0.npy": npy(OBJECTS)}), "holds Python objects"),
    ("npz of 4 TiB", lambda: zipped({"arr_0.npy": npy_header((1 << 42,))}), "more than is"),
    ("npz of too few", lambda: zipped({"arr_0.npy": npy(np.zeros((3, 3, 3, 32), np.float32))}),
     "1 arrays are not kernel, bias, kernel, bias"),
    ("npz of texts", lambda: zipped({f"arr_{n}.npy": npy(np.array(["a"])) for n in range(2)}),
     "holds str.*, not numbers of a network"),
    ("pickled os.system", lambda: pickle.dumps(Call(os.system, f"touch {MARKER}")), ASKED),
    ("pickled laughs", lambda: laughing_lists(), "holds no arrays of weights"),
    ("pickled list in itself", lambda: b"\x80\x02]q\x00h\x00a.", "holds no arrays of weights"),
    ("pickled text", lambda: pickle.dumps("weights"), "holds no arrays of weights"),
    # other things
    ("Git LFS", lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "lfs pull"),
    ("a web page", lambda: b"<!DOCTYPE html><html>Log in", "web page.*download it again"),
    ("a notebook", lambda: b'{\n "cells": [], "nbformat": 4}', "a Jupyter notebook"),
    ("TensorFlow Lite", lambda: b"\x1c\0\0\0TFL3" + b"\0" * 99, "a TensorFlow Lite model"),
    ("zeros", lambda: b"\0" * 5000, "an interrupted copy"),
]  # fmt: skip

READ = [
    ("as torch.save writes", torch_zip, ""),
    ("a root folder of any name", lambda: torch_zip(root="Anna's weights"), ""),
    ("as the legacy one", legacy, ""),
    ("deflated", changing(lambda members: None, method=zipfile.ZIP_DEFLATED), ""),
    ("without a byte order", changing(lambda members: members.pop("byteorder")), ""),
    ("ours", of(WEIGHTS), ""),
    ("safetensors", lambda: safetensors(*good_header()), "turned from PyTorch's layout"),
    ("safetensors with texts", lambda: safetensors(*good_header(__metadata__={"a": "b"})), ""),
    ("safetensors in Keras's layout", lambda: safetensors(*in_keras()), ""),
    ("pickled get_weights", lambda: pickle.dumps(list(WEIGHTS.values())), ""),
]


def in_keras():
    header, at = {}, 0
    for name, array in WEIGHTS.items():
        header[name] = entry(list(array.shape), at, at + 4 * array.size)
        at += 4 * array.size
    return header, b"".join(array.astype("<f4").tobytes() for array in WEIGHTS.values())


CASES = [
    *(case(f"21.{number}", what, content, refused)
      for number, (what, content, refused) in enumerate(LISTED, 1)),
    *(case("21.0", what, content, noted=noted, holds=equal) for what, content, noted in READ),
    case("21.0", "pruned", torch_zip, holds=equal, options={"shape": None}),
]  # fmt: skip
LINES = {each.line for each in CASES}
assert REFERENCE.parameters == sum(array.size for array in SD.values())
