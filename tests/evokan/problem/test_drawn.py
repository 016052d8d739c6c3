"""Rows are drawn as scikit-learn draws them."""

from __future__ import annotations

import subprocess
import sys
from math import ceil

import numpy as np
import pytest
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from evokan.problem.drawn import drawn_apart, fold_numbers

SIZES = (0.1, 0.2, 0.3, 1 / 9, 0.25, 0.5, 0.83)


def tables(count: int):
    """Yield rows, classes and a seed: few and many, even and uneven, numbers and names, in any order."""
    rng = np.random.default_rng(0)
    for number in range(count):
        rows = rng.permutation(500)[: rng.integers(8, 300)]
        classes = rng.integers(1, 6)
        y = rng.choice(classes, len(rows), p=rng.dirichlet(np.full(classes, 2.0)))
        yield rows, np.array(list("dcbae"))[y] if number % 2 else y, int(rng.integers(0, 2**32))


def test_parts_are_those_of_scikit_learn():
    stratified = 0
    for number, (rows, y, seed) in enumerate(tables(300)):
        size = SIZES[number % len(SIZES)]
        for ours, theirs in zip(
            drawn_apart(rows, size, seed, None), train_test_split(rows, test_size=size, random_state=seed), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)
        counts, taken = np.unique(y, return_counts=True)[1], ceil(size * len(rows))
        if counts.min() < 2 or min(taken, len(rows) - taken) < len(counts):
            continue
        stratified += 1
        theirs = train_test_split(rows, test_size=size, random_state=seed, stratify=y)
        for ours, other in zip(drawn_apart(rows, size, seed, y), theirs, strict=True):
            np.testing.assert_array_equal(ours, other)
    assert stratified > 200


@pytest.mark.filterwarnings("error")
def test_folds_are_those_of_scikit_learn():
    stratified = 0
    for number, (rows, y, seed) in enumerate(tables(300)):
        folds = 2 + number % 5
        numbers = fold_numbers(len(rows), folds, seed, None)
        for fold, (_, held_out) in enumerate(KFold(folds, shuffle=True, random_state=seed).split(rows)):
            np.testing.assert_array_equal(np.flatnonzero(numbers == fold), held_out)
        if np.unique(y, return_counts=True)[1].min() < folds:
            continue
        stratified += 1
        numbers = fold_numbers(len(rows), folds, seed, y)
        for fold, (_, held_out) in enumerate(StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, y)):
            np.testing.assert_array_equal(np.flatnonzero(numbers == fold), held_out)
    assert stratified > 150


def test_a_search_begins_without_scikit_learn():
    script = (
        "import sys; from evokan.searching import entry; from evokan.settings.job import prepare, resolve\n"
        "job = prepare(resolve({'space': 'gakan', 'dataset': 'wine', 'folds': 5}, None)); job.problem.folds\n"
        "print(*({'sklearn', 'torch', 'sympy', 'matplotlib', 'scipy.stats', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
