"""A search as fit and predict, in the manner of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from evokan.datasets.columns import ColumnSchema
from evokan.datasets.given import frame_with_target, free_name
from evokan.datasets.values import label
from evokan.errors import InputError
from evokan.problem.prediction import PredictsClasses, classes_of, predict
from evokan.runs.predictions import own_units
from evokan.searching import engine
from evokan.searching.build import make_executor
from evokan.searching.callbacks import observers
from evokan.searching.clock import Clock
from evokan.searching.entry import keep
from evokan.searching.inputs import Inputs
from evokan.searching.log import Lines
from evokan.searching.observer import Observers
from evokan.searching.outcome import Outcome
from evokan.searching.parameters import RENAMED
from evokan.settings.given import with_files
from evokan.settings.job import prepare, resolve
from evokan.settings.spoken import naming_keywords

if TYPE_CHECKING:
    import torch

    from evokan.explain.formulas.formula import Formula
    from evokan.runs.run import Run


class _Search(Inputs):
    """What regressor and classifier share."""

    outcome_: Outcome
    model_: torch.nn.Module
    front_: pd.DataFrame
    history_: pd.DataFrame
    run_: Run
    n_features_in_: int

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """Of the columns of `X`, shape (columns,), sum 1: share of the spread that reaches the outputs of `model_`.

        A categorical column has the sum of its levels; 0 throughout where the family does not tell.
        """
        check_is_fitted(self, "outcome_")
        job = self.outcome_.job
        shares = self._once("importances", lambda: job.space.explain(self.model_, job.problem).importances)
        ends = np.cumsum([len(column.features) for column in self._schema.columns])
        shares = shares if len(shares) == ends[-1] else np.zeros(ends[-1])
        return np.array([part.sum() for part in np.split(shares, ends[:-1])])

    @property
    def formula_(self) -> Formula:
        """The network as a formula in the names and units of the columns; read at first use, `formula_seconds` long.

        There is none (`AttributeError`) where the family has no one-variable edges.
        """
        check_is_fitted(self, "outcome_")
        found: Formula = self._once("formula", self._read)
        return found

    def _read(self) -> Formula:
        from evokan.explain import Split, Units, find_formulas
        from evokan.explain.formulas.logarithm import of_target
        from evokan.explain.unseen import LastFit, unseen_outputs

        job = self.outcome_.job
        try:
            graph = job.space.graph(self.model_, job.problem)
        except InputError as error:
            raise AttributeError(f"formula_: {error}") from error
        split, one = Split.of(job.problem, graph), self.outcome_.chosen.finalist
        last = LastFit(one.architecture, job.config.refit, one.seed, one.iterations)
        found = find_formulas(
            graph,
            split,
            time_limit=self.formula_seconds,
            units=None if job.config.units is None else Units.of(job.config.units),
            unseen=unseen_outputs(job.space, job.problem, last, graph, split, job.budget),
        )
        return (of_target(found, self._schema.target) if self._schema.log_target else found).best

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._late:
            self._late[name] = make()
        return self._late[name]

    def __dir__(self) -> list[str]:
        # Whoever lists attributes looks at each, as the HTML of scikit-learn does: that must not read a network.
        read = "formula" in vars(self).get("_late", {})
        names = [name for name in object.__dir__(self) if read or name != "formula_"]
        return [name for name in names if hasattr(self, name)]

    def _search(
        self, frame: pd.DataFrame, target: Any, name: object, groups: Any, held_out: tuple[pd.DataFrame, Any] | None
    ) -> None:
        """Search on all rows of `frame`, those in `held_out` judging, and keep what is found."""
        clock = Clock(self.timeout or None)
        self.__dict__.pop("run_", None)
        observer = Observers(*([Lines()] if self.verbose else []), *observers(self.callbacks))
        table, column = frame_with_target(frame, target, name)
        given = {"target": column, "task": self._task}
        if groups is not None:
            check_consistent_length(frame, groups)
            given["group"] = free_name(table, "group")
            table = table.assign(**{given["group"]: column_or_1d(groups)})
        rows = {"data": table}
        if held_out is not None:
            rows["val_data"] = held_out[0].assign(**{column: held_out[1]})
        with naming_keywords(RENAMED):
            settings, kept = with_files(self.settings() | given | rows)
            job = prepare(resolve(settings), kept=kept)
            if self.out is None:
                with make_executor(job.config, observer) as executor:
                    outcome = engine.search(job, executor, observer, clock=clock)
                observer.on_end()
            else:
                self.run_, outcome = keep(job, observer, clock)
        self._late: dict[str, Any] = {}
        self.outcome_, job = replace(outcome, job=replace(outcome.job, kept={})), outcome.job
        self._schema = ColumnSchema.from_dict(job.problem.table.schema)
        chosen = outcome.chosen
        self.model_ = job.space.model(chosen.finalist.architecture, job.problem, chosen.weights)
        self.front_, self.history_ = outcome.front_table(), outcome.history_table()

    def _outputs(self, X: Any) -> NDArray[np.float64]:
        """Return what the network says of each row, shape (rows, outputs)."""
        check_is_fitted(self, "outcome_")
        frame, _ = self._inputs(X)
        return predict(self.model_, self._schema.transform(frame))


class EvoKANRegressor(RegressorMixin, _Search):  # type: ignore[misc]
    """The smallest Kolmogorov-Arnold network that explains a number: a search of evokan by fit and predict.

    Parameters are those of `EvoKANClassifier`; `predict`, `score` and `formula_` are in the target's own units, with
    `log_target` as well.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = EvoKANRegressor(population=10, generations=2).fit(X, y)  # doctest: +SKIP
    >>> print(model.formula_)  # doctest: +SKIP
    """

    _task = "regression"

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        X_val: Any = None,
        y_val: ArrayLike | None = None,
        **unknown: Any,
    ) -> Self:
        """Search on all rows of `X`, shape (rows, columns), numbers or a frame, and of `y`, shape (rows,).

        Parameters
        ----------
        groups
            Shape (rows,): rows with equal values stay together in the folds.
        X_val, y_val
            Rows to judge networks by, in place of folds; nothing is fitted to them, by default not in the end either.

        Raises
        ------
        InputError
            A parameter or the rows cannot be used: one sentence for each fault. Also for `sample_weight` and the like:
            a search counts every row once.
        TrainingFailed
            No network could be trained.
        """
        _refuse(unknown)
        frame, given = self._inputs(X, y)
        held_out = self._held_out(X_val, y_val)
        self._search(frame, np.asarray(given, dtype=np.float64), getattr(y, "name", None), groups, held_out)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return values in the target's own units, shape (rows,)."""
        return own_units(self._outputs(X), self._schema)[:, 0]


class EvoKANClassifier(ClassifierMixin, PredictsClasses, _Search):  # type: ignore[misc]
    """The smallest Kolmogorov-Arnold network that tells classes apart: a search of evokan by fit and predict.

    All rows given are searched on: no test part is held out, so score on rows of your own.

    Parameters
    ----------
    space, space_options, preset
        Family of networks (``evokan spaces``), its options by name, and its published protocol (``paper``).
        ``set_params(space__max_depth=4)``, and so a grid, reaches into the options.
    population, generations, algorithm, ..., handle_unknown
        Settings of `evokan.settings.config.SearchConfig` under the same names. None takes what family, preset and
        algorithm name, else the default there: for ``gakan`` population 100, generations 20, folds 5, choose "se:0.25".
    log_target
        Of a regressor: whether to fit the logarithm of a target above 0, for one that spans powers of ten.
    formula_seconds
        Work for `formula_`, in seconds.
    units
        Of columns and target, by name, or a file of lines ``speed: m/s``: `formula_` in dimensionless groups.
    timeout
        Seconds until `fit` ends with the best so far; None is no limit.
    device, ray, ray_address, gpus_per_task, cohort_timeout
        Where networks are trained, as in `SearchConfig`.
    n_jobs
        Threads (or workers of Ray): None is 1, -1 all processors. The result is the same.
    random_state
        Of search, split and folds: a whole number of at least 0; a RandomState, from which one is drawn; None, another
        each time.
    verbose
        Whether to print a line for each generation.
    callbacks
        Functions that are called after each generation, and objects of `evokan.Callback` or `evokan.Observer`: see
        `evokan.search`.
    out
        New folder for a run as `evokan.search` leaves it; the rows are kept in it, as ``data.feather``.

    Attributes
    ----------
    classes_
        Class labels, in the order of the columns of `predict_proba`.
    n_features_in_, feature_names_in_
        Number of columns, and their names where `X` was a frame.
    feature_importances_, formula_
        What each column is worth to the network, and the network as a formula (`evokan.explain.Formula`).
    front_, history_
        Frames: the front of loss against size, as in ``pareto.csv``, and a row for each generation.
    model_, outcome_
        The chosen network, a torch module of raw inputs as encoded, and all that the search found.
    run_
        The `evokan.Run` in `out`; there only where that was given.

    Notes
    -----
    Frames (pandas, polars, Arrow) are taken as `evokan.datasets.table_from_frame` says: columns of text,
    booleans and categories become an input for each level. Arrays hold numbers.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> model = EvoKANClassifier(population=10, generations=2, n_jobs=-1)
    >>> model.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.9  # doctest: +SKIP
    True
    """

    _task = "classification"

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        X_val: Any = None,
        y_val: ArrayLike | None = None,
        **unknown: Any,
    ) -> Self:
        """Search on all rows of `X`, shape (rows, columns), numbers or a frame, and labels `y`, shape (rows,).

        Parameters
        ----------
        groups, X_val, y_val
            As for `EvoKANRegressor.fit`; every label of `y_val` must be one of `y`.

        Raises
        ------
        InputError, TrainingFailed
            As for `EvoKANRegressor.fit`; there must be two classes of two rows each.
        """
        _refuse(unknown)
        frame, given = self._inputs(X, y)
        check_classification_targets(given)
        classes, numbers = classes_of(given)
        kinds = pd.Categorical([label(value) for value in classes], categories=[label(value) for value in classes])
        held_out = self._held_out(X_val, y_val)
        if held_out is not None:
            new = np.setdiff1d(held_out[1], classes)
            if len(new):
                raise InputError(f"y_val: label {label(new[0])!r} is none of y")
            held_out = held_out[0], kinds.take(np.searchsorted(classes, held_out[1]))
        self._search(frame, kinds.take(numbers), getattr(y, "name", None), groups, held_out)
        self.classes_ = classes
        return self

    def _logits(self, X: Any) -> NDArray[np.float64]:
        return self._outputs(X)


def _refuse(unknown: Mapping[str, Any]) -> None:
    """Refuse what `fit` is given beside the rows; None is nothing."""
    given = [name for name, value in unknown.items() if value is not None]
    if given:
        raise InputError(
            *(f"fit takes no {name}: a search counts every row once, so repeat rows that count more" for name in given)
        )
