"""Make a network smaller before it is read: prune by attribution, merge what only passes on, fit again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from evokan.arrays import FloatArray
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.forms import LawForm, SplineForm
from evokan.explain.reading.network import Link, Network
from evokan.spaces.graph import SplineTable

Fit = Callable[[Network], Network | None]
"""Fits a network again and returns it, or None where it has become too bad."""


MANY = 24
COLUMNS = 8
"""Links and columns at most that a search for formulas begins with."""


def attributions(network: Network, x: FloatArray) -> FloatArray:
    """Return the score of every link, shape (links,), on the scaled rows `x`, shape (N, inputs).

    The score of a node is shared out to its incoming links by the spread of what they add, from the outputs down:
    B_l = A_j sd(link l) / sd(node j), A_i = sum of the B of the links that leave i (Liu et al., "KAN 2.0",
    arXiv 2408.10205, Section 4.1; the layer-wise score of GA-KAN's explanations).
    """
    values = network.forward(x)
    node = np.zeros(network.n_nodes)
    node[list(network.outputs)] = 1.0
    scores = np.zeros(len(network.links))
    for target in range(network.n_nodes - 1, network.n_inputs - 1, -1):
        total = max(float(values[target].std()), 1e-12)
        for number in network.into(target):
            link = network.links[number]
            scores[number] = node[target] * float(link.form.value(values[link.source]).std()) / total
            node[link.source] += scores[number]
    return scores


def thinned(network: Network, x: FloatArray) -> Network:
    """Return `network` with its strongest links alone where it has many, judged on scaled rows `x`, shape (N, inputs).

    Those that together make 95 % of all scores, at most `MANY`; the others become constants. What that costs, a new
    fit of the rest makes up for, in a fraction of the time.
    """
    scores = attributions(network, x)
    order = np.argsort(-scores, kind="stable")
    needed = int(np.searchsorted(np.cumsum(scores[order]), 0.95 * scores.sum())) + 1
    weak = order[max(min(needed, MANY), 1) :].tolist() if len(network.links) > MANY // 2 else []
    values = network.forward(x)
    constants = [float(network.links[i].form.value(values[network.links[i].source]).mean()) for i in weak]
    found = network.without(weak, constants)
    return found if found.links else network


def strongest_columns(network: Network, x: FloatArray, most: int = COLUMNS) -> list[int]:
    """Return the input columns in use, ascending; where there are more than `most`, the strongest.

    They are judged on scaled rows `x`, shape (N, inputs).
    """
    scores = np.zeros(network.n_inputs)
    for link, score in zip(network.links, attributions(network, x), strict=True):
        if link.source < network.n_inputs:
            scores[link.source] += max(score, 1e-300)
    return sorted(np.argsort(-scores, kind="stable")[: min(most, np.count_nonzero(scores))].tolist())


def prune(network: Network, x: FloatArray, fit: Fit, effort: Effort) -> Network:
    """Return `network` without links it can do without.

    The weakest links go first, at first many at once: where `fit` refuses, half as many
    are tried, and a single link that cannot go is kept for good.

    Parameters
    ----------
    x
        Scaled rows for the attributions.
    fit
        Fits and judges.
    """
    kept: set[tuple[int, int]] = set()
    batch = max(1, len(network.links) // 3)
    while not effort.over:
        scores = attributions(network, x)
        order = [i for i in np.argsort(scores, kind="stable").tolist() if _ends(network.links[i]) not in kept]
        # The last link is never a candidate: a formula has at least one.
        order = order[: max(0, min(len(order), len(network.links) - 1))]
        if not order:
            break
        numbers = order[:batch]
        values = network.forward(x)
        constants = [float(network.links[i].form.value(values[network.links[i].source]).mean()) for i in numbers]
        pruned = network.without(numbers, constants)
        smaller = fit(pruned) if pruned.links else None
        if smaller is not None:
            # Other numbers of nodes mean other names of the links that were kept.
            kept = kept if smaller.n_nodes == network.n_nodes else set()
            network = smaller
        elif len(numbers) > 1:
            batch = max(1, len(numbers) // 2)
        else:
            kept.add(_ends(network.links[numbers[0]]))
    return network


def merge(network: Network, x: FloatArray) -> Network:
    """Return the network without nodes that only pass on.

    A hidden node whose one outgoing link is a line is left out, its incoming links lead on, times the line's slope;
    a node with one incoming and one outgoing link becomes one link, their composition (sampled as a spline on the
    scaled rows `x`). Node functions other than the identity stay.
    """
    while True:
        for node in range(network.n_inputs, network.n_nodes):
            if node in network.outputs or network.function_of(node) != "identity":
                continue
            incoming, outgoing = network.into(node), network.out_of(node)
            if len(outgoing) != 1 or not incoming:
                continue
            out = network.links[outgoing[0]]
            if _is_line(out):
                network = _bypass(network, node, outgoing[0])
                break
            if len(incoming) == 1:
                network = _compose(network, incoming[0], outgoing[0], x)
                break
        else:
            return network


def _bypass(network: Network, node: int, number: int) -> Network:
    out = network.links[number]
    assert isinstance(out.form, LawForm)
    slope = out.form.law.c
    links = []
    for link in network.links:
        if link is out:
            continue
        links.append(Link(link.source, out.target, _times(link, slope)) if link.target == node else link)
    biases = network.biases.copy()
    biases[out.target] += slope * biases[node]
    biases[node] = 0.0
    return replace(network, links=tuple(links), biases=biases).tidy()


def _compose(network: Network, first: int, second: int, x: FloatArray) -> Network:
    lower, upper = network.links[first], network.links[second]
    bias = float(network.biases[lower.target])
    points = network.forward(x)[lower.source]
    table = SplineTable.sample(
        lambda z: upper.form.value(lower.form.value(z) + bias), float(points.min()), float(points.max())
    )
    links = tuple(link for i, link in enumerate(network.links) if i not in (first, second))
    biases = network.biases.copy()
    biases[lower.target] = 0.0
    return replace(network, links=(*links, Link(lower.source, upper.target, SplineForm(table))), biases=biases).tidy()


def _times(link: Link, factor: float) -> LawForm | SplineForm:
    form = link.form
    if isinstance(form, LawForm):
        return LawForm(replace(form.law, c=form.law.c * factor))
    assert isinstance(form, SplineForm)
    return form.with_params(form.params * factor)


def _is_line(link: Link) -> bool:
    return isinstance(link.form, LawForm) and link.form.law.function.name == "x"


def _ends(link: Link) -> tuple[int, int]:
    return link.source, link.target
