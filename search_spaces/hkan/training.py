"""From a training job to trained values and losses."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from evokan.errors import TrainingFailed
from evokan.problem.problem import FoldArrays, Problem
from evokan.spaces.threads import single_threaded_math
from evokan.spaces.training import Budget, Trained, TrainingJob
from search_spaces.hkan.basis import Array
from search_spaces.hkan.encoding import HKANArchitecture
from search_spaces.hkan.fitting import fit, predict
from search_spaces.hkan.head import fit_classes
from search_spaces.hkan.network import state
from search_spaces.hkan.options import HKANOptions


def train(
    job: TrainingJob[HKANArchitecture], data: FoldArrays, problem: Problem, options: HKANOptions, budget: Budget
) -> Trained:
    """Train one network on one fold; numerical trouble comes back as `Trained.failed`.

    The network is fitted to the target brought onto [0, 1] by the fold's own training rows (the paper's range), or
    to one-hot classes, with a logistic regression in the last layer's place (`search_spaces.hkan.head`). The loss is
    the root mean squared error of the scaled target; for classes the mean cross-entropy. What is done for classes is
    ours: the paper has regression alone.
    """
    began = time.perf_counter()
    architecture = job.architecture
    x = np.asarray(data.x_train, dtype=np.float64)
    x_val = np.asarray(data.x_val, dtype=np.float64)
    classes = problem.n_outputs if problem.task.has_classes else 0
    # The same sums in the same order, whoever calls: one thread, as inside the framework's executors.
    with single_threaded_math():
        try:
            if classes:
                result = _classify(architecture, x, x_val, data.y_train, data.y_val, classes, job, options)
            else:
                result = _regress(architecture, x, x_val, data.y_train, data.y_val, job, options)
        except TrainingFailed as failure:
            return Trained.failed(str(failure), time.perf_counter() - began)
    train_loss, val_loss, weights = result
    seconds = time.perf_counter() - began
    if not (np.isfinite([train_loss, val_loss]).all() and all(np.isfinite(value).all() for value in weights.values())):
        return Trained.failed("the loss is not finite", seconds)
    return Trained(val_loss, train_loss, 1, 1, seconds, weights=weights if job.keep_weights else None)


Result = tuple[float, float, dict[str, NDArray[np.generic]]]
"""Training loss, validation loss (the same without validation rows), trained values."""


def _regress(
    architecture: HKANArchitecture,
    x: Array,
    x_val: Array,
    y: NDArray[np.generic],
    y_val: NDArray[np.generic],
    job: TrainingJob[HKANArchitecture],
    options: HKANOptions,
) -> Result:
    # Of a trajectory every concept is a target.
    target = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    low = target.min(axis=0)
    span = target.max(axis=0) - low
    span[span == 0.0] = 1.0
    found = fit(architecture.layers, x, (target - low) / span, job.seed, options.cutoff, steady=options.steady)

    def loss(outputs: Array, wanted: Array) -> float:
        return float(np.sqrt(np.mean((outputs * span + low - wanted) ** 2)))

    train_loss = loss(found.outputs.T, target)
    val_loss = train_loss
    if len(y_val):
        val_loss = loss(predict(found.layers, x_val), np.asarray(y_val, dtype=np.float64).reshape(len(y_val), -1))
    return train_loss, val_loss, state(found.layers, low, span)


def _classify(
    architecture: HKANArchitecture,
    x: Array,
    x_val: Array,
    y: NDArray[np.generic],
    y_val: NDArray[np.generic],
    classes: int,
    job: TrainingJob[HKANArchitecture],
    options: HKANOptions,
) -> Result:
    labels = np.asarray(y, dtype=np.int64)
    layers, logits = fit_classes(
        architecture.layers, x, labels, classes, job.seed, options.cutoff, steady=options.steady
    )
    train_loss = _cross_entropy(logits, labels)
    val_loss = train_loss
    if len(y_val):
        val_loss = _cross_entropy(predict(layers, x_val), np.asarray(y_val, dtype=np.int64))
    return train_loss, val_loss, state(layers, np.zeros(1), np.ones(1))


def _cross_entropy(logits: Array, labels: NDArray[np.int64]) -> float:
    return -float(log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())
