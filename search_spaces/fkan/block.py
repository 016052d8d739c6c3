"""The trainable activation of fKAN, for use in any network."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from search_spaces.fkan.series import jacobi_series, sigmoid_series
from search_spaces.fkan.transformable import exponent, is_traced, power_series

SQUASHES = ("sigmoid", "tanh", "gaussian")


class FractionalJacobi(nn.Module):
    """Fractional Jacobi block: x -> J_q^(a,b)(2 s(x)^g - 1), elementwise.

    s is the sigmoid, a = ELU(alpha), b = ELU(beta), g = sigmoid(gamma); alpha, beta and gamma are trained (Aghaei,
    "fKAN", arXiv 2406.07456, equation 22). Differentiable any number of times in its input and its parameters, by
    ``torch.func`` and forward mode too; it can be traced, compiled and exported. No finite input gives NaN.

    Parameters
    ----------
    degree
        q, at least 0.
    neurons
        None trains one triple for the whole block; a number trains one for each entry of the input's last dimension.
    alpha, beta, gamma
        Initial values; those of the public code by default. `reset_parameters` brings them back.
    squash
        What brings any input into [0, 1] in s's place: ``sigmoid``, ``tanh`` as (1 + tanh x) / 2, or ``gaussian`` as
        exp(-x^2).
    interval
        (d0, d1), where inputs lie in it anyway: they are not squashed but shifted, s(x) = (x - d0) / (d1 - d0), as the
        paper shifts its polynomials; those beyond are taken for the ends. Then the slope at d0 is infinite in the
        limit, and held finite.
    device, dtype
        Of the parameters. The output has the dtype of the input, which must be a floating one.

    Raises
    ------
    ValueError
        `degree` is negative, `neurons` less than 1, `squash` unknown, or `interval` no interval.

    Examples
    --------
    >>> block = FractionalJacobi(degree=4)
    >>> block(torch.zeros(2, 3)).shape
    torch.Size([2, 3])
    >>> cnn = nn.Sequential(nn.Conv2d(1, 8, 3), FractionalJacobi(4), nn.Flatten(), nn.LazyLinear(10))
    >>> cnn(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        degree: int,
        neurons: int | None = None,
        *,
        alpha: float = 1.0,
        beta: float = 1.0,
        gamma: float = 0.0,
        squash: Literal["sigmoid", "tanh", "gaussian"] = "sigmoid",
        interval: tuple[float, float] | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if degree < 0:
            raise ValueError(f"degree must be at least 0, got {degree}")
        if neurons is not None and neurons < 1:
            raise ValueError(f"neurons must be at least 1, got {neurons}")
        if squash not in SQUASHES:
            raise ValueError(f"squash must be one of {', '.join(SQUASHES)}, got {squash!r}")
        if interval is not None and not (math.isfinite(interval[1] - interval[0]) and interval[0] < interval[1]):
            raise ValueError(f"interval must be two finite numbers (d0, d1) with d0 < d1, got {interval!r}")
        self.degree = int(degree)
        self.neurons = neurons
        self.squash = squash
        self.interval = None if interval is None else (float(interval[0]), float(interval[1]))
        self._initial = (alpha, beta, gamma)
        shape = () if neurons is None else (neurons,)
        self.alpha, self.beta, self.gamma = (
            nn.Parameter(torch.empty(shape, device=device, dtype=dtype)) for _ in self._initial
        )
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Set alpha, beta and gamma to their initial values."""
        for parameter, value in zip((self.alpha, self.beta, self.gamma), self._initial, strict=True):
            parameter.fill_(value)

    def forward(self, x: Tensor) -> Tensor:
        """Return the values, of the shape and dtype of `x`: (..., neurons) where triples belong to neurons.

        Raises
        ------
        ValueError
            The last dimension is not `neurons`, or `x` holds no floating numbers.
        """
        if not x.is_floating_point():
            raise ValueError(f"expected a floating tensor, got {x.dtype}: call x.float() first")
        if self.neurons is not None and not is_traced() and (x.ndim == 0 or x.shape[-1] != self.neurons):
            raise ValueError(f"expected shape (..., neurons) = (..., {self.neurons}), got {tuple(x.shape)}")
        series = jacobi_series((self.degree,) * (self.neurons or 1), exponent(self.alpha), exponent(self.beta))
        gamma, coefficients = self.gamma.to(x.dtype), series.to(x.dtype)
        if self.interval is not None:
            low, high = self.interval
            share = ((x - low) / (high - low)).clamp(torch.finfo(x.dtype).tiny, 1.0)
            return power_series(share.log(), gamma, coefficients)
        if self.squash == "gaussian":
            return power_series(-x.square(), gamma, coefficients)
        return sigmoid_series(2.0 * x if self.squash == "tanh" else x, gamma, coefficients)

    def extra_repr(self) -> str:
        """Return what `print` shows of the block."""
        shown = f"degree={self.degree}" + ("" if self.neurons is None else f", neurons={self.neurons}")
        if self.interval is not None:
            return f"{shown}, interval={self.interval}"
        return shown if self.squash == "sigmoid" else f"{shown}, squash={self.squash!r}"
