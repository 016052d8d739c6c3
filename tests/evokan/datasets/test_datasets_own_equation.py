"""Equations from a file of the user's own: what is found in it, what is told, and that it travels."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np
import pytest

import evokan
from evokan.datasets.equations import equation_table
from evokan.datasets.own_equation import equation_from_file, equation_from_source
from evokan.errors import InputError
from evokan.problem.equations import misfits
from evokan.problem.equations.jets import order_of, trial
from evokan.problem.problem import Problem
from evokan.problem.solutions import evaluate_solution
from evokan.spaces.training import Budget, TrainingJob
from search_spaces.fkan import FKAN
from search_spaces.fkan.encoding import PARALLEL, network

GUIDE = Path(evokan.__path__[0]).parent / "docs" / "equations.md"
BLOCKS = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", GUIDE.read_text(), re.DOTALL)) if GUIDE.exists() else {}

PLAIN = """
import numpy as np
from evokan.problem.equations import Equation, derivative

class Decay(Equation):
    coordinates = ("t",)
    def points(self, seed):
        return np.linspace(0.0, 1.0, 40)[:, None]
    def residual(self, u, x):
        return derivative(u(x), x) + u(x)
    def conditions(self, u):
        return [u(self.at(0.0)) - 1.0]
"""


def load(text: str):
    return equation_from_source(text.encode(), "made.py")


def solved(name: str, steps: int, widths=(6, 6), degrees=(3, 5)) -> dict[str, float | None]:
    problem = Problem.from_table(equation_table(equation_from_source(BLOCKS[name].encode(), name)))
    equation, d = problem.table.equation, problem.n_features
    architecture = network(
        d, problem.n_outputs, tuple(range(d)), PARALLEL, widths, degrees, n_coefficients=problem.n_coefficients
    )
    space, job = FKAN(), TrainingJob(architecture, problem.folds[0], 0, keep_weights=True)
    trained = space.train([job], problem, Budget(steps))[0]
    return evaluate_solution(equation, space.model(architecture, problem, trained.weights), problem.table.X)


@pytest.mark.skipif(not BLOCKS, reason="the guide is in a source checkout alone")
class TestGuide:
    def test_it_has_the_five_examples(self):
        assert set(BLOCKS) == {"pendulum.py", "heat.py", "relaxation.py", "prey.py", "friction.py"}

    def test_a_pendulum(self):
        assert solved("pendulum.py", 12)["residual_loss"] < 1e-6

    def test_the_heat_equation(self):
        assert solved("heat.py", 12, (8, 8), (3, 4))["max_error"] < 1e-2

    def test_a_fractional_equation_above_order_one(self):
        assert solved("relaxation.py", 6)["max_error"] < 1e-3

    def test_a_system(self):
        assert solved("prey.py", 12)["residual_loss"] < 1e-6

    def test_an_unknown_coefficient_is_found(self):
        assert solved("friction.py", 12)["k"] == pytest.approx(0.4, abs=1e-3)


def test_a_file_names_its_equation(tmp_path):
    path = tmp_path / "cooling.py"
    path.write_text(PLAIN)
    found = equation_from_file(path)
    assert (found.name, found.summary) == ("cooling", "own equation")
    path.write_text(PLAIN + "\n\nclass Named(Decay):\n    '''Cools.'''\n    name = 'named'\n\nequation = Named()\n")
    found = equation_from_file(path)
    assert (found.name, found.summary) == ("named", "Cools")


def test_it_travels_as_its_text():
    found = load(PLAIN)
    again = pickle.loads(pickle.dumps(found))
    points = found.points(0)
    ours, theirs = (misfits(one, trial(one, 1), points) for one in (found, again))
    assert all(np.array_equal(a.detach(), b.detach()) for a, b in zip(ours, theirs, strict=True))
    assert order_of(again, points) == 1


def test_dataclasses_work_in_it():
    text = PLAIN.replace("import numpy", "from dataclasses import dataclass\nimport numpy").replace(
        "class Decay", "@dataclass\nclass Decay"
    )
    assert equation_table(load(text)).X.shape == (40, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", r"--equation made.py, line 1"),
        ("import nothing_such", r"--equation made.py: ModuleNotFoundError.*line 1"),
        ("raise SystemExit", "--equation made.py: it ends the program"),
        ("x = 1", "has no class that inherits"),
        (PLAIN + "\nclass Other(Decay): pass\n", "has 2 equations: call the one to take equation"),
    ],
)
def test_faults_of_a_file(text, message):
    with pytest.raises(InputError, match=message) as refusal:
        load(text)
    assert len(refusal.value.faults) == 1


TRAINED = '__import__("torch").nn.Parameter(__import__("torch").ones(1))'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("derivative(u(x), x) + u(x)", "u(x) + nowhere", "NameError: name 'nowhere'.*line 10"),
        ('("t",)', '("t", "t")', "need names of their own"),
        ('coordinates = ("t",)', 'coordinates = ("t",); coefficients = {"k": 1.0}', "coefficient 'k' has no influence"),
        ('coordinates = ("t",)', 'coordinates = ("t",); coefficients = {"k": None}', "must begin at a number"),
        ('coordinates = ("t",)', 'coordinates = ("t",); unknowns = "ab"', "name at least one unknown, as a tuple"),
        (
            'coordinates = ("t",)',
            f'coordinates = ("t",)\n    k = {TRAINED}',
            r"nothing would train the tensor 'k': .* u\.coefficients\['k'\]$",
        ),
        (
            "    def conditions",
            f"    def __init__(self): self.k = {TRAINED}\n    def conditions",
            "nothing would train the tensor 'k'",
        ),
        ("    def conditions", "    def exact(self, x): return x\n    def conditions", r"exact\(x\) must return"),
    ],
)
def test_faults_of_an_equation(old, new, message):
    with pytest.raises(InputError, match=message):
        equation_table(load(PLAIN.replace(old, new)))


def test_tensors_are_looked_for_where_an_equation_has_them():
    own = f'coordinates = ("t",)\n    k = {TRAINED}'
    twice = PLAIN.replace('coordinates = ("t",)', own).replace(
        "    def conditions", f"    def __init__(self): self.k = {TRAINED}\n    def conditions"
    )
    with pytest.raises(InputError) as refused:
        equation_table(load(twice))
    assert len(refused.value.faults) == 1
    plain = PLAIN.replace('coordinates = ("t",)', own).replace(
        "    def conditions", "    def __init__(self): self.k = 2.0\n    def conditions"
    )
    equation_table(load(plain))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"--equation .*none.py: cannot be read \(No such file"):
        equation_from_file(tmp_path / "none.py")


def test_equations_of_packages(monkeypatch):
    from importlib.metadata import EntryPoint

    from evokan.datasets import list_datasets, load_dataset, registry

    points = [
        EntryPoint("star", "evokan.problem.equations:LaneEmden", registry.EQUATIONS),
        EntryPoint("wave", "evokan.problem.equations:FractionalDelay", registry.EQUATIONS),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == registry.EQUATIONS else [])
    registry._installed.cache_clear()
    try:
        assert load_dataset("wave").X.shape == (200, 1)
        assert {"star", "wave"} <= {info.name for info in list_datasets()}
        with pytest.raises(InputError, match="equation 'star' is installed but cannot be used"):
            load_dataset("star")
    finally:
        registry._installed.cache_clear()
