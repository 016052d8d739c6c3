"""The fractional Jacobi block under transforms, tracers and compilers: as torch's own functions."""

from __future__ import annotations

import io
import shutil
import warnings

import numpy as np
import pytest
import torch
from torch import Tensor, func
from torch.autograd import forward_ad, gradcheck, gradgradcheck
from torch.fx.experimental.proxy_tensor import make_fx

from search_spaces.fkan import FractionalJacobi, series, transformable


@pytest.fixture(params=[None, 3])
def block(request) -> FractionalJacobi:
    return FractionalJacobi(4, request.param, alpha=0.7, beta=-0.4, gamma=0.3, dtype=torch.float64)


@pytest.fixture
def x() -> Tensor:
    return torch.linspace(-5.0, 5.0, 12, dtype=torch.float64).reshape(4, 3)


@pytest.fixture
def slope(block, x) -> Tensor:
    """The first derivative by the hand-written function."""
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(block(leaf).sum(), leaf)[0]


@pytest.mark.parametrize("degrees", [(0,), (1, 3, 2), (12, 12, 12)])
@pytest.mark.parametrize(("a", "b"), [(0.3, 1.7), (-1.0, -1.0), (-0.6, -0.4), (-1.0, 5.0)])
def test_both_recurrences_agree(degrees, a, b):
    one, other = (torch.full((len(degrees),), value, dtype=torch.float64) for value in (a, b))
    found, wanted = (module.jacobi_series(degrees, one, other) for module in (transformable, series))
    assert torch.allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_vmap(block, x):
    assert torch.allclose(func.vmap(block)(x), block(x), rtol=1e-12)


def test_vmap_over_parameters(x):
    block, gammas = FractionalJacobi(3, dtype=torch.float64), torch.tensor([-0.5, 0.0, 2.0], dtype=torch.float64)
    found = func.vmap(lambda g: func.functional_call(block, {"gamma": g, "alpha": g}, (x,)))(gammas)
    for g, values in zip(gammas, found, strict=True):
        one = FractionalJacobi(3, alpha=float(g), gamma=float(g), dtype=torch.float64)
        assert torch.allclose(values, one(x), rtol=1e-12)


@pytest.mark.parametrize("transform", [func.jacrev, func.jacfwd])
def test_jacobians(block, x, slope, transform):
    assert torch.allclose(transform(block)(x[1]), torch.diag(slope[1]), rtol=1e-10)


def test_grad(block, x, slope):
    assert torch.allclose(func.grad(lambda x: block(x).sum())(x), slope, rtol=1e-10)


def test_jvp_and_forward_mode(block, x, slope):
    values, tangent = func.jvp(block, (x,), (torch.ones_like(x),))
    with forward_ad.dual_level():
        pair = forward_ad.unpack_dual(block(forward_ad.make_dual(x, torch.ones_like(x))))
    for found in (tangent, pair.tangent):
        assert torch.allclose(found, slope, rtol=1e-10)
    assert torch.allclose(values, block(x), rtol=1e-12)


def test_forward_mode_in_a_parameter(x):
    block = FractionalJacobi(3, dtype=torch.float64)
    block(x).sum().backward()
    one = torch.tensor(1.0, dtype=torch.float64)
    for name in ("alpha", "beta", "gamma"):
        value = getattr(block, name).detach()
        _, slope = func.jvp(lambda p, n=name: func.functional_call(block, {n: p}, (x,)).sum(), (value,), (one,))
        assert torch.allclose(slope, getattr(block, name).grad, rtol=1e-10)


def test_second_derivatives_in_parameters(block, x):
    names = ("alpha", "beta", "gamma")

    def values(*parameters):
        return func.functional_call(block, dict(zip(names, parameters, strict=True)), (x,))

    parameters = tuple(p.detach().clone().requires_grad_() for p in block.parameters())
    assert gradgradcheck(values, parameters)
    assert gradcheck(values, parameters, check_forward_ad=True, check_backward_ad=False)
    hessian = torch.autograd.functional.hessian(lambda *p: values(*p).sum(), parameters)
    twin = func.hessian(lambda *p: values(*p).sum(), argnums=(0, 1, 2))(*(p.detach() for p in parameters))
    for row, other in zip(hessian, twin, strict=True):
        for found, wanted in zip(row, other, strict=True):
            assert torch.allclose(found, wanted, rtol=1e-8, atol=1e-10)


def test_far_to_the_left_nothing_is_nan(block):
    x = torch.tensor([-1e4, -800.0, 800.0], dtype=torch.float64)
    for found in (func.jacrev(block)(x), func.hessian(lambda x: block(x).sum())(x)):
        assert torch.isfinite(found).all()
    assert torch.equal(func.hessian(lambda x: block(x).sum())(x)[0], torch.zeros(3, dtype=torch.float64))


@pytest.mark.parametrize("strict", [False, True])
def test_export(block, x, strict):
    program = torch.export.export(block, (x,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},), strict=strict)
    for rows in (x, torch.cat([x, -x])):
        assert torch.allclose(program.module()(rows), block(rows), rtol=1e-12)


def test_traces(block, x):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*registered as constants.*", torch.jit.TracerWarning)
        traced = torch.jit.trace(block, (x,))
    graph = make_fx(lambda x, alpha: func.functional_call(block, {"alpha": alpha}, (x,)))(x, block.alpha.detach())
    rows = torch.cat([x, -x])
    assert torch.allclose(traced(rows), block(rows), rtol=1e-12)
    with torch.no_grad():
        block.alpha += 1.0
    # Neither has taken the exponents for constants.
    assert torch.allclose(traced(rows), block(rows), rtol=1e-12)
    assert torch.allclose(graph(x, block.alpha.detach()), block(x), rtol=1e-12)


@pytest.mark.parametrize("options", [{}, {"squash": "tanh"}, {"squash": "gaussian"}, {"interval": (-5.0, 5.0)}])
@pytest.mark.parametrize(("dtype", "neurons"), [(torch.float64, None), (torch.float64, 3), (torch.float32, 3)])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_onnx(x, dtype, neurons, options):
    pytest.importorskip("onnx", reason="the package onnx is not installed: pip install 'evokan[export]'")
    runtime = pytest.importorskip("onnxruntime", reason="the package onnxruntime is not installed")
    block = FractionalJacobi(4, neurons, alpha=0.7, beta=-0.4, gamma=0.3, dtype=dtype, **options)
    rows, file = torch.cat([x, -x, 0 * x - 1e4]).to(dtype), io.BytesIO()
    axes = {"x": {0: "rows"}}
    torch.onnx.export(block, (x.to(dtype),), file, dynamo=False, input_names=["x"], dynamic_axes=axes)
    (found,) = runtime.InferenceSession(file.getvalue()).run(None, {"x": rows.numpy()})
    near = 1e-11 if dtype == torch.float64 else 1e-5
    np.testing.assert_allclose(found, block(rows).detach().numpy(), rtol=near, atol=near)


BACKENDS = ["eager", "aot_eager", pytest.param("inductor", marks=pytest.mark.slow)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_compiled_as_one_graph(block, x, slope, backend):
    if backend == "inductor" and not (shutil.which("c++") or shutil.which("g++")):
        pytest.skip("no C++ compiler")
    torch.compiler.reset()
    compiled = torch.compile(block, fullgraph=True, backend=backend)
    leaf = x.clone().requires_grad_()
    values = compiled(leaf)
    values.sum().backward()
    assert torch.allclose(values, block(x), rtol=1e-12)
    assert torch.allclose(leaf.grad, slope, rtol=1e-10)
    names = [p.grad.clone() for p in block.parameters()]
    block.zero_grad()
    block(x).sum().backward()
    for found, p in zip(names, block.parameters(), strict=True):
        assert torch.allclose(found, p.grad, rtol=1e-10)


def test_shapes_without_values():
    assert FractionalJacobi(3, device="meta")(torch.empty(3, 4, device="meta")).shape == (3, 4)


def test_plain_calls_keep_the_hand_written_function(block, x):
    """It is several times faster, and takes a fraction of the memory."""
    assert not transformable.is_transformed(x, block.alpha)
    assert type(block(x).grad_fn).__name__ == "_SigmoidSeriesBackward"
    assert np.isfinite(block(x).detach().numpy()).all()
