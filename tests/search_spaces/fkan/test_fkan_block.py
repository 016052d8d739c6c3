"""The fractional Jacobi block: values, derivatives of every kind, limits, and use in a user's own network."""

from __future__ import annotations

from fractions import Fraction
from math import comb, prod

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial import chebyshev
from scipy.special import eval_jacobi, roots_jacobi
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import elu

from search_spaces.fkan import FractionalJacobi
from search_spaces.fkan.jacobi import coefficients, derivative
from search_spaces.fkan.series import CHUNK, jacobi_series, sigmoid_series
from search_spaces.fkan.single import BLOCK, exp, log_sigmoid

PARAMETERS = st.floats(-0.99, 5.0)
POINTS = np.concatenate([np.linspace(-1, 1, 101), np.cos(np.linspace(0.1, 3.0, 7))])


def series(q: int, a: float, b: float) -> np.ndarray:
    out = np.empty((3, q + 1))
    coefficients(q, a, b, out)
    return out


def exact(q: int, a: Fraction, b: Fraction, t: Fraction) -> Fraction:
    """Szegő, equation 4.3.2: free of divisions by a + b."""

    def binomial(top: Fraction, k: int) -> Fraction:
        return prod((top - i for i in range(k)), start=Fraction(1)) / prod(range(1, k + 1), start=1)

    return sum(
        (
            binomial(q + a, q - k) * binomial(q + b, k) * ((t - 1) / 2) ** k * ((t + 1) / 2) ** (q - k)
            for k in range(q + 1)
        ),
        start=Fraction(0),
    )


@given(st.integers(0, 12), PARAMETERS, PARAMETERS)
@settings(max_examples=200, deadline=None)
def test_values_are_those_of_scipy(q, a, b):
    wanted = eval_jacobi(q, a, b, POINTS)
    found = chebyshev.chebval(POINTS, series(q, a, b)[0])
    assert np.all(np.abs(found - wanted) <= 1e-12 * np.maximum(1.0, np.abs(wanted)))


@pytest.mark.parametrize(("a", "b"), [(-1, -1), (-1, 3), (2, -1), (Fraction(-999_999, 10**6),) * 2])
@pytest.mark.parametrize("q", [1, 2, 3, 6, 12])
def test_the_limits_at_minus_one_are_exact(q, a, b):
    found = chebyshev.chebval(np.array([-0.75, 0.125, 1.0]), series(q, float(a), float(b))[0])
    wanted = [float(exact(q, Fraction(a), Fraction(b), Fraction(t))) for t in (-0.75, 0.125, 1.0)]
    assert found == pytest.approx(wanted, abs=1e-13, rel=1e-13)


@given(st.integers(1, 9), PARAMETERS, PARAMETERS)
@settings(max_examples=50, deadline=None)
def test_reflection(q, a, b):
    left = chebyshev.chebval(-POINTS, series(q, a, b)[0])
    right = (-1) ** q * chebyshev.chebval(POINTS, series(q, b, a)[0])
    assert np.allclose(left, right, rtol=1e-12, atol=1e-12 * np.abs(right).max())


@pytest.mark.parametrize(("a", "b"), [(0.3, 1.7), (-0.6, 0.2)])
def test_orthogonality(a, b):
    nodes, weights = roots_jacobi(12, a, b)
    values = np.array([chebyshev.chebval(nodes, series(q, a, b)[0]) for q in range(9)])
    gram = values * weights @ values.T
    assert np.abs(gram - np.diag(np.diag(gram))).max() < 1e-13 * np.abs(gram).max()


@given(st.integers(1, 10), PARAMETERS, PARAMETERS)
@settings(max_examples=50, deadline=None)
def test_derivatives_in_a_and_b(q, a, b):
    h = 1e-5
    _, in_a, in_b = series(q, a + 1.0, b + 1.0)
    differences = [
        (series(q, a + 1 + h * i, b + 1 + h * j)[0] - series(q, a + 1 - h * i, b + 1 - h * j)[0]) / (2 * h)
        for i, j in ((1, 0), (0, 1))
    ]
    for found, wanted in zip((in_a, in_b), differences, strict=True):
        assert np.allclose(found, wanted, rtol=1e-6, atol=1e-6 * np.abs(wanted).max())


@pytest.mark.parametrize("q", [0, 1, 2, 7])
def test_the_derivative_of_a_series(q):
    own = np.random.default_rng(q).normal(size=q + 1)
    out = np.empty(q + 1)
    derivative(own, q, out)
    assert np.allclose(out[: max(q, 1)], chebyshev.chebder(own))
    assert q == 0 or out[q] == 0


@pytest.mark.parametrize("neurons", [None, 3])
def test_the_block_is_the_polynomial_of_the_paper(neurons):
    block = FractionalJacobi(4, neurons, alpha=0.7, beta=-0.4, gamma=0.3, dtype=torch.float64)
    x = torch.linspace(-6, 6, 21, dtype=torch.float64)[:, None].expand(21, 3)
    g = 1 / (1 + np.exp(-0.3))
    t = 2 / (1 + np.exp(-x.numpy())) ** g - 1
    assert np.allclose(block(x).detach().numpy(), eval_jacobi(4, 0.7, np.expm1(-0.4), t), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("neurons", [None, 3])
@pytest.mark.parametrize("q", [0, 1, 2, 6])
def test_gradients_are_those_of_finite_differences(q, neurons):
    torch.manual_seed(0)
    block = FractionalJacobi(q, neurons, alpha=0.3, beta=-0.7, gamma=0.4, dtype=torch.float64)
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    names = ("alpha", "beta", "gamma")

    def values(x, *parameters):
        return torch.func.functional_call(block, dict(zip(names, parameters, strict=True)), (x,))

    def curvature(x, *parameters):
        y = values(x, *parameters)
        for _ in range(2):
            (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        return y

    parameters = [p.detach().clone().requires_grad_() for p in block.parameters()]
    assert gradcheck(values, (x, *parameters), rtol=1e-6)
    assert gradgradcheck(block, (x,))
    if q > 0:
        assert gradcheck(curvature, (x, *parameters), rtol=1e-6)


SQUASHED = {
    "tanh": (lambda x: (1 + np.tanh(x)) / 2, {"squash": "tanh"}),
    "gaussian": (lambda x: np.exp(-(x**2)), {"squash": "gaussian"}),
    "interval": (lambda x: np.clip((x + 2) / 5, 0, 1), {"interval": (-2, 3)}),
}


@pytest.mark.parametrize("kind", SQUASHED)
def test_other_ways_into_the_unit_interval(kind):
    s, options = SQUASHED[kind]
    block = FractionalJacobi(4, alpha=0.7, beta=-0.4, gamma=0.3, dtype=torch.float64, **options)
    x = torch.linspace(-3, 3.5, 27, dtype=torch.float64, requires_grad=True)
    t = 2 * s(x.detach().numpy()) ** (1 / (1 + np.exp(-0.3))) - 1
    assert np.allclose(block(x).detach().numpy(), eval_jacobi(4, 0.7, np.expm1(-0.4), t), rtol=1e-11, atol=1e-11)
    inner = x.detach()[6:24].requires_grad_()
    assert gradcheck(block, (inner,))
    (slope,) = torch.autograd.grad(block(x).sum(), x)
    assert torch.isfinite(slope).all()
    assert kind in repr(block)
    assert torch.allclose(torch.func.vmap(block)(x), block(x), rtol=1e-12)


def test_parameters_are_reset():
    block = FractionalJacobi(3, 2, alpha=0.5, beta=-1.0, gamma=2.0)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.add_(1.0)
    block.reset_parameters()
    assert [parameter.tolist() for parameter in block.parameters()] == [[0.5] * 2, [-1.0] * 2, [2.0] * 2]


def test_chunks_make_no_difference():
    gamma = torch.tensor(0.6, dtype=torch.float64)
    own = jacobi_series((5,), torch.tensor(0.3), torch.tensor(1.0)).double()
    x = torch.linspace(-9, 9, 2 * CHUNK + 17, dtype=torch.float64, requires_grad=True)
    whole = sigmoid_series(x, gamma, own)
    (gradient,) = torch.autograd.grad(whole.sum(), x)
    part = x[CHUNK - 5 : CHUNK + 5].detach().requires_grad_()
    few = sigmoid_series(part, gamma, own)
    assert torch.equal(few, whole[CHUNK - 5 : CHUNK + 5])
    assert torch.equal(torch.autograd.grad(few.sum(), part)[0], gradient[CHUNK - 5 : CHUNK + 5])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("value", [-200.0, -38.0, -18.0, -1e-30, 0.0, 40.0])
def test_no_finite_input_gives_nan(dtype, value):
    """ELU reaches -1 by rounding; s(x)^g is 0 far to the left, and its derivatives must be, too."""
    largest = torch.finfo(dtype).max
    x = torch.tensor([-largest, -1e4, -800.0, -90.0, 0.0, 40.0, 800.0, largest], dtype=dtype, requires_grad=True)
    block = FractionalJacobi(6, alpha=value, beta=value, gamma=value / 2, dtype=dtype)
    y = block(x)
    (slope,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), x, create_graph=True)
    (y.sum() + bend.sum()).backward()
    for found in (y, slope, bend, *(p.grad for p in block.parameters())):
        assert torch.isfinite(found).all()


def test_single_precision_is_close_to_double():
    x = torch.linspace(-8, 8, 400)
    single = FractionalJacobi(6)(x)
    assert single.dtype == torch.float32
    assert torch.allclose(single.double(), FractionalJacobi(6)(x.double()), rtol=0, atol=2e-5)


@pytest.mark.parametrize("neurons", [None, 1, 7, 300])
@pytest.mark.parametrize("rows", [1, 5, 411])
@pytest.mark.parametrize("squash", ["sigmoid", "tanh"])
def test_blocks_and_gradients_of_single_precision_are_those_of_double(neurons, rows, squash):
    """Blocks of one series and of many, whole ones and ends; every gradient, of an upstream that is not contiguous."""
    generator = torch.Generator().manual_seed(rows)
    width = neurons or 3
    x = 4 * torch.randn(rows, width, generator=generator, dtype=torch.float64)
    upstream = torch.randn(width, rows, generator=generator, dtype=torch.float64).T
    found = {}
    for dtype in (torch.float32, torch.float64):
        block = FractionalJacobi(6, neurons, squash=squash, alpha=0.7, beta=-0.4, gamma=0.3, dtype=dtype)
        with torch.no_grad():
            block.gamma.add_(torch.linspace(0, 1, neurons or 1, dtype=dtype).reshape(block.gamma.shape))
        points = x.to(dtype).requires_grad_()
        y = block(points)
        assert y.dtype == dtype
        y.backward(upstream.to(dtype))
        found[dtype] = [y, points.grad, *(parameter.grad for parameter in block.parameters())]
    for single, double in zip(*found.values(), strict=True):
        scale = max(1.0, double.abs().max().item())
        assert torch.allclose(single.double(), double, rtol=0, atol=1e-5 * scale)


def test_where_a_number_stands_makes_no_difference_in_single_precision():
    """Vectors, the numbers left over, and blocks have the same operations."""
    generator = torch.Generator().manual_seed(0)
    block = FractionalJacobi(5, gamma=0.6)
    x = torch.randn(3 * BLOCK + 17, generator=generator, requires_grad=True)
    whole = block(x)
    (gradient,) = torch.autograd.grad(whole.sum(), x)
    for start, end in ((0, 1), (3, 12), (BLOCK - 5, BLOCK + 40), (3 * BLOCK, 3 * BLOCK + 17)):
        part = x[start:end].detach().requires_grad_()
        few = block(part)
        assert torch.equal(few, whole[start:end])
        assert torch.equal(torch.autograd.grad(few.sum(), part)[0], gradient[start:end])


@pytest.mark.parametrize("x", [-700.0, -87.5, -3.0, -1e-3, 0.0, 0.4, 30.0, 88.0])
def test_functions_of_single_precision(x):
    e = exp(np.float32(-abs(x)))
    assert abs(e - np.exp(-min(abs(float(np.float32(x))), 87.0))) <= 3e-7 * e
    assert abs(log_sigmoid(np.float32(x), np.float32(e)) + np.logaddexp(0.0, -x)) <= 3e-7 * max(1.0, abs(x))
    assert np.isnan(exp(np.float32(np.nan)))


def test_zero_rows_and_odd_shapes():
    block = FractionalJacobi(3)
    assert block(torch.zeros(0, 4)).shape == (0, 4)
    assert block(torch.tensor(0.3)).shape == ()
    crossed = torch.randn(4, 5, generator=torch.Generator().manual_seed(0)).T
    assert torch.equal(block(crossed), block(crossed.contiguous()))


def test_wrong_use_is_told():
    with pytest.raises(ValueError, match="degree must be at least 0, got -1"):
        FractionalJacobi(-1)
    with pytest.raises(ValueError, match="squash must be one of sigmoid, tanh, gaussian, got 'relu'"):
        FractionalJacobi(2, squash="relu")
    with pytest.raises(ValueError, match="interval must be two finite numbers"):
        FractionalJacobi(2, interval=(1.0, 1.0))
    with pytest.raises(ValueError, match="neurons must be at least 1"):
        FractionalJacobi(2, 0)
    with pytest.raises(ValueError, match=r"expected shape \(..., neurons\) = \(..., 3\), got \(2, 4\)"):
        FractionalJacobi(2, 3)(torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"call x.float\(\) first"):
        FractionalJacobi(2)(torch.zeros(3, dtype=torch.int64))


def test_a_convolutional_network_of_a_users_own_learns():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(1, 4, 3), FractionalJacobi(3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2))
        images = torch.randn(64, 1, 8, 8)
    labels = (images[:, 0, :4].mean((1, 2)) > images[:, 0, 4:].mean((1, 2))).long()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    losses = []
    for _ in range(60):
        loss = nn.functional.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
    assert all(getattr(net[1], name).item() != first for name, first in (("alpha", 1), ("beta", 1), ("gamma", 0)))
    again = nn.Sequential(nn.Conv2d(1, 4, 3), FractionalJacobi(3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2))
    again.load_state_dict(net.state_dict())
    assert torch.equal(again(images), net(images))


def test_one_tensor_may_be_both_exponents():
    a = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    assert gradgradcheck(lambda a: jacobi_series((3,), elu(a), elu(a)), (a,))
    assert gradgradcheck(lambda a: jacobi_series((3,), a, a), (a,))


def test_degrees_of_their_own_share_a_tensor():
    a = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64)
    found = jacobi_series((1, 3, 2), a, a)
    assert found.shape == (3, 4)
    assert torch.equal(found[0, 2:], torch.zeros(2, dtype=torch.float64))
    assert float(chebyshev.chebval(1.0, found[1].numpy())) == pytest.approx(comb(4, 3))
