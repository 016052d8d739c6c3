"""An ONNX graph in double precision, for every runtime of that format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from evokan._version import __version__
from evokan.errors import InputError
from evokan.export.content import Content
from evokan.spaces.plain import Step

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

EXTENSION = ".onnx"
SUMMARY = "an ONNX graph in double precision; needs the package onnx to write"
OPSET, IR = 17, 8
"""Of 2022: runtimes since ONNX Runtime 1.12 read it."""


def write(content: Content) -> bytes:
    """Return the model: input ``X`` (N, inputs), outputs as `_outputs` names them.

    Raises
    ------
    InputError
        The package onnx is not there.
    """
    try:
        from onnx import TensorProto, checker, helper
    except ImportError as error:
        raise InputError("--format onnx needs the package onnx: pip install 'evokan[export]'") from error
    plain, graph = content.plain, _Graph()
    x = graph.add("Div", graph.add("Sub", "X", graph.constant(plain.input_shift)), graph.constant(plain.input_scale))
    for step in plain.steps:
        x = _STEPS[step.kind](graph, x, step)
    values = graph.add(
        "Add", graph.add("Mul", x, graph.constant(plain.output_scale)), graph.constant(plain.output_shift)
    )
    width = len(plain.output_names)
    kinds: dict[str, tuple[Any, list[str | int | None]]] = {"outputs": (TensorProto.DOUBLE, ["N", width])}
    graph.add("Identity", values, name="outputs")
    if plain.task.has_classes:
        kinds |= {"probabilities": (TensorProto.DOUBLE, ["N", width]), "label": (TensorProto.STRING, ["N"])}
        graph.add("Softmax", values, name="probabilities", axis=1)
        best = graph.add("ArgMax", values, axis=1, keepdims=0)
        graph.add("Gather", graph.strings(plain.output_names), best, name="label")
    made = helper.make_graph(
        graph.nodes,
        "evokan",
        [helper.make_tensor_value_info("X", TensorProto.DOUBLE, ["N", len(plain.input_names)])],
        [helper.make_tensor_value_info(name, number, shape) for name, (number, shape) in kinds.items()],
        graph.constants,
        doc_string="\n".join(content.lines()),
    )
    model = helper.make_model(
        made, producer_name="evokan", producer_version=__version__, opset_imports=[helper.make_opsetid("", OPSET)]
    )
    model.ir_version = IR
    helper.set_model_props(
        model, {"inputs": json.dumps(list(content.inputs)), "outputs": json.dumps(list(plain.output_names))}
    )
    checker.check_model(model, full_check=True)
    written: bytes = model.SerializeToString()
    return written


class _Graph:
    """Nodes and constants in order; every name is new."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(self, operation: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add one node, and return the name of its output."""
        from onnx import helper

        name = name or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def constant(self, values: Any) -> str:
        """Add numbers: whole ones as int64, others as double."""
        from onnx import numpy_helper

        array = np.asarray(values)
        array = array.astype(np.int64 if array.dtype.kind in "iu" else np.float64)
        return self._keep(numpy_helper.from_array(array, f"c{len(self.constants)}"))

    def strings(self, texts: Any) -> str:
        """Add texts."""
        from onnx import TensorProto, helper

        encoded = [text.encode("utf-8") for text in texts]
        return self._keep(helper.make_tensor(f"c{len(self.constants)}", TensorProto.STRING, [len(encoded)], encoded))

    def _keep(self, tensor: TensorProto) -> str:
        self.constants.append(tensor)
        return str(tensor.name)


def _columns(graph: _Graph, x: str, step: Step) -> str:
    return graph.add("Gather", x, graph.constant(step.arrays["numbers"]), axis=1)


def _linear(graph: _Graph, x: str, step: Step) -> str:
    product = graph.add("MatMul", x, graph.constant(step.arrays["weight"].T.copy()))
    return graph.add("Add", product, graph.constant(step.arrays["bias"]))


def _splines(graph: _Graph, x: str, step: Step) -> str:
    arrays = step.arrays
    source, target, coefficients = arrays["source"], arrays["target"], arrays["coefficients"]
    edges, size = coefficients.shape
    below = graph.add("Gather", x, graph.constant(source), axis=1)
    u = graph.add(
        "Div", graph.add("Sub", below, graph.constant(arrays["lo"][source])), graph.constant(arrays["h"][source])
    )
    u = graph.add("Max", graph.add("Min", u, graph.constant(size + 1.0)), graph.constant(-4.0))
    first = graph.add("Floor", u)
    t = graph.add("Sub", u, first)
    # One long row of coefficients with zeros around those of every edge.
    padded = np.pad(coefficients, ((0, 0), (4, 5)))
    table = graph.constant(padded.reshape(-1))
    start = graph.add("Cast", first, to=_int64())
    # A missing value becomes any number at all here.
    start = graph.add("Max", graph.add("Min", start, graph.constant(size + 1)), graph.constant(-4))
    start = graph.add("Add", start, graph.constant(np.arange(edges) * padded.shape[1] + 4))
    total = graph.add("Mul", graph.add("Mul", below, graph.add("Sigmoid", below)), graph.constant(arrays["base"]))
    # The four pieces as polynomials in t, by Horner's rule: (1 - t)^3, 4 - 6 t^2 + 3 t^3, ..., divided by 6.
    for k, polynomial in enumerate(((-1, 3, -3, 1), (3, -6, 0, 4), (-3, 3, 3, 1), (1, 0, 0, 0))):
        piece = graph.constant(polynomial[0] / 6)
        for coefficient in polynomial[1:]:
            piece = graph.add("Add", graph.add("Mul", piece, t), graph.constant(coefficient / 6))
        active = graph.add("Gather", table, graph.add("Add", start, graph.constant(k)))
        total = graph.add("Add", total, graph.add("Mul", active, piece))
    onto = (target[:, None] == np.arange(len(arrays["bias"]))).astype(np.float64)
    return graph.add("Add", graph.add("MatMul", total, graph.constant(onto)), graph.constant(arrays["bias"]))


def _series(graph: _Graph, x: str, step: Step) -> str:
    power, coefficients = step.arrays["power"], step.arrays["coefficients"]
    log_z = graph.add("Mul", _softplus(graph, graph.add("Neg", x)), graph.constant(-power))
    two = graph.constant(2.0)
    t = graph.add("Sub", graph.add("Mul", graph.add("Exp", log_z), two), graph.constant(1.0))
    last, now = graph.add("Sub", t, t), t
    last = graph.add("Add", last, graph.constant(1.0))
    total = graph.add("Mul", last, graph.constant(coefficients[:, 0]))
    for k in range(1, coefficients.shape[1]):
        total = graph.add("Add", total, graph.add("Mul", now, graph.constant(coefficients[:, k])))
        twice = graph.add("Mul", graph.add("Mul", t, two), now)
        last, now = now, graph.add("Sub", twice, last)
    return total


def _blocks(graph: _Graph, x: str, step: Step) -> str:
    arrays = step.arrays
    turn = arrays["turn"]
    wide = graph.add("Unsqueeze", x, graph.constant(np.array([1, 3])))
    u = graph.add("Mul", graph.add("Sub", wide, graph.constant(arrays["centres"])), graph.constant(arrays["sigma"]))
    total = ""
    for number in np.unique(turn).tolist():
        factors = arrays["factors"] * (turn == number)[:, :, None]
        part = graph.add("Mul", _function(graph, u, number), graph.constant(factors))
        total = graph.add("Add", total, part) if total else part
    summed = graph.add("ReduceSum", total, graph.constant(np.array([2, 3])), keepdims=0)
    return graph.add("Add", summed, graph.constant(arrays["bias"]))


def _bound(graph: _Graph, x: str, step: Step) -> str:
    return _function(graph, x, step.arrays["number"])


def _function(graph: _Graph, u: str, number: int) -> str:
    """Add the function with this number (`evokan.spaces.steps.function`)."""
    if number == 1:
        return graph.add("Exp", graph.add("Neg", graph.add("Mul", u, u)))
    if number == 3:
        return _softplus(graph, u)
    if number == 6:
        return graph.add("Max", graph.add("Min", u, graph.constant(1.0)), graph.constant(-1.0))
    return u if number == 5 else graph.add({0: "Sigmoid", 2: "Relu", 4: "Tanh"}[number], u)


def _softplus(graph: _Graph, u: str) -> str:
    """Add log(1 + exp(u)) = max(u, 0) + log(1 + exp(-|u|)): runtimes have their own in single precision alone."""
    small = graph.add("Exp", graph.add("Neg", graph.add("Abs", u)))
    return graph.add("Add", graph.add("Relu", u), graph.add("Log", graph.add("Add", small, graph.constant(1.0))))


def _int64() -> int:
    from onnx import TensorProto

    return int(TensorProto.INT64)


_STEPS = {
    "columns": _columns,
    "linear": _linear,
    "splines": _splines,
    "series": _series,
    "blocks": _blocks,
    "bound": _bound,
}
