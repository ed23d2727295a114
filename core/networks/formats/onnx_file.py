"""Any network as an ONNX file, and that file run again by the format's own reference evaluator.

Source: github.com/onnx/onnx, docs/IR.md and docs/Operators.md.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.errors import WeightsError
from core.networks.graph import Network, layer_weights
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor, shaped
from core.networks.layers.windows import sliding

OPSET = 21  # of the operators; ONNX Runtime reads it since 1.18
PRODUCER = "pareto-lab"
INPUT, OUTPUT, BATCH = "images", "outputs", "batch"
Run = Callable[[np.ndarray], np.ndarray]


def onnx_bytes(network: Network, weights: Mapping[str, np.ndarray]) -> bytes:
    """Return the network as an ONNX model from (batch, ...) images to its outputs, float32.

    Inputs have the axes that Keras's have, channels last. Raises WeightsError for a network that
    is too large for the format.
    """
    from onnx import helper, numpy_helper

    graph, output = onnx_graph(network, weights)
    nodes = [
        helper.make_node(each.op, each.inputs, [each.output], each.output, **each.attributes)
        for each in graph.nodes
    ]
    nodes.append(helper.make_node("Identity", [output], [OUTPUT], OUTPUT))
    constants = [numpy_helper.from_array(np.asarray(array, order="C"), name)
                 for name, array in graph.constants.items()]  # fmt: skip
    ends = [(INPUT, network.input_shape), (OUTPUT, network.shapes[network.output.name])]
    source, target = (_described(name, shape) for name, shape in ends)
    model = helper.make_model(
        helper.make_graph(nodes, "network", [source], [target], constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name=PRODUCER,
    )
    model.ir_version = helper.find_min_ir_version_for(model.opset_import)
    try:
        return bytes(model.SerializeToString())
    except ValueError as error:  # Protocol Buffers stop at two gigabytes
        raise WeightsError(
            "The network is too large for one ONNX file (two gigabytes). Use the .keras file."
        ) from error


def onnx_graph(network: Network, weights: Mapping[str, np.ndarray]) -> tuple[OnnxGraph, str]:
    """Return what all layers have written, and the name of the output with channels last."""
    graph = OnnxGraph()
    tensors: dict[str, OnnxTensor] = {}
    for layer in network.layers:
        graph.layer = layer.name
        read = [tensors[name] for name in layer.inputs] or [OnnxTensor(last=INPUT)]
        parts = layer_weights(network, weights, layer.name)
        made = layer.settings.onnx(graph, parts, read, network.input_shapes(layer))
        tensors[layer.name] = shaped(made, len(network.shapes[layer.name]))
    return graph, graph.last(tensors[network.output.name])


def _described(name: str, shape: tuple[int, ...]) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape])


def onnx_runner(content: bytes) -> Run:
    """Return a function from images to outputs that runs an ONNX file's content.

    Raises WeightsError for a file that does not hold to the format.
    """
    import onnx
    from onnx.reference import ReferenceEvaluator

    try:
        model = onnx.load_from_string(content)
        onnx.checker.check_model(model, full_check=True)
        evaluator = ReferenceEvaluator(model, new_ops=_pools())
    except Exception as error:  # the checker, shape inference and the evaluator have their own
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(f"ONNX cannot take this network ({reason}).") from error

    def run(images: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):  # the evaluator's sigmoid, whose limit is right
            return np.asarray(evaluator.run(None, {INPUT: images})[0])

    return run


def _pools() -> list[Any]:
    """Return MaxPool and AveragePool for the evaluator.

    Its own (1.23) take the border of the second axis for that of the first, and a Python loop's
    step for every position.
    """
    from onnx.reference.op_run import OpRun

    class MaxPool(OpRun):  # type: ignore[misc]
        def _run(self, images: np.ndarray, **options: Any) -> tuple[np.ndarray]:
            return (_windows(images, -np.inf, options).max(axis=-1),)

    class AveragePool(OpRun):  # type: ignore[misc]
        def _run(self, images: np.ndarray, **options: Any) -> tuple[np.ndarray]:
            views = _windows(images, np.nan, options)
            return (np.asarray(np.nanmean(views, axis=-1, dtype=np.float32)),)

    return [MaxPool, AveragePool]


def _windows(images: np.ndarray, border: float, options: Mapping[str, Any]) -> np.ndarray:
    """Return (n, channels, ..., window) of (n, channels, ...) images, as a pool's options say."""
    rank = images.ndim - 2
    pads, window = options["pads"], options["kernel_shape"]
    borders = list(zip(pads[:rank], pads[rank:], strict=True))
    framed = np.pad(images, [(0, 0), (0, 0), *borders], constant_values=border)
    views = sliding(np.moveaxis(framed, 1, -1), window, options["strides"], options["dilations"])
    flat = views.reshape(*views.shape[: rank + 2], -1)
    return np.moveaxis(flat, rank + 1, 1)
