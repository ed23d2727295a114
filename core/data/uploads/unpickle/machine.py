"""A small machine for the few pickle instructions that arrays need.

It can import nothing and call nothing: names become descriptions, and calls fill them in.
Source of the instructions: pickletools.opcodes of the standard library.
"""

import re
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.data.uploads.unpickle.descriptions import (
    ADVICE,
    NAMES,
    Array,
    DType,
    Name,
    advice_for,
    complete_dtype,
    described,
    fill,
    refused,
)

MOST_OPCODES = 20_000_000
# Lists of numbers come as a mark, the numbers, and "append them all": read in one step.
RUN_OF_BYTES = re.compile(rb"(?:K[\x00-\xff])+(?=e)", re.DOTALL)
RUN_OF_FLOATS = re.compile(rb"(?:G[\x00-\xff]{8})+(?=e)", re.DOTALL)


class Mark:
    """Where a tuple or list starts on the stack."""


MARK = Mark()


class Machine:
    """A stack, a memo and the opcodes below; every length is checked against what is left.

    A format that needs more than arrays has a machine of its own, with more `names` and `steps`.
    """

    names: Mapping[tuple[str, str], Any] = NAMES
    steps: "Mapping[int, Callable[[Any], object]]"

    def __init__(self, content: memoryview, label: str) -> None:
        self.content, self.label, self.position = content, label, 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Return the one value the pickle leaves."""
        if len(self.content) < 2 or self.content[0] != 0x80 or not 2 <= self.content[1] <= 5:
            raise refused(
                self.label,
                "is not a pickle of protocol 2 to 5",
                "Export it with pickle.dump(array, file, protocol=4).",
            )
        content, end = self.content, len(self.content)
        for _ in range(MOST_OPCODES):
            if self.position >= end:
                raise refused(self.label, "is damaged or cut short")
            opcode = content[self.position]
            self.position += 1
            if opcode == 0x2E:
                return self._finished()
            step = self.steps.get(opcode)
            if step is None:
                raise refused(
                    self.label,
                    f"contains the pickle instruction {opcode:#04x}, which arrays never need",
                    "Nothing in it was run. " + ADVICE,
                )
            step(self)
        raise refused(
            self.label,
            f"holds more than {MOST_OPCODES:,} separate Python objects",
            ADVICE,
        )

    def _finished(self) -> Any:
        """Return the value that is left; nothing may follow it."""
        if self.position != len(self.content):
            extra = len(self.content) - self.position
            raise refused(self.label, f"goes on for {extra:,} bytes after its end")
        (value,) = self.stack
        return value

    def take(self, count: int) -> memoryview:
        """Return the next `count` bytes without copying them."""
        if count < 0 or count > len(self.content) - self.position:
            raise refused(self.label, f"is cut short: {count:,} more bytes were announced")
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
        """Put a value on the stack."""
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
            raise refused(self.label, f"asks for {index:,} places in memory")
        self.memo[index] = self.stack[-1]

    def find(self, module: Any, name: Any) -> None:
        """Push what a global name stands for; nothing is ever imported."""
        if (module, name) not in self.names:
            raise refused(
                self.label,
                f"asks for {str(module)[:60]}.{str(name)[:60]}, which is not an array",
                "Nothing in it was run. " + advice_for(str(module)),
            )
        self.push(self.names[module, name])

    def reduce(self) -> None:
        """Describe what the pickle wants built."""
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise refused(self.label, "calls something that is not an array")
        self.push(described(function.means, arguments, self.label))

    def build(self) -> None:
        """Complete a description with its state."""
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, DType):
            complete_dtype(target, state, self.label)
        elif isinstance(target, Array):
            _version, shape, dtype, fortran, data = state
            fill(target, shape, dtype, bool(fortran), data)
        else:
            raise refused(self.label, "sets the state of something that is not an array")


def _long(machine: Machine, length: int) -> None:
    if length > 16:
        raise refused(machine.label, f"holds a whole number of {length:,} bytes")
    machine.push(int.from_bytes(machine.take(length), "little", signed=True))


def _short_text(machine: Machine, length: int) -> None:
    machine.push(machine.text(length))


def _tuple(machine: Machine, count: int) -> None:
    if len(machine.stack) < count:
        raise IndexError("stack")
    values = tuple(machine.stack[len(machine.stack) - count :])
    del machine.stack[len(machine.stack) - count :]
    machine.push(values)


def _append(machine: Machine) -> None:
    value = machine.stack.pop()
    _list(machine).append(value)


def _extend(machine: Machine) -> None:
    values = machine.to_mark()
    _list(machine).extend(values)


def _list(machine: Machine) -> list[Any]:
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise TypeError("no list")
    return target


def _dictionary(machine: Machine) -> None:
    raise refused(machine.label, "holds a dictionary, not an array of numbers", ADVICE)


def _global(machine: Machine) -> None:
    module = machine.line()
    machine.find(module, machine.line())


def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.find(module, name)


def _bytes8(machine: Machine) -> None:
    machine.push(machine.take(machine.number("<Q")))


STEPS: dict[int, Callable[[Machine], object]] = {
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
    ord("s"): _dictionary,
    ord("u"): _dictionary,
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
Machine.steps = STEPS
