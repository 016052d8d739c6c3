"""What edges and inputs are worth: by hand, and the two ways of working it out against each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from evokan.spaces.attribution import EdgeLayer, explain_edges, sample, spread
from evokan.testing import small_problem

PROBLEM = small_problem("regression")


def layer(source, target, spreads, totals, lower, *, dense=False):
    x = torch.linspace(0, 1, 5, dtype=torch.float64)[:, None].expand(5, lower)
    return EdgeLayer(
        torch.tensor(source),
        torch.tensor(target),
        torch.tensor(spreads, dtype=torch.float64),
        torch.tensor(totals, dtype=torch.float64),
        x,
        torch.arange(5.0, dtype=torch.float64)[:, None] * torch.ones(len(source), dtype=torch.float64),
        dense=dense,
    )


def test_two_layers_by_hand():
    # Inputs 0 and 2 into two hidden nodes, both into the output.
    lower = layer([0, 2, 2], [0, 0, 1], [3.0, 1.0, 5.0], [4.0, 5.0], 4)
    upper = layer([0, 1], [0, 0], [2.0, 6.0], [8.0], 2)
    found = explain_edges((4, 2, 1), [lower, upper], PROBLEM)
    hidden = [2 / 8, 6 / 8]
    scores = [hidden[0] * 3 / 4, hidden[0] * 1 / 4, hidden[1] * 5 / 5]
    importances = np.array([scores[0], 0.0, scores[1] + scores[2], 0.0])
    assert found.importances == pytest.approx(importances / importances.sum())
    assert [edge.weight for edge in found.edges] == pytest.approx(np.array([*scores, *hidden]) / max(*scores, *hidden))
    assert [(edge.layer, edge.source, edge.target) for edge in found.edges] == [
        (0, 0, 0), (0, 2, 0), (0, 2, 1), (1, 0, 0), (1, 1, 0),
    ]  # fmt: skip
    assert found.output_names == ("y",)


def test_a_dense_layer_is_a_list_of_all_pairs():
    rng = np.random.default_rng(0)
    shapes = [(3, 2), (1, 3)]
    both = []
    for dense in (False, True):
        rng = np.random.default_rng(0)
        layers = []
        for upper, lower in shapes:
            pairs = [(j, i) for j in range(upper) for i in range(lower)]
            layers.append(
                layer(
                    [i for _, i in pairs],
                    [j for j, _ in pairs],
                    rng.random(len(pairs)).tolist(),
                    rng.random(upper).tolist(),
                    lower,
                    dense=dense,
                )
            )
        both.append(explain_edges((4, 3, 1), layers, PROBLEM, columns=(1, 3)))
    assert both[0].importances == pytest.approx(both[1].importances)
    assert [e.weight for e in both[0].edges] == pytest.approx([e.weight for e in both[1].edges])
    assert both[0].importances[[0, 2]].tolist() == [0.0, 0.0]
    assert {edge.source for edge in both[0].edges if edge.layer == 0} == {1, 3}


def test_a_node_that_does_not_vary_passes_nothing_on():
    found = explain_edges((4, 1), [layer([0, 1], [0, 0], [0.0, 0.0], [0.0], 4)], PROBLEM)
    assert found.importances.tolist() == [0.0] * 4
    assert [edge.weight for edge in found.edges] == [0.0, 0.0]


def test_spread_and_sample_are_those_of_the_columns():
    values = torch.tensor([[0.0, 5.0], [2.0, 5.0], [4.0, 8.0]], dtype=torch.float64)
    assert spread(values).numpy() == pytest.approx(values.numpy().std(axis=0))
    assert sample(values, 3).tolist() == [[0.0, 5.0], [2.0, 6.5], [4.0, 8.0]]
