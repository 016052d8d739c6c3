"""The trainable activation of fKAN, for use in any network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import elu

from search_spaces.fkan.series import jacobi_series, sigmoid_series
from search_spaces.fkan.transformable import is_traced


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
        Initial values; those of the public code by default.
    device, dtype
        Of the parameters. The output has the dtype of the input, which must be a floating one.

    Raises
    ------
    ValueError
        `degree` is negative, or `neurons` less than 1.

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
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if degree < 0:
            raise ValueError(f"degree must be at least 0, got {degree}")
        if neurons is not None and neurons < 1:
            raise ValueError(f"neurons must be at least 1, got {neurons}")
        self.degree = int(degree)
        self.neurons = neurons
        shape = () if neurons is None else (neurons,)
        self.alpha, self.beta, self.gamma = (
            nn.Parameter(torch.full(shape, value, device=device, dtype=dtype)) for value in (alpha, beta, gamma)
        )

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
        series = jacobi_series((self.degree,) * (self.neurons or 1), elu(self.alpha), elu(self.beta))
        return sigmoid_series(x, self.gamma.to(x.dtype), series.to(x.dtype))

    def extra_repr(self) -> str:
        """Return what `print` shows of the block."""
        return f"degree={self.degree}" + ("" if self.neurons is None else f", neurons={self.neurons}")
