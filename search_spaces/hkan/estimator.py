"""One network with the layers given, in the manner of scikit-learn: no search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from evokan.errors import InputError, unknown_name
from evokan.problem.prediction import PredictsClasses, classes_of
from evokan.problem.scaling import Scaler
from evokan.seeding import seed_of
from search_spaces.hkan.arguments import as_number, shown
from search_spaces.hkan.basis import Array
from search_spaces.hkan.fitting import FittedLayer, fit, predict
from search_spaces.hkan.head import fit_classes
from search_spaces.hkan.importance import block_r2
from search_spaces.hkan.layers import HKANLayer
from search_spaces.hkan.memory import refuse_what_does_not_fit
from search_spaces.hkan.options import CUTOFF

DEFAULT = (HKANLayer(nodes=100), HKANLayer())
_SAMPLE = 1000
"""Rows that importances are computed on."""


class _Network(BaseEstimator):  # type: ignore[misc]
    """What regressor and classifier share."""

    layers: Sequence[HKANLayer]
    layers_: tuple[FittedLayer, ...]
    n_features_in_: int

    def __init__(
        self,
        layers: Sequence[HKANLayer] = DEFAULT,
        *,
        random_state: int | np.random.RandomState | None = 0,
        cutoff: float = CUTOFF,
        steady: bool = True,
        scaler: Literal["minmax", "none"] = "minmax",
    ) -> None:
        self.layers = layers
        self.random_state = random_state
        self.cutoff = cutoff
        self.steady = steady
        self.scaler = scaler

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``layers__NAME`` sets an attribute of all layers that have it, nodes of the hidden ones.

        ``layers__NUMBER__NAME`` sets that of one layer, from 0 at the input.
        """
        nested = {key: params.pop(key) for key in [*params] if key.startswith("layers__")}
        super().set_params(**params)
        for key, value in nested.items():
            self.layers = _changed(self.layers, key.removeprefix("layers__"), value)
        return self

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """Of the input columns, shape (columns,), sum 1: the paper's I_p, over 1,000 training rows at most.

        I_p is the mean over the nodes q of the first layer of R^2(y, phi_{q,p}) (arXiv 2501.18199); for classes y is
        the one-hot column that node q was fitted to. All 0 where no block says anything of the target.
        """
        check_is_fitted(self, "layers_")
        z, targets = self._sample
        first = self.layers_[0]
        shares = block_r2(first, z, targets[np.arange(first.layer.nodes) % len(targets)]).mean(axis=0)
        total = float(shares.sum())
        found: Array = shares / total if total > 0 else np.zeros_like(shares)
        return found

    def _scaled(self, X: ArrayLike) -> Array:
        check_is_fitted(self, "layers_")
        return self._inputs.transform(validate_data(self, X, dtype=np.float64, reset=False))

    def _prepared(
        self, x: Array, sample_weight: ArrayLike | None
    ) -> tuple[int, float, Array, NDArray[np.intp], Array | None]:
        """Return seed and cutoff, scaled inputs of the rows that count, their numbers, and their weights."""
        seed, cutoff = self._checked_parameters()
        rows, weights = np.arange(len(x)), None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, x, dtype=np.float64, ensure_non_negative=True)
            rows = np.flatnonzero(weights)
            weights = None if np.all(weights[rows] == 1.0) else weights[rows]
            x = x if len(rows) == len(x) else x[rows]
        refuse_what_does_not_fit(self.layers, *x.shape)
        self._inputs = Scaler.fit(x, self.scaler)
        return seed, cutoff, self._inputs.transform(x), rows, weights

    def _keep_sample(self, z: Array, targets: Array) -> None:
        """Keep rows for the importances: `z` of shape (rows, columns), `targets` of shape (rows, targets)."""
        some = np.linspace(0, len(z) - 1, min(len(z), _SAMPLE)).astype(np.int64)
        self._sample = np.ascontiguousarray(z[some].T), np.ascontiguousarray(targets[some].T)

    def _module(self, task: str, output: Scaler) -> Any:
        from evokan.spaces.module import scaling, with_values
        from search_spaces.hkan.encoding import HKANArchitecture
        from search_spaces.hkan.network import HKANModule, state

        weights = state(self.layers_, output.shift, output.scale)
        # Not `layers`, which may have been set to others since.
        architecture = HKANArchitecture(self.n_features_in_, tuple(found.layer for found in self.layers_))
        spec = {"space": "hkan", "architecture": architecture.to_json(), "task": task}
        return with_values(HKANModule(architecture, spec), {**weights, **scaling(input=self._inputs)})

    def _checked_parameters(self) -> tuple[int, float]:
        """Return seed and cutoff as plain numbers."""
        faults = []
        if not _are_layers(self.layers):
            faults.append(f"layers {shown(self.layers)}: give a list of HKANLayer, the output layer last")
        else:
            faults += self._output_faults(self.layers[-1].nodes)
        try:
            seed = seed_of(self.random_state)
        except InputError as error:
            faults += error.faults
        cutoff = as_number(self.cutoff)
        if not 0 <= cutoff < 1:
            faults.append(f"cutoff {shown(self.cutoff)}: a number from 0 to below 1 is needed")
        if not isinstance(self.steady, bool | np.bool_):
            faults.append(f"steady {shown(self.steady)}: True or False")
        if not (isinstance(self.scaler, str) and self.scaler in ("minmax", "none")):
            faults.append(f"scaler {shown(self.scaler)}: minmax or none")
        if faults:
            raise InputError(*faults)
        return seed, cutoff

    def _output_faults(self, nodes: int) -> list[str]:
        raise NotImplementedError


class HKANRegressor(RegressorMixin, _Network):  # type: ignore[misc]
    """A hierarchical Kolmogorov-Arnold network for regression (arXiv 2501.18199).

    Parameters
    ----------
    layers
        A list from the input on; the last has one node. `set_params` and searches over parameters also take
        ``layers__NAME`` (say ``layers__nodes``, of the hidden layers) and ``layers__NUMBER__NAME``.
    random_state
        Of the centres: a whole number of at least 0; a RandomState, from which one is drawn; None, another each time.
    cutoff
        The last least squares takes singular values below this share of the largest as 0. Below 4e-15, columns that
        depend on one another in the training rows alone can make predictions on others explode.
    steady
        Whether they are kept from it further: blocks and hidden nodes have a small ridge whatever their own, and the
        last least squares takes of its weak directions those that cross-validation finds worth it. False is the
        paper's plain least squares, which functions without noise are fitted with to the last digits either way.
    scaler
        ``minmax`` brings inputs and target onto [0, 1] by the training rows, what the centres are made for; ``none``
        takes them as they are (the paper's tables are on [0, 1] already).

    Attributes
    ----------
    layers_
        The fitted layers.
    n_features_in_
        Input columns.

    Notes
    -----
    From 20,000 rows on, smooth basis functions are replaced by Chebyshev polynomials that equal them to some 1e-13
    while sums over the rows are taken; the fitted network has the basis functions themselves. BLAS works with all the
    threads that it is given.

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

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to `X`, shape (rows, columns), and `y`, shape (rows,); both finite.

        Parameters
        ----------
        sample_weight
            Shape (rows,), at least 0: a row of weight 2 counts as two in every least squares, and is drawn twice as
            often as a centre.

        Raises
        ------
        InputError
            A parameter cannot be used, or the rows take more memory than there is: one sentence for each fault.
        TrainingFailed
            A value is not finite.
        """
        x, given = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        seed, cutoff, z, rows, weights = self._prepared(x, sample_weight)
        target = np.asarray(given, dtype=np.float64)[rows, None]
        self._target = Scaler.fit(target, self.scaler)
        scaled = self._target.transform(target)
        self.layers_ = fit(self.layers, z, scaled, seed, cutoff, weights, steady=self.steady, with_outputs=False).layers
        self._keep_sample(z, scaled)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return predictions in the target's own units, shape (rows,)."""
        z = self._scaled(X)
        return self._target.inverse(predict(self.layers_, z))[:, 0]

    def to_module(self) -> Any:
        """Return the fitted network as a torch module: raw inputs (N, columns) to values (N, 1)."""
        check_is_fitted(self, "layers_")
        return self._module("regression", self._target)

    def _output_faults(self, nodes: int) -> list[str]:
        return [] if nodes == 1 else [f"layers: the last has {nodes} nodes; a regression has one output"]


class HKANClassifier(ClassifierMixin, PredictsClasses, _Network):  # type: ignore[misc]
    """A hierarchical Kolmogorov-Arnold network for classes: one-hot least squares below a logistic regression.

    That is ours (`search_spaces.hkan.head`); the paper, arXiv 2501.18199, has regression alone.

    Parameters
    ----------
    layers
        A list from the input on; the last has one node for each class, or 1, which stands for that.
    random_state, cutoff, steady
        As for `HKANRegressor`.
    scaler
        ``minmax`` brings inputs onto [0, 1] by the training rows; ``none`` takes them as they are.

    Attributes
    ----------
    classes_
        Class labels, in the order of the columns of `predict_proba`.
    layers_
        The fitted layers; the outputs of the last are logits.
    n_features_in_
        Input columns.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from search_spaces.hkan import HKANClassifier
    >>> x, y = load_wine(return_X_y=True)
    >>> model = HKANClassifier().fit(x[::2], y[::2])
    >>> model.score(x[1::2], y[1::2]) > 0.9
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to `X`, shape (rows, columns), finite, and labels `y`, shape (rows,), of at least two classes.

        Parameters
        ----------
        sample_weight
            As for `HKANRegressor`.

        Raises
        ------
        InputError
            A parameter cannot be used, or the rows take more memory than there is: one sentence for each fault.
        TrainingFailed
            A value is not finite.
        """
        x, given = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(given)
        seed, cutoff, z, rows, weights = self._prepared(x, sample_weight)
        self.classes_, labels = classes_of(np.asarray(given)[rows])
        count = len(self.classes_)
        nodes = self.layers[-1].nodes
        if nodes not in (1, count):
            raise InputError(f"layers: the last has {nodes} nodes; there are {count} classes (1 node stands for that)")
        layers = (*self.layers[:-1], replace(self.layers[-1], nodes=count))
        self.layers_ = fit_classes(
            layers, z, labels.astype(np.int64), count, seed, cutoff, weights, steady=self.steady
        )[0]
        self._keep_sample(z, np.eye(count)[labels])
        return self

    def to_module(self) -> Any:
        """Return the fitted network as a torch module: raw inputs (N, columns) to logits (N, classes)."""
        check_is_fitted(self, "layers_")
        return self._module("classification", Scaler(np.zeros(1), np.ones(1)))

    def _logits(self, X: ArrayLike) -> Array:
        z = self._scaled(X)
        return predict(self.layers_, z)

    def _output_faults(self, nodes: int) -> list[str]:
        return []


def _are_layers(layers: object) -> bool:
    return isinstance(layers, Sequence) and bool(layers) and all(isinstance(layer, HKANLayer) for layer in layers)


def _changed(layers: Sequence[HKANLayer], name: str, value: Any) -> list[HKANLayer]:
    """Return the layers with one attribute set, as `_Network.set_params` says."""
    if not _are_layers(layers):
        raise InputError(f"layers {shown(layers)}: give a list of HKANLayer, the output layer last")
    number, _, attribute = name.rpartition("__")
    known = [field.name for field in fields(HKANLayer)]
    if attribute not in known:
        raise unknown_name("attribute of HKANLayer", attribute, known)
    if number:
        if not (number.isdigit() and int(number) < len(layers)):
            raise InputError(f"layers__{name}: there are layers 0 to {len(layers) - 1}, no {number}")
        chosen = [int(number)]
    else:
        chosen = [*range(len(layers) - 1)] if attribute == "nodes" else [*range(len(layers))]
        chosen = [place for place in chosen if attribute in ("nodes", "basis") or not layers[place].is_identity]
    return [replace(layer, **{attribute: value}) if i in chosen else layer for i, layer in enumerate(layers)]
