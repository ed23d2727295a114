"""NumPy arrays and lists of numbers out of a pickle, without Python's unpickler.

A small machine of our own for the few opcodes such files need. It can import nothing and call
nothing: the names below are the only ones it knows, and each builds a description, never an
object. A description becomes an array only after its size was compared with the bytes present.
Source of the opcodes: pickletools.opcodes of the standard library.
"""

import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import UploadError

MOST_OPCODES = 20_000_000
DEEPEST = 5
LONGEST_TEXT = 200
# Lists of numbers come as a mark, the numbers, and "append them all": read in one step.
RUN_OF_BYTES = re.compile(rb"(?:K[\x00-\xff])+(?=e)", re.DOTALL)
RUN_OF_FLOATS = re.compile(rb"(?:G[\x00-\xff]{8})+(?=e)", re.DOTALL)
DTYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|[US][0-9]{1,4})", re.ASCII)
ADVICE = "Convert it first, e.g. pickle.dump(numpy.asarray(images), file)."


class Mark:
    """Where a tuple or list starts on the stack."""


MARK = Mark()


@dataclass(frozen=True)
class Name:
    """One of the known global names, by what it stands for."""

    means: str


@dataclass
class DType:
    """An element type as its pickle describes it; order is filled in by BUILD."""

    text: str
    order: str = "="


@dataclass
class Array:
    """An array as its pickle describes it; nothing is allocated."""

    shape: tuple[int, ...] = ()
    dtype: DType | None = None
    fortran: bool = False
    data: Any = b""


NAMES: dict[tuple[str, str], Name] = {
    **{
        (f"numpy.{core}.multiarray", name): Name(name)
        for core in ("core", "_core")
        for name in ("_reconstruct", "scalar")
    },
    **{(f"numpy.{core}.numeric", "_frombuffer"): Name("_frombuffer") for core in ("core", "_core")},
    ("numpy", "ndarray"): Name("ndarray"),
    ("numpy", "dtype"): Name("dtype"),
    ("_codecs", "encode"): Name("encode"),
    ("__builtin__", "bytes"): Name("bytes"),
    ("builtins", "bytes"): Name("bytes"),
}


def read(content: memoryview | bytes, label: str, allowed_bytes: int) -> np.ndarray:
    """Return the array (or nested list of numbers, as an array) in a pickle of protocol 2 to 5.

    label: what messages call it. allowed_bytes: the largest array that may arise.
    Raises UploadError for anything else; the array may be a view of `content`.
    """
    try:
        value = _Machine(memoryview(content).cast("B"), label).run()
        return as_array(value, label, allowed_bytes)
    except (IndexError, ValueError, TypeError, KeyError, struct.error, OverflowError) as error:
        raise _refused(label, "is damaged or cut short") from error


def as_array(value: Any, label: str, allowed_bytes: int) -> np.ndarray:
    """Return the described value as an array once its size is known to be allowed."""
    if isinstance(value, Array):
        return _build(value, label, allowed_bytes)
    if isinstance(value, list | tuple):
        return _from_lists(value, label, allowed_bytes)
    raise _refused(label, f"holds a {_kind(value)}, not an array of numbers", ADVICE)


def _kind(value: Any) -> str:
    names = {"dict": "dictionary", "str": "text", "NoneType": "None", "memoryview": "byte string"}
    return names.get(type(value).__name__, type(value).__name__.lower())


def _refused(
    label: str, what: str, remedy: str = "Export it again as a NumPy array."
) -> UploadError:
    return UploadError(f"{label} {what}. {remedy}")


def _build(array: Array, label: str, allowed_bytes: int) -> np.ndarray:
    if array.dtype is None:
        raise _refused(label, "describes an array without content")
    kind = np.dtype(array.dtype.order + array.dtype.text.lstrip("<>|="))
    count = math.prod(array.shape)
    if min(array.shape, default=0) < 0 or count * kind.itemsize > allowed_bytes:
        raise _refused(
            label,
            f"declares an array of {array.shape} {kind}, more than is accepted",
            "Upload fewer or smaller images.",
        )
    if isinstance(array.data, list):
        raise _refused(label, "holds Python objects instead of numbers", ADVICE)
    data = _as_bytes(array.data)
    if len(data) != count * kind.itemsize:
        raise _refused(
            label, f"declares {count * kind.itemsize:,} bytes but {len(data):,} are there"
        )
    if count == 0:
        return np.empty(array.shape, kind)
    flat = np.frombuffer(data, kind)
    return flat.reshape(array.shape, order="F" if array.fortran else "C")


def _as_bytes(data: Any) -> Any:
    if isinstance(data, str):  # protocol 2 of Python 2 wrote bytes as text
        return data.encode("latin-1")
    if isinstance(data, bytes | bytearray | memoryview):
        return data
    raise TypeError("no bytes")


def _from_lists(value: Any, label: str, allowed_bytes: int) -> np.ndarray:
    """Return nested lists as an array, every level measured before anything is copied."""
    kinds: set[type] = set()
    shape = _measure(value, label, {}, kinds, 0)
    if math.prod(shape) * 8 > allowed_bytes:
        raise _refused(
            label,
            f"expands to {math.prod(shape):,} numbers, more than is accepted",
            "Upload fewer or smaller images.",
        )
    if math.prod(shape) == 0:
        return np.empty(shape)
    if kinds == {Array}:
        return _stacked(value, label, allowed_bytes)
    if kinds == {str}:
        return _texts(value, shape, label)
    if not kinds <= {int, float, bool}:
        odd = next(kind for kind in kinds if kind not in (int, float, bool))
        raise _refused(label, f"holds a {odd.__name__.lower()} among its numbers", ADVICE)
    return np.array(value, dtype=np.float64 if float in kinds else np.int64)


def _measure(
    value: Any,
    label: str,
    known: dict[int, tuple[int, ...] | None],
    kinds: set[type],
    depth: int,
) -> tuple[int, ...]:
    """Return the shape; shared lists are measured once, so that a thousand laughs stay cheap.

    kinds: gathers the types of what the lists hold in the end.
    """
    if depth >= DEEPEST:
        raise _refused(label, f"is nested more than {DEEPEST} levels deep")
    if id(value) in known:
        if (shape := known[id(value)]) is None:
            raise _refused(label, "holds a list that contains itself")
        return shape
    known[id(value)] = None
    found = set(map(type, value))
    lists = found & {list, tuple}
    kinds |= found - lists
    if lists:
        inner = (
            {_measure(item, label, known, kinds, depth + 1) for item in value}
            if lists == found
            else {(), (0,)}
        )
    else:
        inner = {item.shape for item in value} if found == {Array} else {()}
    if len(inner) > 1:
        raise _refused(
            label,
            "is ragged: its rows differ in length",
            "Bring all images to one size before the export.",
        )
    known[id(value)] = shape = (len(value), *inner.pop())
    return shape


def _stacked(value: Any, label: str, allowed_bytes: int) -> np.ndarray:
    if isinstance(value, Array):
        return _build(value, label, allowed_bytes)
    return np.stack([_stacked(item, label, allowed_bytes) for item in value])


def _texts(value: Any, shape: tuple[int, ...], label: str) -> np.ndarray:
    longest = max(map(len, value)) if len(shape) == 1 else LONGEST_TEXT + 1
    if longest > LONGEST_TEXT:
        raise _refused(label, "holds long or nested texts", "Use one short text a label.")
    return np.array(value, dtype=np.str_)


class _Machine:
    """A stack, a memo and the opcodes below; every length is checked against what is left."""

    def __init__(self, content: memoryview, label: str) -> None:
        self.content, self.label, self.position = content, label, 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Return the one value the pickle leaves."""
        if len(self.content) < 2 or self.content[0] != 0x80 or not 2 <= self.content[1] <= 5:
            raise _refused(
                self.label,
                "is not a pickle of protocol 2 to 5",
                "Export it with pickle.dump(array, file, protocol=4).",
            )
        content, end = self.content, len(self.content)
        for _ in range(MOST_OPCODES):
            if self.position >= end:
                raise _refused(self.label, "is damaged or cut short")
            opcode = content[self.position]
            self.position += 1
            if opcode == 0x2E:
                return self._finished()
            step = STEPS.get(opcode)
            if step is None:
                raise _refused(
                    self.label,
                    f"contains the pickle instruction {opcode:#04x}, which arrays never need",
                    "Nothing in it was run. " + ADVICE,
                )
            step(self)
        raise _refused(
            self.label,
            f"holds more than {MOST_OPCODES:,} separate Python objects",
            ADVICE,
        )

    def _finished(self) -> Any:
        if self.position != len(self.content):
            extra = len(self.content) - self.position
            raise _refused(self.label, f"goes on for {extra:,} bytes after its end")
        (value,) = self.stack
        return value

    def take(self, count: int) -> memoryview:
        """Return the next `count` bytes without copying them."""
        if count < 0 or count > len(self.content) - self.position:
            raise _refused(self.label, f"is cut short: {count:,} more bytes were announced")
        self.position += count
        return self.content[self.position - count : self.position]

    def number(self, layout: str) -> Any:
        """Return the next number, `layout` as in the struct module."""
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def line(self) -> str:
        """Return the text up to the next newline (names of protocol 2)."""
        piece = bytes(self.content[self.position : self.position + 256])
        length = piece.index(b"\n")
        self.position += length + 1
        return piece[:length].decode("ascii")

    def text(self, length: int) -> str:
        """Return `length` bytes of UTF-8; only array data in old protocols is long."""
        return str(self.take(length), "utf-8", "surrogatepass")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mark(self) -> None:
        """Start a tuple or list; a run of equal kinds of numbers is taken in at once."""
        self.push(MARK)
        if run := RUN_OF_BYTES.match(self.content, self.position):
            self.stack.extend(bytes(run[0])[1::2])
        elif run := RUN_OF_FLOATS.match(self.content, self.position):
            numbers = np.frombuffer(run[0], dtype=[("opcode", "u1"), ("value", ">f8")])
            self.stack.extend(numbers["value"].tolist())
        else:
            return
        self.position = run.end()

    def byte(self) -> int:
        """Return the next byte as a number."""
        self.position += 1
        return self.content[self.position - 1]

    def to_mark(self) -> list[Any]:
        """Return what was pushed since the last mark and remove it."""
        start = len(self.stack) - 1
        while self.stack[start] is not MARK:
            start -= 1
            if start < 0:
                raise IndexError("no mark")
        values = self.stack[start + 1 :]
        del self.stack[start:]
        return values

    def remember(self, index: int) -> None:
        """Keep the top of the stack under `index`."""
        if index > MOST_OPCODES:
            raise _refused(self.label, f"asks for {index:,} places in memory")
        self.memo[index] = self.stack[-1]

    def find(self, module: Any, name: Any) -> None:
        """Push what a global name stands for; nothing is ever imported."""
        if (module, name) not in NAMES:
            raise _refused(
                self.label,
                f"asks for {str(module)[:60]}.{str(name)[:60]}, which is not an array",
                "Nothing in it was run. " + _advice_for(str(module)),
            )
        self.push(NAMES[module, name])

    def reduce(self) -> None:
        """Describe what the pickle wants built."""
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise _refused(self.label, "calls something that is not an array")
        self.push(_described(function.means, arguments, self.label))

    def build(self) -> None:
        """Complete a description with its state."""
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, DType):
            _complete_dtype(target, state, self.label)
        elif isinstance(target, Array):
            _version, shape, dtype, fortran, data = state
            _fill(target, shape, dtype, bool(fortran), data)
        else:
            raise _refused(self.label, "sets the state of something that is not an array")


def _advice_for(module: str) -> str:
    root = module.split(".")[0]
    if root == "pandas":
        return "A pandas table must be converted first: pickle.dump(table.to_numpy(), file)."
    if root in ("torch", "tensorflow", "jax", "jaxlib", "keras", "mxnet", "cupy"):
        return "A tensor must be converted first: pickle.dump(tensor.numpy(), file)."
    return ADVICE


def _described(means: str, arguments: tuple[Any, ...], label: str) -> Any:
    if means == "_reconstruct":
        return Array()
    if means == "dtype":
        return _dtype(arguments[0], label)
    if means == "_frombuffer":
        data, dtype, shape, order = arguments
        array = Array()
        _fill(array, shape, dtype, order == "F", data)
        return array
    if means == "scalar":
        return _scalar(arguments, label)
    if means == "encode":
        text, encoding = arguments
        if encoding not in ("latin1", "latin-1"):
            raise _refused(label, "uses an unusual text encoding")
        return text.encode("latin-1")
    if means == "bytes" and arguments == ():
        return b""
    raise _refused(label, "builds something that is not an array")


def _fill(array: Array, shape: Any, dtype: Any, fortran: bool, data: Any) -> None:
    if not isinstance(shape, tuple) or len(shape) > 32 or not isinstance(dtype, DType):
        raise TypeError("shape or element type")
    if not all(type(side) is int for side in shape):
        raise TypeError("shape")
    array.shape, array.dtype, array.fortran, array.data = shape, dtype, fortran, data


def _dtype(text: Any, label: str) -> DType:
    text = text.decode("ascii") if isinstance(text, bytes) else text
    text = str(bytes(text), "ascii") if isinstance(text, memoryview) else text
    if not isinstance(text, str) or not DTYPE.fullmatch(text):
        what = "holds Python objects" if str(text)[:1] == "O" else "holds an unusual element type"
        raise _refused(label, f"{what} ({str(text)[:20]}) instead of numbers", ADVICE)
    return DType(text)


def _complete_dtype(dtype: DType, state: Any, label: str) -> None:
    order = state[1]
    order = str(bytes(order), "ascii") if isinstance(order, bytes | memoryview) else order
    if order not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
        raise _refused(label, "holds a structured array instead of plain numbers", ADVICE)
    dtype.order = "=" if order == "|" else order


def _scalar(arguments: tuple[Any, ...], label: str) -> int | float | bool | str:
    dtype, data = arguments
    value = _build(Array((), dtype, False, data), label, 1024)
    item = value.item()
    if not isinstance(item, int | float | bool | str):
        raise _refused(label, "holds an unusual number", ADVICE)
    return item


def _long(machine: _Machine, length: int) -> None:
    if length > 16:
        raise _refused(machine.label, f"holds a whole number of {length:,} bytes")
    machine.push(int.from_bytes(machine.take(length), "little", signed=True))


def _short_text(machine: _Machine, length: int) -> None:
    machine.push(machine.text(length))


def _tuple(machine: _Machine, count: int) -> None:
    if len(machine.stack) < count:
        raise IndexError("stack")
    values = tuple(machine.stack[len(machine.stack) - count :])
    del machine.stack[len(machine.stack) - count :]
    machine.push(values)


def _append(machine: _Machine) -> None:
    value = machine.stack.pop()
    _list(machine).append(value)


def _extend(machine: _Machine) -> None:
    values = machine.to_mark()
    _list(machine).extend(values)


def _list(machine: _Machine) -> list[Any]:
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise TypeError("no list")
    return target


def _global(machine: _Machine) -> None:
    module = machine.line()
    machine.find(module, machine.line())


def _stack_global(machine: _Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.find(module, name)


def _bytes8(machine: _Machine) -> None:
    machine.push(machine.take(machine.number("<Q")))


STEPS: dict[int, Callable[[_Machine], object]] = {
    0x80: lambda m: m.take(1),  # PROTO
    0x95: lambda m: m.take(8),  # FRAME: only a hint for buffered reading
    ord("("): lambda m: m.mark(),
    ord("0"): lambda m: m.stack.pop(),
    ord("N"): lambda m: m.push(None),
    0x88: lambda m: m.push(True),
    0x89: lambda m: m.push(False),
    ord("K"): lambda m: m.stack.append(m.byte()),
    ord("M"): lambda m: m.push(m.number("<H")),
    ord("J"): lambda m: m.push(m.number("<i")),
    ord("G"): lambda m: m.push(m.number(">d")),
    0x8A: lambda m: _long(m, m.number("<B")),
    0x8B: lambda m: _long(m, m.number("<i")),
    ord("U"): lambda m: m.push(m.take(m.number("<B"))),
    ord("T"): lambda m: m.push(m.take(m.number("<i"))),
    ord("C"): lambda m: m.push(m.take(m.number("<B"))),
    ord("B"): lambda m: m.push(m.take(m.number("<I"))),
    0x8E: _bytes8,
    0x96: _bytes8,  # BYTEARRAY8
    0x8C: lambda m: _short_text(m, m.number("<B")),
    ord("X"): lambda m: _short_text(m, m.number("<I")),
    0x8D: lambda m: _short_text(m, m.number("<Q")),
    ord("]"): lambda m: m.stack.append([]),
    ord("a"): _append,
    ord("e"): _extend,
    ord(")"): lambda m: m.push(()),
    ord("t"): lambda m: m.push(tuple(m.to_mark())),
    0x85: lambda m: _tuple(m, 1),
    0x86: lambda m: _tuple(m, 2),
    0x87: lambda m: _tuple(m, 3),
    ord("}"): lambda m: m.push({}),
    ord("q"): lambda m: m.remember(m.byte()),
    ord("r"): lambda m: m.remember(m.number("<I")),
    0x94: lambda m: m.remember(len(m.memo)),
    ord("h"): lambda m: m.push(m.memo[m.byte()]),
    ord("j"): lambda m: m.push(m.memo[m.number("<I")]),
    ord("c"): _global,
    0x93: _stack_global,
    ord("R"): lambda m: m.reduce(),
    ord("b"): lambda m: m.build(),
}
