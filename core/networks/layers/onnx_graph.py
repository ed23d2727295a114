"""An ONNX graph while layers write their nodes: plain data, without the `onnx` package.

ONNX's convolutions and poolings read channels first, Keras's channels last. A tensor is kept as it
was made and turned only where a node needs it the other way round, so that most turns cancel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Attribute = int | float | str | Sequence[int]


@dataclass(frozen=True)
class OnnxNode:
    """One operation: names of the tensors that it reads, and of the one that it makes."""

    op: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Attribute]


@dataclass
class OnnxTensor:
    """One layer's output under its names: with channels last, with channels first; "" if not made.

    axes: how many it has without the batch; with one there is no other order.
    """

    last: str = ""
    first: str = ""
    axes: int = 0


@dataclass
class OnnxGraph:
    """Nodes in the order in which they run, and constants by name."""

    nodes: list[OnnxNode] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    layer: str = ""  # whose nodes are being added; their names begin with it

    def node(self, op: str, *inputs: str, **attributes: Attribute) -> str:
        """Add an operation and return the name of what it makes."""
        output = f"{self.layer}/{op}:{len(self.nodes)}"
        self.nodes.append(OnnxNode(op, inputs, output, attributes))
        return output

    def constant(self, values: np.ndarray | Sequence[float] | float, part: str = "value") -> str:
        """Add numbers, float32 unless they are int64, and return their name."""
        array = np.asarray(values)
        name = f"{self.layer}/{part}:{len(self.constants)}"
        self.constants[name] = array if array.dtype == np.int64 else array.astype(np.float32)
        return name

    def integers(self, *values: int) -> str:
        """Add a row of whole numbers, as sizes and axes are given, and return its name."""
        return self.constant(np.array(values, np.int64), "sizes")

    def last(self, tensor: OnnxTensor) -> str:
        """Return the tensor's name with channels last, turning it if it was not made so."""
        if not tensor.last:
            order = (0, *range(2, tensor.axes + 1), 1)
            tensor.last = self.node("Transpose", tensor.first, perm=order)
        return tensor.last

    def first(self, tensor: OnnxTensor) -> str:
        """Return the tensor's name with channels first, turning it if it was not made so."""
        if not tensor.first:
            order = (0, tensor.axes, *range(1, tensor.axes))
            tensor.first = self.node("Transpose", tensor.last, perm=order)
        return tensor.first

    def each(self, op: str, tensor: OnnxTensor, *more: str, **attributes: Attribute) -> OnnxTensor:
        """Apply an operation entry by entry, in the order in which the tensor is.

        more: constants that do not depend on the axes.
        """
        made = self.node(op, tensor.first or tensor.last, *more, **attributes)
        return self.like(tensor, made)

    def like(self, tensor: OnnxTensor, made: str) -> OnnxTensor:
        """Return what was made of `tensor.first or tensor.last`."""
        is_first = bool(tensor.first) and tensor.axes > 1
        return OnnxTensor(first=made) if is_first else OnnxTensor(last=made)

    def together(self, tensors: Sequence[OnnxTensor]) -> tuple[list[str], bool]:
        """Return names of tensors in one order, and whether that is channels first."""
        is_first = all(tensor.first and tensor.axes > 1 for tensor in tensors)
        return [self.first(t) if is_first else self.last(t) for t in tensors], is_first


def shaped(tensor: OnnxTensor, axes: int) -> OnnxTensor:
    """Return the tensor, which has `axes` axes without the batch; with one, both orders are one."""
    tensor.axes = axes
    if axes < 2:
        tensor.first = tensor.last = tensor.last or tensor.first
    return tensor
