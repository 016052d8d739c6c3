"""Networks of every family in every form, read back by what others have, and compared with the network itself."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

import evokan
from evokan.datasets.equations import equation_table
from evokan.errors import InputError, InvalidArchitecture
from evokan.export import target
from evokan.export.content import Content
from evokan.problem.equations import Equation, derivative
from evokan.problem.problem import Problem
from evokan.seeding import generator
from evokan.spaces.plain import Step
from evokan.spaces.registry import make_space
from evokan.testing.problems import small_problem

CASES = [
    ("gakan", "classification", {}),
    ("gakan", "regression", {"max_depth": 2}),
    ("fkan", "classification", {"max_width": 4}),
    ("fkan", "regression", {"triples": "neuron", "max_width": 4}),
    ("fkan", "residual", {"max_width": 4}),
    ("fkan", "system", {"max_width": 4}),
    ("hkan", "classification", {"max_nodes": 4, "max_basis": 4}),
    ("hkan", "regression", {"mixed": True, "max_nodes": 4, "max_nodes_deep": 4, "max_basis": 4}),
    ("hkan", "trajectory", {"max_nodes": 4, "max_nodes_deep": 4, "max_basis": 4}),
    ("kafcm", "trajectory", {"bounding": "tanh", "grid_bits": 3}),
    ("kafcm", "trajectory", {"bounding": "clip", "grid_bits": 3}),
    ("kafcm", "regression", {"bounding": "sigmoid", "grid_bits": 3}),
]
IDS = [f"{family}-{task}-{number}" for number, (family, task, _) in enumerate(CASES)]
ODD = ('a*/b"\\', "??/\nc")
"""Names that end comments and texts; they stand in the place of the first two of every network."""


class Rotation(Equation):
    """u' = v, v' = -u."""

    name, summary, coordinates, unknowns = "rotation", "u' = v, v' = -u", ("t",), ("u", "v")

    def points(self, seed):
        return np.linspace(0.0, 3.0, 40)[:, None]

    def residual(self, unknown, x):
        u, v = unknown(x).unbind(1)
        return [derivative(u, x) - v, derivative(v, x) + u]

    def conditions(self, unknown):
        u, v = unknown(self.at(0.0)).unbind(1)
        return [u, v - 1.0]


def problem_of(task):
    """Return a small problem of a task; of a ``system`` that of two unknowns."""
    return Problem.from_table(equation_table(Rotation())) if task == "system" else small_problem(task)


def random_network(family, task, options):
    """Return a small network of a family whose trained values are random; nothing is trained."""
    problem, space = problem_of(task), make_space(family, options)
    rng = generator("exported", family, task, str(options))
    layout = space.layout(problem)
    while True:
        try:
            architecture = space.decode(layout.random(rng), problem)
        except InvalidArchitecture:
            continue
        if 6 < architecture.n_params <= 300 and architecture.depth > (family == "hkan"):
            break
    spec = space.spec(architecture, problem)
    spec["feature_names"] = [*ODD, *spec["feature_names"]][: len(spec["feature_names"])]
    model = space.model_class()(architecture, spec).eval()
    state = model.state_dict()
    for name, value in state.items():
        if name.endswith(("scale", "h")):
            state[name] = value * torch.from_numpy(rng.uniform(0.5, 2.0, value.shape))
        elif not name.endswith("lo"):
            state[name] = torch.from_numpy(rng.normal(size=value.shape))
    model.load_state_dict(state)
    return Content(model, space, tuple(f"the input {name}" for name in spec["feature_names"]))


def some_rows(columns):
    """Return rows inside of the grids and far outside of them."""
    rng = generator("rows", columns)
    return np.vstack([rng.normal(size=(30, columns)), 20 * rng.normal(size=(10, columns))])


@pytest.fixture(scope="module", params=CASES, ids=IDS)
def content(request):
    return random_network(*request.param)


@pytest.fixture
def x(content):
    return some_rows(len(content.inputs))


@pytest.fixture
def wanted(content, x):
    with torch.no_grad():
        return content.model(torch.as_tensor(x)).numpy()


def close(found, wanted, digits=9):
    np.testing.assert_allclose(found, wanted, rtol=10**-digits, atol=10**-digits * np.abs(wanted).max())


def shares(logits):
    found = np.exp(logits - logits.max(axis=1, keepdims=True))
    return found / found.sum(axis=1, keepdims=True)


def write(content, name, folder):
    """Write an export under a name that can be imported."""
    path = folder / f"network{target(name).EXTENSION}"
    path.write_bytes(target(name).write(content))
    return path


def imported(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_arrays_and_steps_compute_the_network(content, x, wanted):
    close(content.plain(x), wanted, 11)


def test_every_kind_of_step_is_tried():
    kinds = {step.kind for case in CASES for step in random_network(*case).plain.steps}
    assert kinds == {step.kind for step in Step.__subclasses__()}


@pytest.mark.parametrize("name", ["python", "numpy", "sympy"])
def test_python_modules(content, x, wanted, tmp_path, name):
    module = imported(write(content, name, tmp_path))
    assert list(content.plain.input_names) == module.INPUTS
    close(module.outputs(x), wanted)
    predicted = module.predict(x)
    if content.plain.task.has_classes:
        assert list(predicted) == [content.plain.output_names[best] for best in wanted.argmax(axis=1)]
        if name != "sympy":
            close(module.probabilities(x), shares(wanted))
    else:
        close(np.reshape(predicted, wanted.shape), wanted)
    with pytest.raises(ValueError, match=str(len(content.inputs))):
        module.outputs(x[:, 1:] if x.shape[1] > 1 else np.hstack([x, x]))


def test_sympy_in_the_columns_alone(content, x, wanted, tmp_path):
    module = imported(write(content, "sympy", tmp_path))
    if content.model.architecture.n_params > 30:
        pytest.skip("expressions of a deep network in its columns alone fill megabytes")
    found = list(module.expressions().values())
    symbols = module.definitions()[0]
    assert {symbol for value in found for symbol in value.free_symbols} <= set(symbols)
    for row, values in zip(x[:2], wanted[:2], strict=True):
        point = dict(zip(symbols, row.tolist(), strict=True))
        close([float(value.subs(point)) for value in found], values)


def test_plain_python_takes_nothing_but_python(content, x, wanted, tmp_path):
    path = write(content, "python", tmp_path)
    script = f"import json, sys; import network; print(json.dumps(network.outputs({x[:3].tolist()})))"
    command = [sys.executable, "-S", "-I", "-c", f"import sys; sys.path.insert(0, {str(path.parent)!r}); {script}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    close(json.loads(done.stdout), wanted[:3])


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
def test_c_source(content, x, wanted, tmp_path):
    path = write(content, "c", tmp_path)
    flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-DEVOKAN_MAIN", "-O1"]
    subprocess.run(["cc", *flags, path.name, "-o", "network", "-lm"], cwd=tmp_path, check=True)
    rows = "".join(",".join(map(repr, row)) + "\n" for row in x.tolist())
    done = subprocess.run([tmp_path / "network"], input=rows, capture_output=True, text=True, check=True)
    close(np.array([line.split(",") for line in done.stdout.splitlines()], dtype=float), wanted)


def test_onnx(content, x, wanted, tmp_path):
    pytest.importorskip("onnx", reason="the package onnx is not installed: pip install 'evokan[export]'")
    runtime = pytest.importorskip("onnxruntime", reason="the package onnxruntime is not installed")
    session = runtime.InferenceSession(write(content, "onnx", tmp_path).read_bytes())
    found = dict(zip([output.name for output in session.get_outputs()], session.run(None, {"X": x}), strict=True))
    close(found["outputs"], wanted)
    if content.plain.task.has_classes:
        close(found["probabilities"], shares(wanted))
        assert found["label"].tolist() == [content.plain.output_names[best] for best in wanted.argmax(axis=1)]
    about = session.get_modelmeta().custom_metadata_map
    assert json.loads(about["inputs"]) == list(content.inputs)
    gaps = session.run(["outputs"], {"X": np.full((1, x.shape[1]), np.nan)})[0]
    assert np.isnan(gaps).any()


def test_torch(content, x, wanted, tmp_path):
    again = evokan.load_network(write(content, "torch", tmp_path))
    with torch.no_grad():
        assert np.array_equal(again(torch.as_tensor(x)).numpy(), wanted)


def test_json(content, x, wanted, tmp_path):
    """Read by what the object itself says in words, not by code of ours."""
    made = json.loads(write(content, "json", tmp_path).read_text())
    assert [one["meaning"] for one in made["inputs"]] == list(content.inputs)
    assert {step["step"] for step in made["steps"]} <= set(made["computed_by"])
    shift, scale, out_shift, out_scale = (
        np.array(made[name]) for name in ("input_shift", "input_scale", "output_shift", "output_scale")
    )
    found = []
    for row in x:
        values = (row - shift) / scale
        for step in made["steps"]:
            values = READ[step.pop("step")](values, **step) if "step" in step else None
        found.append(values)
        made = json.loads((tmp_path / "network.json").read_text())
    close(np.array(found) * out_scale + out_shift, wanted)


def beta(v):
    s = abs(v + 1)
    return (4 - 6 * s**2 + 3 * s**3) / 6 if s <= 1 else max(2 - s, 0.0) ** 3 / 6


def sigmoid(u):
    return 1 / (1 + np.exp(-max(u, -700.0)))


G = [sigmoid, lambda u: np.exp(-u * u), lambda u: max(u, 0.0), lambda u: np.logaddexp(u, 0.0), np.tanh, lambda u: u]


def read_splines(z, source, target, lo, h, coefficients, base, bias):
    total = np.array(bias)
    for s, t, c, b in zip(source, target, coefficients, base, strict=True):
        total[t] += b * z[s] * sigmoid(z[s]) + sum(c[i] * beta((z[s] - lo[s]) / h[s] - i) for i in range(len(c)))
    return total


def read_series(z, power, coefficients):
    t = [2 * sigmoid(value) ** p - 1 for value, p in zip(z, power, strict=True)]
    return np.array(
        [sum(c * np.cos(k * np.arccos(u)) for k, c in enumerate(row)) for u, row in zip(t, coefficients, strict=True)]
    )


def read_blocks(z, turn, sigma, centres, factors, bias):
    return np.array(
        [
            b + sum(f[p][r] * G[g[p]](sigma * (z[p] - c[p][r])) for p in range(len(z)) for r in range(len(c[p])))
            for b, g, c, f in zip(bias, turn, centres, factors, strict=True)
        ]
    )


READ = {
    "columns": lambda z, numbers: z[numbers],
    "linear": lambda z, weight, bias: np.array(weight) @ z + bias,
    "splines": read_splines,
    "series": read_series,
    "blocks": read_blocks,
    "bound": lambda z, number: np.clip(z, -1, 1) if number == 6 else G[number](z),
}


def test_latex(content, x, wanted, tmp_path):
    """Every equation is turned into Python by what its signs mean, and computed."""
    text = write(content, "latex", tmp_path).read_text()
    body = text.partition(r"\begin{align*}")[2].partition(r"\end{align*}")[0]
    equations = [line for line in re.split(r" \\\\\n(?!  &\\quad)", body) if "&=" in line]
    assert len(equations) > len(content.inputs)
    names = {
        "beta": beta, "sigma": sigmoid, "gamma": G[1], "rho": G[2], "lam": G[3], "tanh": np.tanh,
        "kappa": lambda u: np.clip(u, -1, 1), "T": lambda k, t: np.cos(k * np.arccos(t)),
    }  # fmt: skip
    for row, values in zip(x[:5], wanted[:5], strict=True):
        known = {f"x_{number}": value for number, value in enumerate(row.tolist())}
        for equation in equations:
            left, _, right = equation.partition("&=")
            known[as_python(left)] = eval(as_python(right), names, known)
        close([known[f"y_{number}"] for number in range(len(values))], values)


def as_python(text):
    text = text.replace("\\\\\n  &\\quad", " ").replace(r"\left", "").replace(r"\right", "").strip()
    text = re.sub(r" \\cdot 10\^\{(-?\d+)\}", r"e\1", text)
    text = re.sub(r"([xzsty])_\{(\d+)(?:,(\d+))?\}", lambda m: "_".join(filter(None, m.groups())), text)
    text = re.sub(r"T_\{(\d+)\}\(", r"T(\1,", text)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
    text = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", text)
    text = re.sub(r"(\d) \(", r"\1*(", text).replace(r"\,", "*").replace(r"\lambda", "lam")
    return text.replace("\\", "")


def test_numbers_that_are_not_finite_are_refused():
    content = random_network("gakan", "regression", {})
    with torch.no_grad():
        content.model.target_scale[0] = float("inf")
    with pytest.raises(InputError, match="not finite"):
        target("json").write(content)


def test_files_that_are_no_networks_are_refused(tmp_path):
    from safetensors.numpy import save_file

    bare = tmp_path / "bare.safetensors"
    save_file({"a": np.zeros(2)}, bare)
    damaged = tmp_path / "damaged.safetensors"
    save_file({"a": np.zeros(2)}, damaged, {"evokan": '{"space": "gakan"}'})
    nothing = tmp_path / "nothing.safetensors"
    nothing.write_bytes(b"0")
    for path, why in ((bare, "how they belong"), (damaged, "damaged"), (nothing, "cannot be read")):
        with pytest.raises(InputError, match=why) as error:
            evokan.load_network(path)
        assert path.name in str(error.value)
    with pytest.raises(InputError, match="cannot be read"):
        evokan.load_network(tmp_path / "missing")


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"pip install 'evokan\[export\]'"):
        target("onnx").write(random_network("gakan", "regression", {}))


def test_a_misspelt_format_is_named():
    with pytest.raises(InputError, match="did you mean 'onnx'"):
        target("onx")
