"""One network with the layers given, in the manner of scikit-learn: no search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from evokan.errors import InputError
from evokan.problem.scaling import Scaler
from search_spaces.hkan.fitting import fit, predict
from search_spaces.hkan.layers import HKANLayer, as_number, as_whole, shown
from search_spaces.hkan.options import CUTOFF


class HKANRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A hierarchical Kolmogorov-Arnold network for regression (arXiv 2501.18199).

    Parameters
    ----------
    layers
        A list from the input on; the last has one node.
    random_state
        Seed of the centres: a whole number of at least 0.
    cutoff
        The last least squares takes singular values below this share of the largest as 0. Below 4e-15, columns that
        depend on one another in the training rows alone can make predictions on others explode.
    scaler
        ``minmax`` brings inputs and target onto [0, 1] by the training rows, what the centres are made for; ``none``
        takes them as they are (the paper's tables are on [0, 1] already).

    Attributes
    ----------
    layers_
        The fitted layers.
    n_features_in_
        Input columns.

    Examples
    --------
    >>> import numpy as np
    >>> from search_spaces.hkan import HKANLayer, HKANRegressor
    >>> x = np.random.default_rng(0).random((200, 2))
    >>> layers = [HKANLayer(nodes=50, basis="tanh", sigma=5, n_basis=10), HKANLayer(basis="identity")]
    >>> model = HKANRegressor(layers, random_state=0).fit(x[:100], np.sin(3 * x[:100, 0]) + x[:100, 1])
    >>> model.score(x[100:], np.sin(3 * x[100:, 0]) + x[100:, 1]) > 0.999
    True
    """

    def __init__(
        self,
        layers: Sequence[HKANLayer] = (HKANLayer(nodes=100), HKANLayer()),
        *,
        random_state: int = 0,
        cutoff: float = CUTOFF,
        scaler: Literal["minmax", "none"] = "minmax",
    ) -> None:
        self.layers = layers
        self.random_state = random_state
        self.cutoff = cutoff
        self.scaler = scaler

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `X`, shape (rows, columns), and `y`, shape (rows,); both finite.

        Raises
        ------
        InputError
            A parameter cannot be used: one sentence for each fault.
        TrainingFailed
            A value is not finite.
        """
        seed, cutoff = self._checked_parameters()
        x, target = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self._inputs = Scaler.fit(x, self.scaler)
        self._target = Scaler.fit(np.asarray(target, dtype=np.float64)[:, None], self.scaler)
        scaled = self._target.transform(np.asarray(target, dtype=np.float64)[:, None])
        self.layers_ = fit(self.layers, self._inputs.transform(x), scaled, seed, cutoff, with_outputs=False).layers
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return predictions in the target's own units, shape (rows,)."""
        check_is_fitted(self, "layers_")
        x = validate_data(self, X, dtype=np.float64, reset=False)
        return self._target.inverse(predict(self.layers_, self._inputs.transform(x)))[:, 0]

    def to_module(self) -> Any:
        """Return the fitted network as a torch module: raw inputs (N, columns) to values (N, 1)."""
        from evokan.spaces.module import scaling, with_values
        from search_spaces.hkan.encoding import HKANArchitecture
        from search_spaces.hkan.network import HKANModule, state

        check_is_fitted(self, "layers_")
        weights = state(self.layers_, float(self._target.shift[0]), float(self._target.scale[0]))
        # Not `layers`, which may have been set to others since.
        architecture = HKANArchitecture(self.n_features_in_, tuple(found.layer for found in self.layers_))
        spec = {"space": "hkan", "architecture": architecture.to_json(), "task": "regression"}
        return with_values(HKANModule(architecture, spec), {**weights, **scaling(input=self._inputs)})

    def _checked_parameters(self) -> tuple[int, float]:
        """Return seed and cutoff as plain numbers."""
        faults = []
        if (
            not isinstance(self.layers, Sequence)
            or not self.layers
            or not all(isinstance(layer, HKANLayer) for layer in self.layers)
        ):
            faults.append(f"layers {shown(self.layers)}: give a list of HKANLayer, the output layer last")
        elif self.layers[-1].nodes != 1:
            faults.append(f"layers: the last has {self.layers[-1].nodes} nodes; a regression has one output")
        seed = as_whole(self.random_state)
        if seed is None or seed < 0:
            faults.append(f"random_state {shown(self.random_state)}: a whole number of at least 0 is needed")
        cutoff = as_number(self.cutoff)
        if not 0 <= cutoff < 1:
            faults.append(f"cutoff {shown(self.cutoff)}: a number from 0 to below 1 is needed")
        if not (isinstance(self.scaler, str) and self.scaler in ("minmax", "none")):
            faults.append(f"scaler {shown(self.scaler)}: minmax or none")
        if seed is None or faults:
            raise InputError(*faults)
        return seed, cutoff
