"""The network the user keeps: its formula, pruning, units, and what it explains."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from gakan_reference import Case, phi, random_case, random_masks

from evokan.problem.problem import Problem
from evokan.testing import small_problem
from search_spaces.gakan import GAKAN
from search_spaces.gakan.encoding import KANArchitecture, from_masks, full_network, prune
from search_spaces.gakan.flat import flatten, state_dict
from search_spaces.gakan.network import SparseKAN
from search_spaces.gakan.options import GAKANOptions
from search_spaces.gakan.training import initial_values


def zeros(architecture: KANArchitecture, lo: float = -4.0, hi: float = 4.0) -> dict[str, np.ndarray]:
    """A state of zeros, on one grid for all nodes; tests fill in what they need."""
    weights = {}
    for layer, (lower, edges) in enumerate(zip(architecture.widths, architecture.edges, strict=False)):
        weights[f"layers.{layer}.coefficients"] = np.zeros((len(edges), architecture.intervals + 3))
        weights[f"layers.{layer}.w_b"] = np.zeros(len(edges))
        weights[f"layers.{layer}.w_s"] = np.ones(len(edges))
        weights[f"layers.{layer}.lo"] = np.full(lower, lo)
        weights[f"layers.{layer}.h"] = np.full(lower, (hi - lo) / architecture.intervals)
    return weights


def line(intervals: int, slope: float, offset: float = 0.0, lo: float = -4.0, hi: float = 4.0) -> np.ndarray:
    """Coefficients of offset + slope x: the middle knots of the basis functions."""
    return offset + slope * (lo + (hi - lo) / intervals * (np.arange(intervals + 3) - 1))


def module(architecture: KANArchitecture, weights) -> SparseKAN:
    model = SparseKAN(architecture, {})
    model.load_state_dict({**model.state_dict(), **{name: torch.as_tensor(v) for name, v in weights.items()}})
    return model


# ---------------------------------------------------------------- the formula


@pytest.mark.parametrize("widths", [(3, 2), (4, 5, 3), (3, 4, 4, 2), (2, 3, 3, 3, 1)])
@pytest.mark.parametrize("intervals", [1, 5, 64])
def test_pruning_changes_no_output(widths, intervals):
    rng = np.random.default_rng([*widths, intervals])
    for share in (0.35, 0.7):
        masks = random_masks(rng, widths, share)
        # Every edge of the unpruned network has a function. One whose lower neuron no input reaches would add a
        # constant, which pruning drops by design: it gets no spline, and so passes 0 on (silu(0) = 0).
        reached = [np.ones(widths[0], dtype=bool)]
        for mask in masks:
            reached.append((mask & reached[-1]).any(axis=1))
        coefficients = [
            rng.normal(size=(*mask.shape, intervals + 3)) * reached[i][:, None] for i, mask in enumerate(masks)
        ]
        w_b, w_s = ([rng.normal(size=mask.shape) for mask in masks] for _ in range(2))
        lo = [rng.uniform(-3, -1, lower) for lower in widths[:-1]]
        h = [rng.uniform(2, 6, lower) / intervals for lower in widths[:-1]]

        x = values = rng.normal(size=(50, widths[0])) * 2
        for i, mask in enumerate(masks):
            above = np.zeros((50, widths[i + 1]))
            for target, source in zip(*np.nonzero(mask), strict=True):
                place = target, source
                above[:, target] += phi(
                    values[:, source], coefficients[i][place], w_b[i][place], w_s[i][place], lo[i][source], h[i][source]
                )
            values = above

        architecture = from_masks(masks, intervals)
        kept: list[np.ndarray] = [np.arange(widths[0])]
        weights = {}
        for i, mask in enumerate(prune(masks)):
            last = i == len(masks) - 1
            targets, sources = np.nonzero(mask)
            order = np.lexsort((targets, sources))
            places = targets[order], sources[order]
            weights |= {
                f"layers.{i}.coefficients": coefficients[i][places],
                f"layers.{i}.w_b": w_b[i][places],
                f"layers.{i}.w_s": w_s[i][places],
                f"layers.{i}.lo": lo[i][kept[i]],
                f"layers.{i}.h": h[i][kept[i]],
            }
            kept.append(np.arange(widths[-1]) if last else np.flatnonzero(mask.any(axis=1)))
        with torch.no_grad():
            outputs = module(architecture, weights)(torch.from_numpy(x)).numpy()
        assert np.allclose(outputs, values, rtol=0, atol=1e-11 * max(1.0, np.abs(values).max()) * 10)


@pytest.mark.parametrize("intervals", [1, 5, 17])
def test_kernel_values_land_at_the_right_edges(intervals):
    rng = np.random.default_rng(intervals)
    for widths in ((4, 3), (4, 5, 3), (3, 4, 4, 2)):
        case = random_case(rng, widths, intervals)
        weights = state_dict(case.architecture, case.flat, case.theta, case.input_grid, case.hidden_grid)
        edges, size = case.architecture.n_edges, intervals + 3
        position = 0
        for layer, pairs in enumerate(case.architecture.edges):
            for place, (source, _) in enumerate(pairs):
                assert np.array_equal(
                    weights[f"layers.{layer}.coefficients"][place], case.theta[position * size : (position + 1) * size]
                )
                assert weights[f"layers.{layer}.w_b"][place] == case.theta[edges * size + position]
                assert weights[f"layers.{layer}.w_s"][place] == case.theta[edges * size + edges + position]
                if layer == 0:
                    node = list(case.flat.columns).index(source)
                    grid = case.input_grid
                else:
                    node = int(case.flat.level_start[layer - 1]) + source
                    grid = case.hidden_grid
                assert weights[f"layers.{layer}.lo"][source] == grid[0][node]
                assert weights[f"layers.{layer}.h"][source] == grid[1][node]
                position += 1
        assert position == edges


def test_the_flat_form_numbers_nodes_through_the_levels():
    architecture = KANArchitecture((5, 2, 3), (((1, 0), (1, 1), (4, 1)), ((0, 0), (0, 2), (1, 0))), 4, 16)
    flat = flatten(architecture)
    assert flat.columns.tolist() == [1, 4]
    assert flat.layer_start.tolist() == [0, 3, 6]
    assert flat.level_start.tolist() == [0, 2, 5]
    assert flat.source.tolist() == [0, 0, 1, 0, 0, 1]
    assert flat.target.tolist() == [0, 1, 1, 2, 4, 2]
    assert flat.n_hidden == 2
    assert all(array.dtype == np.int32 for array in flat.arrays)


def test_initial_values_are_scaled_by_the_live_inputs_and_follow_the_seed():
    options = GAKAN().options
    architecture = full_network((4, 3, 2), 5)
    flat = flatten(architecture)
    theta = initial_values(architecture, flat, options, 3)
    assert np.array_equal(theta, initial_values(architecture, flat, options, 3))
    assert not np.array_equal(theta, initial_values(architecture, flat, options, 4))
    edges, size = 18, 8
    assert np.abs(theta[: edges * size]).max() <= options.noise / 2
    share = np.sqrt(np.repeat([1 / 4, 1 / 3], [12, 6]))
    assert (np.abs(theta[edges * size : -edges]) <= options.base_scale * share).all()
    assert np.allclose(theta[-edges:], share)


def test_initial_values_of_pykan():
    """pykan 0.2.1: coefficients in +-1 / (2 G), w_b = (2 z - 1) / sqrt(all inputs), w_s = 1; masked inputs count."""
    options = GAKANOptions(start="pykan", max_width=9)
    architecture = full_network((4, 3, 2), 5)
    flat = flatten(architecture)
    thetas = np.array([initial_values(architecture, flat, options, seed) for seed in range(400)])
    edges, size = 18, 8
    coefficients, w_b, w_s = np.split(thetas, [edges * size, edges * (size + 1)], axis=1)
    assert 0.099 < np.abs(coefficients).max() <= 0.1
    assert (w_s == 1.0).all()
    inputs = np.repeat([4, 9], [12, 6])
    z = (w_b * np.sqrt(inputs) + 1.0) / 2.0
    assert np.abs(z.mean(axis=0)).max() < 0.2
    assert np.abs(z.std(axis=0) - 1.0).max() < 0.15


# ---------------------------------------------------------------- raw inputs, own units


def built(problem: Problem, architecture: KANArchitecture, weights) -> SparseKAN:
    return GAKAN().model(architecture, problem, weights)


@pytest.mark.parametrize("scaler", ["standard", "minmax", "none"])
def test_a_model_takes_raw_inputs_and_answers_in_the_targets_units(scaler):
    problem = small_problem("regression", scaler=scaler)
    architecture = full_network((4, 1), 2)
    weights = zeros(architecture, -1000.0, 1000.0)
    weights["layers.0.coefficients"][2] = line(2, 0.5, 0.25, -1000.0, 1000.0)
    with torch.no_grad():
        outputs = built(problem, architecture, weights)(torch.as_tensor(problem.table.X)).numpy()
    scaled = 0.25 + 0.5 * problem.scaled_inputs[:, 2]
    assert outputs.shape == (60, 1)
    assert np.allclose(outputs[:, 0], problem.target_scaler.inverse(scaled[:, None])[:, 0], rtol=1e-11)


def test_logits_are_not_scaled_and_an_unreached_class_has_0():
    problem = small_problem("classification")
    architecture = KANArchitecture((4, 3), (((1, 0), (1, 2)),), 3, 12)
    weights = zeros(architecture, -100.0, 100.0)
    weights["layers.0.coefficients"][:] = [line(3, 1.0, 0.0, -100.0, 100.0), line(3, -2.0, 7.0, -100.0, 100.0)]
    with torch.no_grad():
        outputs = built(problem, architecture, weights)(torch.as_tensor(problem.table.X)).numpy()
    z = problem.scaled_inputs[:, 1]
    assert np.allclose(outputs, np.stack([z, 0 * z, 7 - 2 * z], axis=1), rtol=0, atol=1e-12)


def test_any_floating_type_will_do_and_no_rows_too():
    problem = small_problem("classification")
    case = random_case(np.random.default_rng(0), (4, 3, 3), 5)
    model = built(
        problem,
        case.architecture,
        state_dict(case.architecture, case.flat, case.theta, case.input_grid, case.hidden_grid),
    )
    x = torch.as_tensor(problem.table.X)
    with torch.no_grad():
        outputs = model(x)
        assert outputs.dtype == torch.float64
        assert torch.equal(model(x.float()), model(x.float().double()))
        assert model(x[:0]).shape == (0, 3)
        assert not model.training


def test_the_spec_says_what_a_reader_needs():
    problem = small_problem("classification")
    architecture = full_network((4, 2, 3), 2)
    model = built(problem, architecture, zeros(architecture))
    assert json.loads(json.dumps(model.spec)) == {
        "space": "gakan",
        "task": "classification",
        "feature_names": ["a", "b", "c", "d"],
        "target_name": "y",
        "class_names": ["low", "middle", "high"],
        "architecture": json.loads(json.dumps(architecture.to_json())),
    }
    trained = sum(value.numel() for name, value in model.named_parameters())
    assert trained == architecture.n_params


def test_missing_weights_are_noticed():
    problem = small_problem("regression")
    architecture = full_network((4, 1), 2)
    weights = zeros(architecture)
    del weights["layers.0.w_s"]
    with pytest.raises(RuntimeError, match="w_s"):
        built(problem, architecture, weights)


# ---------------------------------------------------------------- explanations


def explained(problem: Problem, architecture: KANArchitecture, weights):
    return GAKAN().explain(built(problem, architecture, weights), problem)


def test_one_layer_shares_are_those_of_the_spreads():
    problem = small_problem("regression")
    architecture = KANArchitecture((4, 1), (((0, 0), (2, 0), (3, 0)),), 6, 4)
    weights = zeros(architecture, -9.0, 9.0)
    for edge, slope in enumerate((3.0, -1.0, 0.0)):
        weights["layers.0.coefficients"][edge] = line(6, slope, 5.0, -9.0, 9.0)
    found = explained(problem, architecture, weights)
    spread = problem.scaled_inputs[problem.development].std(axis=0) * [3.0, 0.0, 1.0, 0.0]
    assert np.allclose(found.importances, spread / spread.sum(), rtol=1e-9)
    assert [edge.weight for edge in found.edges] == pytest.approx([1.0, spread[2] / spread[0], 0.0])
    assert found.widths == (4, 1)


def test_attributions_go_down_through_hidden_neurons():
    # y = 2 u + v with u = x0 and v = x1 + x2, all lines: the attribution of a neuron is shared by the spreads.
    problem = small_problem("regression", rows=400)
    architecture = KANArchitecture((4, 2, 1), (((0, 0), (1, 1), (2, 1)), ((0, 0), (1, 0))), 4, 10)
    weights = zeros(architecture, -20.0, 20.0)
    weights["layers.0.coefficients"][:] = line(4, 1.0, 0.0, -20.0, 20.0)
    weights["layers.1.coefficients"][:] = [line(4, 2.0, 0.0, -20.0, 20.0), line(4, 1.0, 0.0, -20.0, 20.0)]
    found = explained(problem, architecture, weights)
    z = problem.scaled_inputs[problem.development]
    u, v = z[:, 0], z[:, 1] + z[:, 2]
    y = 2 * u + v
    below = np.array([2 * u.std(), v.std()]) / y.std()
    scores = np.array([below[0], below[1] * z[:, 1].std() / v.std(), below[1] * z[:, 2].std() / v.std(), 0.0])
    assert np.allclose(found.importances, scores / scores.sum(), rtol=1e-9)
    expected = [*scores[:3], *below]
    assert [edge.weight for edge in found.edges] == pytest.approx(np.array(expected) / max(expected))


def test_curves_are_the_edges_over_the_range_of_the_data():
    problem = small_problem("classification")
    rng = np.random.default_rng(3)
    case: Case = random_case(rng, (4, 3, 3), 5)
    weights = state_dict(case.architecture, case.flat, case.theta, case.input_grid, case.hidden_grid)
    found = explained(problem, case.architecture, weights)
    model = built(problem, case.architecture, weights)
    with torch.no_grad():
        levels = [level.numpy() for level in model.levels(torch.as_tensor(problem.table.X[problem.development]))]
    places = [(layer, *pair) for layer, pairs in enumerate(case.architecture.edges) for pair in pairs]
    assert [(edge.layer, edge.source, edge.target) for edge in found.edges] == places
    count = [0, 0]
    for edge in found.edges:
        data = levels[edge.layer][:, edge.source]
        assert (edge.x.min(), edge.x.max()) == pytest.approx((data.min(), data.max()))
        assert (np.diff(edge.x) > 0).all()
        place = count[edge.layer]
        values = [weights[f"layers.{edge.layer}.{name}"] for name in ("coefficients", "w_b", "w_s", "lo", "h")]
        coefficients, w_b, w_s = (value[place] for value in values[:3])
        lo, h = (value[edge.source] for value in values[3:])
        assert np.allclose(edge.y, phi(edge.x, coefficients, w_b, w_s, lo, h), rtol=0, atol=1e-11)
        count[edge.layer] += 1


def test_a_network_that_predicts_the_same_for_all_rows_gives_no_shares():
    problem = small_problem("regression")
    architecture = full_network((4, 2, 1), 3)
    found = explained(problem, architecture, zeros(architecture))
    assert not found.importances.any()
    assert all(edge.weight == 0.0 for edge in found.edges)


def test_reference_networks_are_the_papers():
    problem = small_problem("classification")
    found = GAKAN().reference_architectures(problem)
    assert {label: one.widths for label, one in found.items()} == {
        "full [4,9,3]": (4, 9, 3),
        "full [4,5,5,5,3]": (4, 5, 5, 5, 3),
    }
    for one in found.values():
        assert one.n_edges == sum(a * b for a, b in pairwise(one.widths))
